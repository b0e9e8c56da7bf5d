"""From readings to a response: no answer is lost, probabilities add up, doubt goes to review with its reason."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanform.assemble import AcceptSettings, FormPages, _BoxProbabilities, assemble, multiple, single, weighed
from scanform.model.geometry import A4, RectMm, RectPx
from scanform.model.layout import Layout, PageLayout, Zone, ZoneKind
from scanform.model.page import Identity, PageRef
from scanform.model.questionnaire import (
    Alphabet,
    Condition,
    Filled,
    GoesWith,
    Option,
    Question,
    QuestionKind,
    Questionnaire,
    Section,
    TextForm,
    Texts,
)
from scanform.model.reading import Candidate, FieldReading, PageReading
from scanform.model.response import Missing, Status
from scanform.recognize.writing.handwriting import NUMBER

TEXT = Texts(entries=(("en", "?"),))
RECT = RectMm(x=20, y=20, w=5, h=5)
BOX = RectPx(x=100, y=100, w=60, h=60)
SURE = 0.9999


def options(*codes):
    return tuple(Option(code=code, text=TEXT, writein=code == "other", exclusive=code == "none") for code in codes)


IF_OPEN = Condition(question="open", options=("yes",))

QUESTIONNAIRE = Questionnaire(
    code="tiny",
    version="1",
    title=TEXT,
    languages=("en",),
    sections=(
        Section(
            title=TEXT,
            items=(
                Question(
                    code="open",
                    kind=QuestionKind.SINGLE,
                    text=TEXT,
                    options=options("yes", "no", "other"),
                    required=True,
                ),
                Question(
                    code="days",
                    kind=QuestionKind.MULTIPLE,
                    text=TEXT,
                    options=options("mon", "tue", "none"),
                    only_if=IF_OPEN,
                ),
                Question(
                    code="seats",
                    kind=QuestionKind.COMB,
                    text=TEXT,
                    alphabet=Alphabet.DIGITS,
                    cells=(3,),
                    minimum="0",
                    maximum="500",
                ),
                Question(code="remarks", kind=QuestionKind.HANDWRITING, text=TEXT),
                Question(code="sign", kind=QuestionKind.SIGNATURE, text=TEXT),
                Question(code="mail", kind=QuestionKind.HANDWRITING, text=TEXT, form=TextForm.EMAIL),
            ),
        ),
    ),
)


def zone(question, kind, option=None):
    return Zone(
        id=f"{question}.{option or kind}{'t' if option and kind is not ZoneKind.MARK else ''}",
        question=question,
        option=option,
        kind=kind,
        rect=RECT,
    )


ZONES = (
    *(zone("open", ZoneKind.MARK, code) for code in ("yes", "no", "other")),
    zone("open", ZoneKind.HANDWRITING, "other"),
    *(zone("days", ZoneKind.MARK, code) for code in ("tue", "mon", "none")),
    zone("seats", ZoneKind.COMB),
    zone("remarks", ZoneKind.HANDWRITING),
    zone("sign", ZoneKind.SIGNATURE),
    zone("mail", ZoneKind.HANDWRITING),
)


def layout(filled=Filled.WITHDRAWN, zones=ZONES):
    pages = (
        PageLayout(number=1, size=A4, blank="", fiducials=(), codes=(), zones=zones[:7]),
        PageLayout(number=2, size=A4, blank="", fiducials=(), codes=(), zones=zones[7:]),
    )
    return Layout(
        questionnaire="tiny", version="1", language="en", variant="standard", digest="00000", filled=filled, pages=pages
    )


def mark(zone, state, sure=SURE, problem=None):
    rest = (1 - sure) / 2
    states = sorted(("empty", "marked", "filled"), key=lambda name: name != state)
    candidates = tuple(Candidate(value=name, probability=sure if name == state else rest) for name in states)
    return FieldReading(
        zone=zone.id,
        value=state,
        confidence=sure,
        box=BOX,
        reader="marks/1",
        candidates=candidates,
        problems=(problem,) if problem else (),
    )


def written(zone, value, sure=SURE, problem=None):
    candidates = (
        Candidate(value=value, probability=sure),
        *((Candidate(value="", probability=1 - sure),) if value else ()),
    )
    return FieldReading(
        zone=zone.id,
        value=value,
        confidence=sure,
        box=BOX,
        reader="ink/1",
        candidates=candidates,
        problems=(problem,) if problem else (),
    )


def _written(zone, text):
    return text if isinstance(text, FieldReading) else written(zone, *text)


def form(states=None, texts=None, *, pages=(1, 2), copy=False, filled=Filled.WITHDRAWN, asked=QUESTIONNAIRE, **more):
    """A response from {zone id: state} and {zone id: text}; everything else is clearly empty."""
    states, texts, sheet = states or {}, texts or {}, layout(filled)
    read = {}
    for page in sheet.pages:
        fields = tuple(
            mark(z, *states.get(z.id, ("empty",))) if z.kind is ZoneKind.MARK else _written(z, texts.get(z.id, ("",)))
            for z in page.zones
        )
        identity = Identity(digest="00000", instance="0000000", page=page.number, pages=2)
        if page.number in pages:
            read[page.number] = PageReading(
                ref=PageRef(sha256="0" * 64, path="x.pdf", index=page.number - 1), identity=identity, fields=fields
            )
    whole = FormPages(
        form_id="F", token="T", received_at="2025-01-01T00:00:00Z", pages=read, copy=copy, expected_pages=2
    )
    return assemble(whole, asked, sheet, AcceptSettings(**more))


def with_list(*values):
    """The questionnaire with a list for the remarks."""
    (section,) = QUESTIONNAIRE.sections
    items = tuple(replace(item, values=values) if item.code == "remarks" else item for item in section.items)
    return replace(QUESTIONNAIRE, sections=(replace(section, items=items),))


COLUMNS = ["open", "open__other_text", "days", "seats", "remarks", "sign", "mail"]


def test_every_question_has_an_answer():
    """Each question and each write-in has exactly one answer, whatever came in."""
    for pages in ((1, 2), (1,), (2,), ()):
        assert [a.column for a in form(pages=pages).answers] == COLUMNS


def test_missing_page():
    """Answers of a page that has not come in say so; the response is incomplete."""
    response = form(pages=(2,))
    assert (response.complete, response.pages_missing) == (False, (1,))
    assert response.answer("open").missing is Missing.PAGE_MISSING
    assert response.answer("seats").missing is Missing.NO_ANSWER


def test_clear_answers_need_no_person():
    """Clear marks and clear blanks are accepted, with the probability of the whole value."""
    response = form({"open.yes": ("marked",), "days.mon": ("marked",), "days.tue": ("marked",)})
    values = {a.column: (a.value, a.status) for a in response.answers}
    assert values["open"] == ("yes", Status.AUTO)
    assert values["days"] == ("mon tue", Status.AUTO)
    assert values["remarks"] == ("", Status.AUTO)
    assert response.answer("open").confidence == pytest.approx(SURE**3, abs=1e-4)


def test_two_marks():
    """Two crosses in a single choice go to review with the better one and both as candidates."""
    answer = form({"open.yes": ("marked", 0.999), "open.no": ("marked",)}).answer("open")
    assert (answer.value, answer.problem, answer.status) == ("no", "two-marks", Status.REVIEW)
    assert {c.value for c in answer.candidates} == {"yes", "no"}
    assert answer.confidence < 0.01


def test_filled_box_beside_a_cross_is_withdrawn():
    """German practice: the filled box means "not this one"; the cross stands."""
    response = form({"open.yes": ("filled",), "open.no": ("marked",), "days.mon": ("filled",), "days.tue": ("marked",)})
    assert (response.answer("open").value, response.answer("open").status) == ("no", Status.AUTO)
    assert response.answer("days").value == "tue"


@pytest.mark.parametrize("question", ["open", "days"])
def test_filled_without_cross(question):
    """A filled box and no cross: that person may fill instead of crossing."""
    first = {"open": "yes", "days": "mon"}[question]
    states = {"open.yes": ("marked",)} if question == "days" else {}
    answer = form({**states, f"{question}.{first}": ("filled",)}).answer(question)
    assert (answer.value, answer.problem, answer.status) == (first, "filled-without-cross", Status.REVIEW)
    assert answer.confidence <= 0.5


def test_forms_that_are_filled():
    """On forms meant to be filled a filled box is a mark like a cross."""
    answer = form({"open.yes": ("filled",)}, filled=Filled.MARK).answer("open")
    assert (answer.value, answer.status) == ("yes", Status.AUTO)


def test_problem_of_a_box_sends_the_question_to_review():
    """Stray ink at one box keeps the candidate and asks a person."""
    answer = form({"open.yes": ("marked",), "open.no": ("empty", 0.9, "stray-ink")}).answer("open")
    assert (answer.value, answer.problem, answer.status) == ("yes", "stray-ink", Status.REVIEW)


def test_low_confidence_always_has_a_reason():
    """A value below the threshold goes to review even if no box complained."""
    answer = form({"open.yes": ("marked", 0.97)}).answer("open")
    assert (answer.status, answer.problem) == (Status.REVIEW, "unclear-mark")


def test_exclusive_option():
    """ "None of these" beside others is a contradiction for a person."""
    answer = form({"open.yes": ("marked",), "days.none": ("marked",), "days.mon": ("marked",)}).answer("days")
    assert (answer.value, answer.problem) == ("mon none", "exclusive-with-others")


def test_text_without_mark():
    """Text at "other" while its box is empty: both the choice and the text are looked at."""
    response = form({"open.yes": ("marked",)}, {"open.othert": ("club", 0.3, "handwriting")})
    assert response.answer("open").problem == "text-without-mark"
    assert response.answer("open", "other").problem == "text-without-mark"
    fine = form({"open.other": ("marked",)}, {"open.othert": ("club", 0.3, "handwriting")})
    assert (fine.answer("open").problem, fine.answer("open", "other").problem) == (None, "handwriting")


def test_filter():
    """A question that does not apply: empty is "filtered", answered is for a person, an unsettled filter changes
    nothing.
    """
    assert form({"open.no": ("marked",)}).answer("days").missing is Missing.FILTERED
    assert form({"open.no": ("marked",), "days.mon": ("marked",)}).answer("days").problem == "filtered-but-answered"
    assert form({"open.yes": ("marked",)}).answer("days").missing is Missing.NO_ANSWER
    assert form({"open.no": ("marked", 0.6)}).answer("days").missing is Missing.NO_ANSWER


def test_required():
    """A required question that is clearly blank is looked at once."""
    assert form().answer("open").problem == "required-empty"


def test_inadmissible_cells():
    """Cells that break a rule give no value, the reason, and what was read as a candidate."""
    answer = form(texts={"seats.comb": ("999", 0.7, "handwriting")}).answer("seats")
    assert (answer.value, answer.problem, answer.status) == ("", "out-of-range", Status.REVIEW)
    assert answer.candidates[0].value == "999"


def test_handwriting_goes_to_review_and_signature_does_not():
    """What was read by hand carries a problem; a clear signature needs nobody."""
    response = form(texts={"remarks.handwriting": ("hello", 0.2, "handwriting"), "sign.signature": ("signed", SURE)})
    assert (response.answer("remarks").value, response.answer("remarks").status) == ("hello", Status.REVIEW)
    assert (response.answer("sign").value, response.answer("sign").status) == ("signed", Status.AUTO)


def test_free_text_is_never_accepted():
    """However sure a reader is: a remark, and what stands beside an option, are proposals for a person."""
    response = form({"open.yes": ("marked",)}, {"remarks.handwriting": ("hello", 1.0), "open.othert": ("club", 1.0)})
    assert (response.answer("remarks").value, response.answer("remarks").problem) == ("hello", "handwriting")
    assert (response.answer("open", "other").status, response.answer("open", "other").value) == (Status.REVIEW, "club")


def test_listed_text_is_accepted_when_it_is_sure():
    """A text of the question's list needs nobody when it is sure, in the list's own spelling; an unsure one and one
    that is not listed do.
    """
    asked = with_list("Eving", "Hörde")
    sure = form(texts={"remarks.handwriting": ("hörde", SURE)}, asked=asked).answer("remarks")
    assert (sure.value, sure.status, sure.problem) == ("Hörde", Status.AUTO, None)
    unsure = form(texts={"remarks.handwriting": ("Hörde", 0.94)}, asked=asked).answer("remarks")
    assert (unsure.value, unsure.status, unsure.problem) == ("Hörde", Status.REVIEW, "handwriting")
    house = form(texts={"remarks.handwriting": ("Ring 7", 0.99)}, asked=with_list("Ring 7")).answer("remarks")
    assert (house.value, house.status, house.problem) == ("Ring 7", Status.REVIEW, "handwriting")
    other = form(texts={"remarks.handwriting": ("Hagen", SURE)}, asked=asked).answer("remarks")
    assert (other.value, other.status, other.problem) == ("Hagen", Status.REVIEW, "not-in-list")


@pytest.mark.parametrize(
    ("accept", "cells", "letters", "listed"),
    [
        (0.995, 0.99, 0.999, 0.98),
        (0.999, 0.998, 0.9998, 0.996),
        (0.98, 0.96, 0.996, 0.92),
        (0.5, 0.92, 0.92, 0.92),
        (1.0, 1.0, 1.0, 1.0),
    ],
)
def test_what_is_promised_moves_what_is_accepted(accept, cells, letters, listed):
    """The share of accepted values that has to be right sets the threshold of each kind; writing that readers hold
    for never sure is not accepted at any.
    """
    settings = AcceptSettings.at(accept)
    found = [settings.characters(alphabet, listed=False) for alphabet in (Alphabet.DATE, Alphabet.ALNUM)]
    assert [*found, settings.written(with_list("Hörde").question("remarks"), "Hörde", printed=False)] == pytest.approx(
        [cells, letters, listed]
    )
    assert min(settings.cells, settings.codes, settings.letters, settings.listed, settings.printed) > NUMBER


@pytest.mark.parametrize(
    ("zone_id", "reader", "problem"),
    [("remarks.handwriting", "tesseract", "handwriting"), ("seats.comb", "none", "illegible-cells")],
)
def test_ink_that_was_not_read_is_no_blank(zone_id, reader, problem):
    """Ink without readable text is for a person, never an empty answer."""
    nearly_no_blank = (Candidate(value="", probability=0.001),)
    unread = FieldReading(
        zone=zone_id, value="", confidence=0.0, box=BOX, reader=reader, candidates=nearly_no_blank, problems=(problem,)
    )
    sheet = layout()
    page = next(page for page in sheet.pages if any(z.id == zone_id for z in page.zones))
    fields = tuple(unread if z.id == unread.zone else written(z, "") for z in page.zones)
    identity = Identity(digest="00000", instance="0000000", page=page.number, pages=2)
    reading = PageReading(ref=PageRef(sha256="0" * 64, path="x", index=0), identity=identity, fields=fields)
    whole = FormPages(
        form_id="F", token=None, received_at="", pages={page.number: reading}, copy=False, expected_pages=2
    )
    response = assemble(whole, QUESTIONNAIRE, sheet, AcceptSettings())
    answer = response.answer(zone_id.partition(".")[0])
    assert (answer.status, answer.problem, answer.missing) == (Status.REVIEW, problem, None)


def test_copy_is_shown_once():
    """A photocopied form has a problem of its own and exactly one answer in review because of it."""
    response = form({"open.yes": ("marked",)}, copy=True)
    assert [p.slug for p in response.problems] == ["copy"]
    assert [a.problem for a in response.answers].count("copy") == 1


def test_question_that_this_edition_does_not_have():
    """A question without zones in this layout is "not in this version"."""
    sheet = layout(zones=tuple(z for z in ZONES if z.question != "remarks"))
    response = assemble(
        FormPages(form_id="F", token=None, received_at="", pages={}, copy=False, expected_pages=2),
        QUESTIONNAIRE,
        sheet,
        AcceptSettings(),
    )
    assert response.answer("remarks").missing is Missing.NOT_IN_VERSION


fractions = st.tuples(*(st.floats(min_value=1e-6, max_value=1.0) for _ in range(3)))
boxes = st.lists(fractions, min_size=1, max_size=6).map(
    lambda rows: [
        _BoxProbabilities(code=f"o{i}", empty=e / (e + m + f), marked=m / (e + m + f), filled=f / (e + m + f))
        for i, (e, m, f) in enumerate(rows)
    ]
)


@given(boxes)
def test_probabilities_of_a_single_choice_add_up(probs):
    """Values, blank, two marks and filled alone share one unit; the confidence is never more than what the formula
    leaves.
    """
    verdict = single(probs, AcceptSettings())
    assert 0 <= verdict.confidence <= 1
    assert sum(c.probability for c in verdict.candidates) <= 1 + 1e-9
    if verdict.problem is None:
        assert verdict.confidence == max(c.probability for c in verdict.candidates)


@given(boxes)
def test_probabilities_of_a_multiple_choice_add_up(probs):
    """The same for several ticks: best value and its nearest rival together stay within one."""
    verdict = multiple(probs, AcceptSettings())
    assert 0 <= verdict.confidence <= 1
    assert sum(c.probability for c in verdict.candidates) <= 1 + 1e-9
    assert len({c.value for c in verdict.candidates}) == len(verdict.candidates)


states = st.tuples(
    st.sampled_from(["empty", "marked", "filled"]),
    st.floats(min_value=0.34, max_value=1.0),
    st.sampled_from([None, "streak", "unclear-mark"]),
)
reasons = st.sampled_from(["handwriting", "unsure-blank"])
texts = st.one_of(
    st.just(("",)),
    st.tuples(st.text(alphabet="0123456789 ?ab", max_size=3), st.floats(min_value=0, max_value=1), reasons),
)


@given(
    st.fixed_dictionaries({}, optional={z.id: states for z in ZONES if z.kind is ZoneKind.MARK}),
    st.fixed_dictionaries({}, optional={z.id: texts for z in ZONES if z.kind is not ZoneKind.MARK}),
    st.sets(st.sampled_from([1, 2])),
    st.booleans(),
)
def test_nothing_is_lost_or_silently_accepted(marks, read, pages, copy):
    """Whatever is read: all columns are there, auto means no problem and high confidence, review has a reason,
    settled blanks have a code.
    """
    response = form(marks, read, pages=tuple(pages), copy=copy)
    assert [a.column for a in response.answers] == COLUMNS
    settings = AcceptSettings()
    lowest = min(settings.choice, settings.blank, settings.signature, settings.text)
    for answer in response.answers:
        assert 0 <= answer.confidence <= 1
        if answer.status is Status.REVIEW:
            assert answer.problem
        elif answer.missing is not Missing.PAGE_MISSING:
            assert answer.problem is None
            assert answer.confidence >= lowest
            assert answer.value or answer.missing is not None


SEATS = QUESTIONNAIRE.question("seats")
POSTCODE = Question(
    code="plz", kind=QuestionKind.COMB, text=TEXT, alphabet=Alphabet.DIGITS, cells=(5,), values=("44135", "44137")
)
DATE = Question(code="day", kind=QuestionKind.COMB, text=TEXT, alphabet=Alphabet.DATE, cells=(2, 2, 4))


def read_as(*texts):
    return [Candidate(value=value, probability=probability) for value, probability in texts]


@pytest.mark.parametrize(
    ("question", "texts", "best", "low", "high"),
    [
        (SEATS, (("700", 0.6), ("100", 0.4)), "100", 0.9, 0.99),
        (SEATS, (("700", 0.99), ("100", 0.01)), "700", 0.6, 0.7),
        (SEATS, (("100", 0.6), ("200", 0.4)), "100", 0.6, 0.6),
        (DATE, (("31022020", 0.5), ("31012020", 0.3), ("31072020", 0.2)), "31012020", 0.55, 0.6),
        (POSTCODE, (("44731", 0.5), ("44137", 0.5)), "44137", 0.9, 0.99),
        (POSTCODE, (("44731", 0.999), ("44137", 0.001)), "44731", 0.9, 0.99),
        (SEATS, (("1?0", 0.9), ("120", 0.1)), "1?0", 0.9, 0.9),
    ],
)
def test_what_the_question_allows_is_likelier(question, texts, best, low, high):
    """Dates, ranges and lists turn doubtful readings, never sure ones; nothing is drawn to the nearest entry of a
    list.
    """
    found = weighed(question, read_as(*texts))[0]
    assert found.value == best
    assert low - 1e-9 <= found.probability <= high + 1e-9


@pytest.mark.parametrize(
    ("texts", "best", "low", "high"),
    [
        ((("120", 0.6), ("128", 0.4)), "128", 0.96, 0.98),
        ((("120", 0.999), ("128", 0.001)), "120", 0.9, 0.99),
        ((("128", 0.9), ("120", 0.05)), "128", 0.94, 0.95),
    ],
)
def test_what_the_form_bears_in_print_is_likelier(texts, best, low, high):
    """It turns doubtful readings, never sure ones, and what the reader left open stays open."""
    found = weighed(SEATS, read_as(*texts), printed="128")[0]
    assert found.value == best
    assert low <= found.probability <= high


@given(
    st.lists(st.tuples(st.text("0123456789? ", min_size=3, max_size=3), st.floats(0, 1)), max_size=6), st.floats(0, 1)
)
def test_weighing_keeps_probabilities(texts, fraction):
    """Whatever was read: no probability above 1, the sum neither, a blank stays as probable as it was."""
    total = sum(probability for _, probability in texts) or 1.0
    given_ = {value: fraction * probability / total for value, probability in texts}
    found = weighed(SEATS, read_as(*given_.items(), ("", (1 - fraction) / 2)))
    assert sum(one.probability for one in found) <= 1 + 1e-6
    blank = sum(probability for value, probability in given_.items() if not value.strip()) + (1 - fraction) / 2
    assert sum(one.probability for one in found if not one.value.strip()) == pytest.approx(blank)


def seats(*texts):
    candidates = tuple(read_as(*texts))
    reading = FieldReading(
        zone="seats.comb", value=texts[0][0], confidence=texts[0][1], box=BOX, reader="cells", candidates=candidates
    )
    return form(texts={"seats.comb": reading}).answer("seats")


def test_cells_that_are_surely_read_need_no_person():
    """A number is accepted by its probability alone; a little doubt sends it to a person with the other readings."""
    sure, doubtful = seats(("120", 0.9995)), seats(("120", 0.9), ("720", 0.05), ("128", 0.04))
    assert (sure.value, sure.status, sure.problem) == ("120", Status.AUTO, None)
    assert (doubtful.value, doubtful.status, doubtful.problem) == ("120", Status.REVIEW, "handwriting")
    assert [one.value for one in doubtful.candidates] == ["120", "128", "720"]


def test_the_same_number_written_in_other_cells_is_one_candidate():
    """Leading blanks and zeros do not divide the probability of a number."""
    answer = seats((" 12", 0.6), ("012", 0.398))
    assert (answer.value, len([one for one in answer.candidates if one.value == "12"])) == ("12", 1)
    assert answer.confidence == pytest.approx(0.998)


def mail(*texts):
    reading = FieldReading(
        zone="mail.handwriting",
        value=texts[0][0],
        confidence=texts[0][1],
        box=BOX,
        reader="lines",
        candidates=tuple(read_as(*texts)),
        problems=("handwriting",),
    )
    return form(texts={"mail.handwriting": reading}).answer("mail")


def test_an_address_is_tidied_up_before_a_person_sees_it():
    """Readings that mean the same are one candidate, without the spaces that readers see around @ and dots; a person
    looks all the same.
    """
    answer = mail(("anna.muster @ Web.de", 0.4), ("anna. muster@web.de", 0.3), ("anna.mustor@web.de", 0.1))
    assert (answer.value, answer.status, answer.problem) == ("anna.muster@web.de", Status.REVIEW, "handwriting")
    assert [(one.value, round(one.probability, 3)) for one in answer.candidates] == [
        ("anna.muster@web.de", 0.7),
        ("anna.mustor@web.de", 0.1),
    ]


def test_what_is_no_address_is_less_likely_than_what_is_one():
    """A reading that cannot be right gives way to one that can; alone it is no value, but it is shown to the person
    who looks.
    """
    answer = mail(("anna.muster web.de", 0.6), ("anna.muster@web.de", 0.3))
    assert (answer.value, answer.problem) == ("anna.muster@web.de", "handwriting")
    assert answer.confidence == pytest.approx(0.3 / (0.3 + 0.6 * 0.02 + 0.1))
    alone = mail(("anna.muster web.de", 0.6))
    assert (alone.value, alone.problem, alone.confidence, alone.status) == ("", "bad-email", 0.0, Status.REVIEW)
    assert alone.candidates[0].value == "anna.muster web.de"


def pair(*asked):
    """The answers of a form with (question, what was read in its cells or on its line)."""
    questions = tuple(question for question, _ in asked)
    survey = Questionnaire(
        code="t", version="1", title=TEXT, languages=("en",), sections=(Section(title=TEXT, items=questions),)
    )
    zones = tuple(Zone(id=one.code, question=one.code, kind=ZoneKind(one.kind.value), rect=RECT) for one in questions)
    fields = tuple(
        FieldReading(
            zone=question.code,
            value=texts[0][0],
            confidence=texts[0][1],
            box=BOX,
            reader="cells",
            candidates=tuple(read_as(*texts)),
        )
        for question, texts in asked
    )
    page = PageLayout(number=1, size=A4, blank="", fiducials=(), codes=(), zones=zones)
    sheet = Layout(
        questionnaire="t",
        version="1",
        language="en",
        variant="standard",
        digest="00000",
        filled=Filled.WITHDRAWN,
        pages=(page,),
    )
    identity = Identity(digest="00000", instance="0000000", page=1, pages=1)
    read = {1: PageReading(ref=PageRef(sha256="0" * 64, path="x.pdf", index=0), identity=identity, fields=fields)}
    whole = FormPages(
        form_id="F", token=None, received_at="2025-01-01T00:00:00Z", pages=read, copy=False, expected_pages=1
    )
    return assemble(whole, survey, sheet, AcceptSettings()).answers


OPENING = Question(code="opens", kind=QuestionKind.COMB, text=TEXT, alphabet=Alphabet.TIME, cells=(2, 2))
CLOSING = Question(
    code="closes", kind=QuestionKind.COMB, text=TEXT, alphabet=Alphabet.TIME, cells=(2, 2), not_before="opens"
)


@pytest.mark.parametrize(
    ("opens", "closes", "problem"),
    [
        ("0900", "1730", None),
        ("0900", "0900", None),
        ("1800", "0900", "wrong-order"),
        ("0900", "    ", None),
        ("    ", "0900", None),
        ("9900", "0800", None),
    ],
)
def test_an_end_before_its_beginning(opens, closes, problem):
    """Two values that contradict each other go to a person, both of them; a blank or unreadable one contradicts
    nothing.
    """
    found = pair((OPENING, ((opens, SURE),)), (CLOSING, ((closes, SURE),)))
    assert [one.problem for one in found if one.problem != "bad-format"] == [problem] * (1 if opens == "9900" else 2)
    assert all((one.status is Status.REVIEW) == (one.problem is not None) for one in found)


STREET = Question(
    code="street", kind=QuestionKind.HANDWRITING, text=TEXT, values=("Ostwall", "Ring", "Rind"),
    goes_with=GoesWith(question="plz", values=(("44135", ("Ostwall", "Ring")), ("44137", ("Ring", "Rind")))),
)  # fmt: skip


@pytest.mark.parametrize(
    ("plz", "street", "problems"),
    [
        ("44135", "Ostwall", (None, None)),
        ("44137", "Ring", (None, None)),
        ("44137", "Ostwall", ("not-together", "not-together")),
        ("     ", "Ostwall", (None, None)),
        ("44137", "", (None, None)),
        ("44999", "Ostwall", ("not-in-list", None)),
        ("44137", "Dorfweg", (None, "not-in-list")),
    ],
)
@pytest.mark.parametrize("sure", [0.9999, 0.9])
def test_a_street_of_another_postcode(plz, street, problems, sure):
    """Both values go to a person, however sure they are, when the table has both and not the pair; what is blank or
    not in the table contradicts nothing.
    """
    found = pair((POSTCODE, ((plz, SURE),)), (STREET, ((street, sure if street else SURE),)))
    doubt = None if problems[1] or sure > 0.99 or not street else "handwriting"
    if problems[1] == "not-together" and sure < 0.99:
        problems = ("not-together", "handwriting")
    assert [one.problem for one in found] == [problems[0], problems[1] or doubt]
    assert all((one.status is Status.REVIEW) == (one.problem is not None) for one in found)
    assert [one.value for one in found] == [plz.strip(), street]


def test_a_sure_value_helps_its_partner():
    """A doubtful street is weighed with the sure postcode, and the other way round; alone each of them would go to a
    person. What changes has to be sure.
    """
    doubtful, other = (("Ostwall", 0.93), ("Rind", 0.065)), (("44137", 0.93), ("44135", 0.065))
    helped = pair((POSTCODE, (("44135", SURE),)), (STREET, doubtful))[1]
    assert (helped.value, helped.status) == ("Ostwall", Status.AUTO)
    assert helped.confidence == pytest.approx(0.93 / (0.93 + 0.02 * 0.065 + 0.005))
    turned = pair((POSTCODE, (("44137", SURE),)), (STREET, (("Ostwall", 0.6), ("Rind", 0.4))))[1]
    assert (turned.value, turned.status) == ("Rind", Status.REVIEW)
    assert turned.confidence == pytest.approx(0.4 / (0.4 + 0.02 * 0.6))
    accepted = pair((POSTCODE, (*other, ("44731", 0.004))), (STREET, (("Rind", SURE),)))[0]
    assert (accepted.value, accepted.status) == ("44137", Status.AUTO)
    assert accepted.confidence == pytest.approx(0.93 / (0.93 + 0.02 * 0.065 + 0.02 * 0.004 + 0.001))
    assert pair((POSTCODE, other), (STREET, (("Ring", SURE),)))[0].status is Status.REVIEW


def test_nothing_is_drawn_to_its_partner():
    """A sure pair that the table does not have stays as it was read; two doubtful values do not help each other."""
    wrong = pair((POSTCODE, (("44135", 0.998), ("44137", 0.002))), (STREET, (("Rind", 0.998), ("Ostwall", 0.002))))
    assert [(one.value, one.problem) for one in wrong] == [("44135", "not-together"), ("Rind", "not-together")]
    likely = pair((POSTCODE, (("44135", SURE),)), (STREET, (("Rind", 0.94), ("Ostwall", 0.005))))[1]
    assert (likely.value, likely.problem, likely.status) == ("Rind", "handwriting", Status.REVIEW)
    both = pair((POSTCODE, (("44135", 0.7), ("44137", 0.3))), (STREET, (("Rind", 0.7), ("Ostwall", 0.3))))
    assert [one.confidence for one in both] == pytest.approx([0.7, 0.7])
    assert [one.problem for one in both] == ["handwriting", "handwriting"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["44135", "44137", "44731", "4?137", ""]), st.floats(0, 1)),
        min_size=1,
        max_size=4,
        unique_by=lambda one: one[0],
    ),
    st.lists(
        st.tuples(st.sampled_from(["Ostwall", "Ring", "Rind", "Dorfweg", ""]), st.floats(0, 1)),
        min_size=1,
        max_size=4,
        unique_by=lambda one: one[0],
    ),
)
def test_no_contradiction_is_accepted(codes, streets):
    """Whatever was read: a pair that the table does not have is never accepted, and no probability leaves 0 to 1."""
    fractions = [
        [(value, probs / max(1.0, sum(p for _, p in texts))) for value, probs in texts] for texts in (codes, streets)
    ]
    found = pair((POSTCODE, tuple(fractions[0])), (STREET, tuple(fractions[1])))
    values = {one.question: one.value for one in found}
    table = {("44135", "Ostwall"), ("44135", "Ring"), ("44137", "Ring"), ("44137", "Rind")}
    known = values["plz"] in POSTCODE.values and values["street"] in STREET.values
    if known and (values["plz"], values["street"]) not in table:
        assert all(one.status is Status.REVIEW for one in found)
    assert all(
        0 <= one.confidence <= 1 and 0 <= sum(c.probability for c in one.candidates) <= 1 + 1e-6 for one in found
    )


@pytest.mark.parametrize("filled", [0.55, 0.9, 0.97])
def test_a_box_that_may_be_filled_is_never_passed_over_beside_a_cross(filled):
    """Taken back or not? Unless the filled box is surely filled, the cross beside it is not accepted."""
    boxes = [
        _BoxProbabilities(code="a", empty=1 - filled, marked=0.0, filled=filled),
        _BoxProbabilities(code="b", empty=0.0, marked=0.999, filled=0.001),
    ]
    assert single(boxes, AcceptSettings()).problem == "maybe-filled"
    assert single([replace(boxes[0], empty=0.001, filled=0.999), boxes[1]], AcceptSettings()).problem is None
    assert single([replace(boxes[0], empty=1.0, filled=0.0), boxes[1]], AcceptSettings()).problem is None
