"""What a person reads but no rule admits: it is kept as it stands, beside its missing code, on the screens, in
keying, in history and in every export.
"""

import csv
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanform import rules
from scanform.errors import InputError, UsageError
from scanform.i18n.texts import in_words
from scanform.merge.resolve import resolve
from scanform.model.geometry import RectPx
from scanform.model.page import PageRef
from scanform.model.questionnaire import QuestionKind
from scanform.model.response import Answer, Channel, Evidence, Missing, Response, Status
from scanform.model.review import DecisionKind
from scanform.workflow.dataset.export import export_dataset
from scanform.workflow.dataset.merge_responses import (
    decide_conflict,
    is_third_value,
    merge_responses,
    open_conflicts,
    records,
)
from scanform.workflow.project.project import init_project
from scanform.workflow.review.desk import Desk, Submission, effective_responses
from scanform.workflow.review.double_verification import VerificationDesk
from scanform.workflow.review.key_entry import find_form, key_answers, key_form, save
from scanform.workflow.review.value_history import value_history

QUESTIONNAIRE = """
code: tiny
version: "1"
languages: [de, en]
title: {de: Kleine Umfrage, en: Small survey}
sections:
  - title: {de: Kontakt, en: Contact}
    questions:
      - {question: mail, type: email, class: contact, text: {de: E-Mail, en: E-mail}}
      - {question: tel, type: phone, class: contact, text: {de: Telefon, en: Phone}}
      - {question: day, type: date, min: 2020-01-01, text: {de: "Seit wann?", en: "Since when?"}}
      - {question: seats, type: number, cells: 3, min: 0, max: 500, text: {de: "Plätze?", en: "Seats?"}}
      - question: open
        type: single
        text: {de: "Offen?", en: "Open?"}
        options: {ja: {de: ja, en: "yes"}, nein: {de: nein, en: "no"}}
      - question: who
        type: multiple
        text: {de: "Für wen?", en: "For whom?"}
        options: {kids: {de: Kinder, en: Children}, none: {text: {de: niemand, en: nobody}, exclusive: yes}}
"""

REFUSED = {"mail": "anna @ web", "tel": "siehe Homepage", "day": "30.02.2024", "seats": "5000"}
"""What stands there in each, and no rule admits."""

KINDS = {
    "mail": QuestionKind.HANDWRITING,
    "tel": QuestionKind.HANDWRITING,
    "day": QuestionKind.COMB,
    "seats": QuestionKind.COMB,
}


def waits(code):
    return Answer(
        question=code,
        kind=KINDS[code],
        value="",
        confidence=0.4,
        status=Status.REVIEW,
        problems=("handwriting",),
        page=1,
    )


def form(name="A", **more):
    return Response(
        id=name,
        questionnaire="tiny",
        version="1",
        channel=Channel.PAPER,
        answers=tuple(waits(code) for code in KINDS),
        **more,
    )


@pytest.fixture
def project(tmp_path):
    source = tmp_path / "tiny.yaml"
    source.write_text(QUESTIONNAIRE, encoding="utf-8")
    with init_project(tmp_path / "project", questionnaire=source) as made:
        yield made


def store(project, *responses):
    project.store.save_responses(responses, kind="paper", label="test", at="2026-01-01T00:00:00Z")


def act(item, kind, to="", **more):
    return Submission(
        **{
            "uuid": f"{kind}-{item}",
            "item": item,
            "version": 1,
            "basis": "",
            "kind": kind,
            "from_value": "",
            "to_value": to,
        }
        | more
    )


def keep(project, item, text, **more):
    (outcome,) = Desk(project).decide([act(item, DecisionKind.IMPLAUSIBLE, text, **more)], reviewer="ben")
    assert outcome.result == "saved"


def exported(project, folder, name):
    export_dataset(project, folder)
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_what_no_rule_admits_is_exported_beside_its_code(project, tmp_path):
    """A contact line in contact.csv and nowhere else, an answer in responses.csv, each in provenance; nothing is a
    value.
    """
    store(project, form())
    for code, text in REFUSED.items():
        keep(project, f"A/{code}", text)
    (response,) = effective_responses(project)
    for code, text in REFUSED.items():
        found = response.answer(code)
        assert (found.value, found.missing, found.raw, found.status) == (
            "",
            Missing.IMPLAUSIBLE,
            text,
            Status.CORRECTED,
        )
    (row,) = exported(project, tmp_path / "out", "responses.csv")
    assert (row["day"], row["day__as_written"], row["seats"], row["seats__as_written"]) == (
        "-3",
        "30.02.2024",
        "-3",
        "5000",
    )
    (contact,) = exported(project, tmp_path / "out", "contact.csv")
    assert (contact["mail"], contact["mail__status"], contact["mail__as_written"]) == ("", "implausible", "anna @ web")
    assert contact["tel__as_written"] == "siehe Homepage"
    kept = {
        row["column"]: (row["value"], row["as_written"])
        for row in exported(project, tmp_path / "out", "provenance.csv")
    }
    assert (kept["day"], kept["seats"]) == (("-3", "30.02.2024"), ("-3", "5000"))
    assert {row["as_written"] for row in exported(project, tmp_path / "out", "contact-provenance.csv")} == {
        "anna @ web",
        "siehe Homepage",
    }
    described = {row["column"] for row in exported(project, tmp_path / "out", "codebook.csv")}
    assert {"day__as_written", "seats__as_written"} <= described
    assert {path.name for path in (tmp_path / "out").glob("*.csv") if "anna @ web" in path.read_text("utf-8-sig")} == {
        "contact.csv",
        "contact-provenance.csv",
    }


def test_an_export_without_such_a_text_has_no_column_for_it(project, tmp_path):
    store(project, form())
    assert not any("as_written" in column for column in exported(project, tmp_path / "out", "responses.csv")[0])


def test_it_is_shown_and_taken_back(project):
    """History says what stands there; undo gives the value back to the queue, and the text to its author."""
    store(project, form())
    keep(project, "A/mail", "anna @ web")
    desk = Desk(project)
    history = value_history(desk, "A/mail", language="en")
    assert history.value == "stands there like that: “anna @ web”"
    assert history.value in {event.value for event in history.events}
    card = desk.undo("ben")
    assert (card.id, card.draft) == ("A/mail", "anna @ web")
    (response,) = effective_responses(project)
    assert (response.answer("mail").status, response.answer("mail").raw) == (Status.REVIEW, None)


def test_a_second_reading_of_it_is_blind_and_compared(project):
    """What stands there like that is read again; the same text agrees, another one is a difference, and a third
    person sees both and can take either.
    """
    seen = Evidence(ref=PageRef(sha256="0" * 64, path="scan.pdf", index=0), box=RectPx(x=0, y=0, w=9, h=9))
    store(project, *(replace(form(name), answers=(replace(waits("mail"), evidence=seen),)) for name in "AB"))
    for name in "AB":
        keep(project, f"{name}/mail", "anna @ web")
    again = VerificationDesk(Desk(project))
    for card in again.claim(9, reviewer="lee", third=False):
        assert "anna" not in repr(card)
        text = "anna @ web" if card.id == "A/mail" else "anna @ wab"
        look = act(card.id, DecisionKind.IMPLAUSIBLE, text, uuid=f"look-{card.id}", version=card.version)
        assert again.decide([look], reviewer="lee", third=False)[0].result == "saved"
    (card,) = again.claim(9, reviewer="dora", third=True)
    assert (card.id, set(card.suggestions)) == ("B/mail", {"anna @ web", "anna @ wab"})
    settled = act(card.id, DecisionKind.IMPLAUSIBLE, "anna @ wab", uuid="third", version=card.version, basis=card.basis)
    assert again.decide([settled], reviewer="dora", third=True)[0].result == "saved"
    assert {response.id: response.answer("mail").raw for response in effective_responses(project)} == {
        "A": "anna @ web",
        "B": "anna @ wab",
    }


def test_other_acts_keep_no_text(project):
    """A text sent with "illegible" or with a choice is no reading."""
    store(
        project, form(), replace(form("B"), answers=(replace(waits("day"), question="open", kind=QuestionKind.SINGLE),))
    )
    desk = Desk(project)
    desk.decide(
        [
            act("A/mail", DecisionKind.ILLEGIBLE, "x"),
            act("A/tel", DecisionKind.NO_ANSWER, "x"),
            act("B/open", DecisionKind.IMPLAUSIBLE, "x"),
        ],
        reviewer="b",
    )
    found = {answer.column: answer.raw for response in effective_responses(project) for answer in response.answers}
    assert set(found.values()) == {None}


def test_a_merge_keeps_it_where_nobody_has_a_value(project, tmp_path):
    """A valid value of another source counts; beside "no answer" or "illegible" what stands there is told, whichever
    way the sources come.
    """
    paper = replace(
        form(token="T1"),
        answers=(
            replace(
                waits("mail"),
                status=Status.CORRECTED,
                missing=Missing.IMPLAUSIBLE,
                problems=("implausible",),
                raw="a@b",
            ),
        ),
    )
    for missing in (Missing.NO_ANSWER, Missing.ILLEGIBLE, Missing.NOT_IN_VERSION, Missing.PAGE_MISSING):
        other = replace(
            paper,
            id="online-1",
            channel=Channel.ONLINE,
            answers=(replace(paper.answers[0], status=Status.AUTO, missing=missing, raw=None, problems=()),),
        )
        for group in ([paper, other], [other, paper]):
            assert resolve(group).response.answer("mail").raw == "a@b"
    online = replace(
        paper,
        id="online-1",
        channel=Channel.ONLINE,
        answers=(Answer(question="mail", kind=KINDS["mail"], value="a@b.de", confidence=1.0, status=Status.AUTO),),
    )
    assert (
        resolve([paper, online]).response.answer("mail").value,
        resolve([paper, online]).response.answer("mail").raw,
    ) == ("a@b.de", None)
    store(
        project,
        paper,
        replace(paper, id="online-2", channel=Channel.ONLINE, answers=(replace(paper.answers[0], raw="a(at)b"),)),
    )
    merge_responses(project)
    assert {row["as_written"] for row in exported(project, tmp_path / "out", "contact-provenance.csv")} == {
        "a@b",
        "a(at)b",
    }


def test_a_contradiction_can_be_settled_by_what_stands_there(project):
    """From the command line, too: refused without the word, kept with it; whether no source says a value is known
    before.
    """
    paper = replace(
        form(token="T1"), answers=(replace(waits("day"), status=Status.AUTO, value="2024-02-01", problems=()),)
    )
    online = replace(
        paper, id="online-1", channel=Channel.ONLINE, answers=(replace(paper.answers[0], value="2024-03-01"),)
    )
    store(project, paper, online)
    merge_responses(project)
    (item,) = open_conflicts(project)
    assert [
        is_third_value(project, item.id, value) for value in ("1.2.2024", "2024-03-01", "1.4.2024", "30.2.2024", "")
    ] == [False, False, True, True, True]
    with pytest.raises(UsageError, match=r"passt nicht|does not fit") as caught:
        decide_conflict(project, item.id, "30.2.2024", reviewer="anna")
    assert "--as-written" in in_words(caught.value.remedy, "en")
    decide_conflict(project, item.id, "30.2.2024", reviewer="anna", as_written=True)
    (record,) = records(project)
    answer = record.response.answer("day")
    assert (answer.value, answer.missing, answer.raw) == ("", Missing.IMPLAUSIBLE, "30.2.2024")


def talk(project, *typed):
    lines, shown = iter(typed), []
    response = key_form(
        find_form(project, None), channel=Channel.MANUAL, prompt=lambda _: next(lines), echo=shown.append, language="en"
    )
    assert next(lines, None) is None
    return save(project, response), shown


def test_keying_has_a_way_on_after_every_refusal(project):
    """The refusal names the sign; the text is kept with the code that says why it is no value, and survives the
    store.
    """
    typed = [part for text in REFUSED.values() for part in (text, "=")]
    response, shown = talk(project, *typed, "1 2", "=", "1 2", "=")
    assert sum("Then type =" in line for line in shown) == 6
    kept = {answer.column: (answer.missing, answer.raw) for answer in project.store.response(response.id).answers}
    assert kept == {code: (Missing.IMPLAUSIBLE, text) for code, text in REFUSED.items()} | {
        "open": (Missing.MULTIPLE_MARKS, "ja nein"),
        "who": (Missing.MULTIPLE_MARKS, "kids none"),
    }


def test_a_sign_without_a_refusal_is_an_answer_like_any_other(project):
    _, shown = talk(project, "=", "a@b.de", "", "", "", "", "")
    assert sum("!" in line for line in shown) == 2  # the line of help, and the refusal of the sign itself


def test_a_prepared_list_can_say_it_too(project):
    """{"raw": ...} is the value where the rules admit it, and is kept as it stands where they do not; without it the
    list is refused, and says how.
    """
    response = key_answers(
        find_form(project, None), {"mail": {"raw": "a@b.de"}, "day": {"raw": " 30.02.2024 "}}, channel=Channel.MANUAL
    )
    assert (response.answer("mail").value, response.answer("mail").raw) == ("a@b.de", None)
    assert (response.answer("day").missing, response.answer("day").raw) == (Missing.IMPLAUSIBLE, "30.02.2024")
    with pytest.raises(InputError) as caught:
        key_answers(find_form(project, None), {"day": "30.02.2024"}, channel=Channel.MANUAL, language="en")
    assert '{"raw": "value"}' in in_words(caught.value.remedy, "en")


@settings(deadline=None)
@given(st.text())
def test_a_text_as_it_stands_can_be_kept(text):
    """Whatever is typed: what is kept is composed, visible, stays the same when it is kept once more, and loses no
    letter or digit.
    """
    kept = rules.as_written(text)
    assert rules.as_written(kept) == kept
    assert all(c.isprintable() or c == "\n" for c in kept)
    assert sum(c.isascii() and c.isalnum() for c in kept) == sum(c.isascii() and c.isalnum() for c in text)
