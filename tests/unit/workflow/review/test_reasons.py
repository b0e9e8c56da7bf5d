"""Reasons are a list: whatever is put on a zone, a page or a form comes out in readings.csv and on the card; none
hides another.
"""

import csv
import io
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from scanform.assemble import AcceptSettings, Before, FormPages, assemble, shown_once
from scanform.dataset import csv_files, provenance
from scanform.i18n.texts import text, value_problem_text
from scanform.model.geometry import A4, RectMm, RectPx
from scanform.model.layout import Layout, PageLayout, Zone, ZoneKind
from scanform.model.page import Fate, Identity, PageRef
from scanform.model.problem import Problem
from scanform.model.questionnaire import Alphabet, Filled, Option, Question, QuestionKind, Questionnaire, Section, Texts
from scanform.model.reading import Candidate, FieldReading, PageReading
from scanform.model.response import Status
from scanform.model.review import DecisionKind
from scanform.review.known import disguised
from scanform.review.triage import INFERRED, JOINED, SHOWN_ONCE, TWIN, items
from scanform.workflow.insight.make_report import _waiting
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.reading.executors import serial
from scanform.workflow.review.cards import make_card, proposed
from scanform.workflow.review.desk import Desk, Submission
from scanform.workflow.settling.assign_fates import SUSPECT, with_page_problems
from scanform.workflow.settling.withdraw import restore, withdraw

TEXT = Texts(entries=(("en", "?"),))
RECT = RectMm(x=20, y=20, w=5, h=5)
BOX = RectPx(x=100, y=100, w=60, h=60)
CHOICE = Question(
    code="open",
    kind=QuestionKind.SINGLE,
    text=TEXT,
    options=(Option(code="yes", text=TEXT), Option(code="no", text=TEXT)),
)
DATE = Question(code="day", kind=QuestionKind.COMB, text=TEXT, alphabet=Alphabet.DATE)
FREE = Question(code="remark", kind=QuestionKind.HANDWRITING, text=TEXT)
QUESTIONNAIRE = Questionnaire(
    code="q", version="1", title=TEXT, languages=("en",), sections=(Section(title=TEXT, items=(CHOICE, DATE, FREE)),)
)


def zone(name, question, kind, option=None):
    return Zone(id=name, question=question, option=option, kind=kind, rect=RECT)


ZONES = {
    1: (
        zone("yes", "open", ZoneKind.MARK, "yes"),
        zone("no", "open", ZoneKind.MARK, "no"),
        zone("day", "day", ZoneKind.COMB),
    ),
    2: (zone("remark", "remark", ZoneKind.HANDWRITING),),
    3: (),
}
LAYOUT = Layout(
    questionnaire="q",
    version="1",
    language="en",
    variant="standard",
    digest="00000",
    filled=Filled.WITHDRAWN,
    pages=tuple(
        PageLayout(number=number, size=A4, blank="", fiducials=(), codes=(), zones=zones)
        for number, zones in ZONES.items()
    ),
)
SLUGS = st.lists(
    st.sampled_from(("streak", "box-moved", "box-covered", "outside-picture", "weak-blank", "stray-ink")),
    max_size=4,
    unique=True,
).map(tuple)
PAGE_SLUGS = st.lists(st.sampled_from((SUSPECT, INFERRED, JOINED, TWIN)), max_size=4, unique=True).map(tuple)


def field(at, slugs, value):
    sure = 0.9999
    if at.kind is ZoneKind.MARK:
        states = sorted(("empty", "marked", "filled"), key=lambda name: name != value)
        fractions = tuple(
            Candidate(value=name, probability=sure if name == value else (1 - sure) / 2) for name in states
        )
    else:
        fractions = (Candidate(value=value, probability=sure),)
    return FieldReading(
        zone=at.id, value=value, confidence=sure, box=BOX, reader="r", candidates=fractions, problems=slugs
    )


def form(zones, pages, *, copy, values=None, before=None):
    """The response of a form with these reasons on zones and on pages."""
    read = {}
    for number, there in ZONES.items():
        if number in pages:
            usual = {at.id: "empty" if at.kind is ZoneKind.MARK else "" for at in there} | (values or {})
            fields = tuple(field(at, zones.get(at.id, ()), usual[at.id]) for at in there)
            ref = PageRef(sha256="0" * 64, path="x.pdf", index=number - 1)
            problems = tuple(Problem(slug=slug) for slug in pages[number])
            read[number] = PageReading(
                ref=ref,
                identity=Identity(digest="00000", instance="0", page=number, pages=3),
                fields=fields,
                problems=problems,
            )
    whole = FormPages(
        form_id="F-1", token=None, received_at="", pages=read, copy=copy, expected_pages=3, before=before or Before()
    )
    return with_page_problems(assemble(whole, QUESTIONNAIRE, LAYOUT, AcceptSettings()), read, whole.before)


def rows_of(response):
    """The rows of readings.csv as they are read from the file, by question."""
    out = io.BytesIO()
    csv_files.write_readings_csv(provenance.reading_rows([response], {"q": QUESTIONNAIRE}), out)
    return {row["question"]: row for row in csv.DictReader(io.StringIO(out.getvalue().decode("utf-8-sig")))}


@settings(deadline=None, max_examples=150)
@given(
    zones=st.dictionaries(st.sampled_from(("yes", "no", "day", "remark")), SLUGS),
    pages=st.dictionaries(st.sampled_from((1, 2, 3)), PAGE_SLUGS),
    copy=st.booleans(),
    values=st.fixed_dictionaries(
        {
            "yes": st.sampled_from(("empty", "marked", "filled")),
            "remark": st.sampled_from(("", "Hallo")),
            "day": st.just(""),
        }
    ),
)
def test_every_reason_comes_out(zones, pages, copy, values):
    """Those of a zone on the answer of its question, those of a damaged page on each of its answers, those of a form
    or page that is shown once on one.
    """
    response = form(zones, pages, copy=copy, values={"no": "empty"} | values)
    there = {answer.column: set(answer.problems) for answer in response.answers}
    rows, cards = (
        rows_of(response),
        {item.question: make_card(item, QUESTIONNAIRE, None, basis="", language="en") for item in items(response, {})},
    )
    once = [(slug, number) for number, slugs in pages.items() for slug in slugs if slug in SHOWN_ONCE] + [
        ("copy", None)
    ] * copy
    for number in pages:
        for at in ZONES[number]:
            assert set(zones.get(at.id, ())) <= there[at.question]
            assert SUSPECT not in pages[number] or SUSPECT in there[at.question]
    answers_came = [at.question for number in pages for at in ZONES[number]]
    for slug, number in once:
        own = {at.question for at in ZONES[number]} if number else set()
        on = [column for column, slugs in there.items() if slug in slugs]
        assert not answers_came or (set(on) & own if own else on)
        assert len(on) <= sum(other == slug for other, _ in once)
    for column, slugs in there.items():
        assert rows[column]["problem"].split() == list(dict.fromkeys(rows[column]["problem"].split()))
        assert set(rows[column]["problem"].split()) == slugs
        if slugs - {"page-missing"}:
            assert rows[column]["status"] == "review"
            assert set(cards[column].reasons) == {value_problem_text(slug, "en") for slug in slugs}
            assert all(reason in cards[column].reason_text for reason in cards[column].reasons)


def test_a_photocopy_is_shown_beside_the_reason_of_its_first_answer():
    """The first answer has a reason of its own already; "copy" stands behind it."""
    response = form({}, {1: (), 2: ()}, copy=True, values={"yes": "filled", "no": "empty", "remark": "Hallo"})
    assert response.answer("open").problems == ("filled-without-cross", "copy")
    assert response.answer("remark").problems == ("handwriting",)


def test_what_somebody_has_decided_does_not_hide_what_is_found_out_later():
    """A form turns out to be a photocopy after its first answer was decided: the next one is shown."""
    decided = Before(decided=frozenset({"open"}))
    response = form({}, {1: (), 2: ()}, copy=True, before=decided)
    assert [answer.column for answer in response.answers if "copy" in answer.problems] == ["day"]


def test_what_was_shown_once_is_not_shown_again_elsewhere():
    """After the person has confirmed the answer that bore the reason, another look at the form puts it to the same
    answer: it is done.
    """
    before = Before(decided=frozenset({"open"}), reasons={"open": ("copy",)})
    response = form({}, {1: (), 2: ()}, copy=True, before=before)
    assert [answer.column for answer in response.answers if "copy" in answer.problems] == ["open"]


def test_a_reason_of_a_page_is_not_taken_for_that_of_another_page():
    """The same thing is said about two pages: each has an answer of its own that shows it."""
    response = form(
        {},
        {1: (INFERRED,), 2: (INFERRED,)},
        copy=False,
        before=Before(decided=frozenset({"open"}), reasons={"open": (INFERRED,)}),
    )
    assert [answer.column for answer in response.answers if INFERRED in answer.problems] == ["open", "remark"]


def test_nothing_is_shown_of_a_form_without_answers():
    """Where no page with answers came in there is nothing to show it at; the form bears the reason itself."""
    response = form({}, {3: (INFERRED,)}, copy=True)
    assert not any(answer.status is Status.REVIEW for answer in response.answers)
    assert {"copy", INFERRED} <= {problem.slug for problem in response.problems}
    assert shown_once(response.answers, "copy") == list(response.answers)


def test_enter_confirms_a_blank_only_where_all_reasons_allow_it():
    """A reason of the whole form says nothing about a value; one that something could not be read forbids a
    proposal, wherever it stands in the list.
    """
    (item,) = [one for one in items(form({}, {1: (), 2: ()}, copy=True), {}) if one.question == "open"]
    text_item = replace(item, kind=QuestionKind.COMB, value="", candidates=())
    assert proposed(replace(text_item, reasons=("copy",))) == "blank"
    assert proposed(replace(text_item, reasons=("copy", JOINED, "unsure-blank"))) == "blank"
    assert proposed(replace(text_item, reasons=("unsure-blank", "illegible-cells"))) == "none"
    assert proposed(replace(item, value="yes", reasons=("streak", "two-marks"))) == "none"
    assert proposed(replace(item, value="", reasons=("copy", "text-without-mark"))) == "none"


def test_a_known_answer_bears_all_reasons_of_the_value_that_it_stands_before():
    """Fewer reasons than the others have would give it away."""
    response = form({"yes": ("streak",)}, {1: (), 2: ()}, copy=True, values={"yes": "marked", "no": "empty"})
    (item,) = [one for one in items(response, {}) if one.question == "open"]
    known = disguised(replace(item, id="G/open", value="no", reasons=("unsure",)), item, lambda _: True, "lot")
    assert known.reasons == item.reasons == ("streak", "copy")


def test_the_report_counts_a_value_once_with_all_its_reasons():
    """The rows add up to the values that wait."""
    response = form({"day": ("streak",)}, {1: (), 2: ()}, copy=True, values={"yes": "filled", "no": "empty"})
    found = _waiting([response], (), "en")
    assert sum(count for _, count in found) == 2
    assert any(
        text("problem.copy", "en") in words and text("problem.filled-without-cross", "en") in words
        for words, _ in found
    )


def test_a_photocopy_is_done_once_somebody_has_confirmed_it(tiny_survey, tmp_path):
    """The whole way: two people fill photocopies of one form; the reason waits beside that of the value, and is over
    when the value is confirmed.
    """
    tiny_survey.jpeg(tmp_path / "in" / "a.jpg", 1, 1, open="no", floor="1", seed=3)
    tiny_survey.jpeg(tmp_path / "in" / "b.jpg", 1, 1, open="yes", floor="2", uses="chess", seed=44)
    with tiny_survey.project(tmp_path / "p") as project:
        assert dict(read_batch(project, [tmp_path / "in"], serial()).pages) == {Fate.READ: 1, Fate.COPY: 1}
        desk = Desk(project)
        (item,) = [one for one in desk.open_items() if "copy" in one.reasons]
        assert item.response_id.endswith(".2")
        card = desk.card(item.id, language="en")
        assert text("problem.copy", "en", where="") in card.reason_text
        sent = Submission(
            uuid="u",
            item=item.id,
            version=item.version,
            basis="",
            kind=DecisionKind.CONFIRM,
            from_value=item.value or "no",
            to_value=item.value,
        )
        assert [one.result for one in desk.decide([sent], reviewer="kim")] == ["saved"]
        withdraw(project, 1)
        restore(project, 1)
        assert not [one for one in Desk(project).open_items() if "copy" in one.reasons]
        assert (
            sum("copy" in answer.problems for response in project.store.responses() for answer in response.answers) == 1
        )
