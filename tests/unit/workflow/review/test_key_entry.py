"""Keying forms by hand: from a list, and in conversation."""

import csv

import pytest

from scanform.errors import InputError, UsageError
from scanform.i18n.texts import text
from scanform.model.response import Channel, Missing, Response, Status
from scanform.model.review import PERSON_CONFIDENCE
from scanform.workflow.dataset.export import export_dataset
from scanform.workflow.printing.print_forms import PrintOrder, print_forms
from scanform.workflow.printing.recipients import Recipient
from scanform.workflow.project.project import Project
from scanform.workflow.review.key_entry import find_form, key_answers, key_form, save, scanned_text


def talk(project: Project, *typed: str, language: str = "de"):
    """Keys a new form with these lines; returns the response and all that was shown."""
    lines, shown = iter(typed), []
    response = key_form(
        find_form(project, None),
        channel=Channel.PHONE,
        prompt=lambda _: next(lines),
        echo=shown.append,
        language=language,
    )
    assert next(lines, None) is None
    return response, "\n".join(shown)


def test_a_list_of_answers_becomes_a_response(project: Project) -> None:
    """Values are canonical, confirmed, as reliable as a person; what is left out is "no answer", what is filtered
    -2.
    """
    given = {"open": "nein", "open__nein_text": "Ferien", "day": "1.4.2024", "groups": ["old", "kids"], "sign": True}
    response = save(project, key_answers(find_form(project, "new"), given, channel=Channel.MANUAL))
    assert (response.id, response.channel, bool(response.received_at)) == ("manual-1", Channel.MANUAL, True)
    assert {a.column: (a.value, a.missing) for a in response.answers} == {
        "open": ("nein", None),
        "open__nein_text": ("Ferien", None),
        "day": ("2024-04-01", None),
        "groups": ("kids old", None),
        "seats": ("", Missing.FILTERED),
        "remark": ("", Missing.NO_ANSWER),
        "sign": ("signed", None),
    }
    assert {(a.status, a.confidence) for a in response.answers} == {(Status.CONFIRMED, PERSON_CONFIDENCE)}
    assert project.store.response("manual-1") == response


def test_a_wrong_list_names_everything_that_is_wrong(project: Project) -> None:
    """All mistakes at once, and nothing stored."""
    with pytest.raises(InputError) as caught:
        key_answers(
            find_form(project, None),
            {"open": "maybe", "day": "31.2.2024", "colour": "red"},
            channel=Channel.MANUAL,
            language="en",
        )
    assert all(name in str(caught.value) for name in ("open:", "day:", "colour:"))
    assert caught.value.remedy
    assert project.store.responses() == []


def test_a_conversation_asks_again_and_goes_back(project: Project) -> None:
    """A wrong answer is asked again with the reason, "<" goes one question back, filtered questions are not asked."""
    response, shown = talk(project, "3", "2", "zu", "<", "Ferien", "31.2.2024", "!", "1, 2", "", "ja")
    assert {a.column: a.value for a in response.answers} == {
        "open": "nein",
        "open__nein_text": "Ferien",
        "day": "",
        "groups": "kids old",
        "seats": "",
        "remark": "",
        "sign": "signed",
    }
    missing = {a.column: a.missing for a in response.answers}
    assert (missing["day"], missing["seats"], missing["remark"]) == (
        Missing.ILLEGIBLE,
        Missing.FILTERED,
        Missing.NO_ANSWER,
    )
    assert "Wie viele Plätze?" not in shown
    assert "  ! " in shown


def test_a_conversation_in_english(project: Project) -> None:
    """All words follow the language."""
    _, shown = talk(project, "1", "", "", "40", "", "", language="en")
    assert "How many seats?" in shown
    assert "Several answers possible" in shown


def test_new_forms_are_numbered_and_never_overwrite(project: Project) -> None:
    """Each new form gets the next number."""
    form = find_form(project, None)
    ids = [save(project, key_answers(form, {"open": "ja"}, channel=Channel.MANUAL)).id for _ in range(3)]
    assert ids == ["manual-1", "manual-2", "manual-3"]


def test_a_printed_form_is_found_by_id_and_by_token(project: Project, tmp_path) -> None:
    """The keyed response has the token, an id of its own beside the scanned one, and is not replaced by accident."""
    printed = print_forms(
        project,
        PrintOrder(recipients=(Recipient(token="Ab-12", name="Haus", address=()), None)),
        tmp_path / "forms.pdf",
    )
    first, second = printed.forms
    form = find_form(project, "Ab-12")
    assert (form.response_id, form.token, form.known) == (f"manual-{first.form_id}", "Ab-12", False)
    assert find_form(project, second.form_id).token is None
    save(project, key_answers(form, {"open": "ja"}, channel=Channel.MANUAL))
    again = key_answers(find_form(project, first.form_id), {"open": "nein"}, channel=Channel.MANUAL)
    with pytest.raises(UsageError):
        save(project, again)
    save(project, again, replace_known=True)
    stored = project.store.response(f"manual-{first.form_id}")
    assert stored is not None
    assert stored.answer("open").value == "nein"  # type: ignore[union-attr]


def test_a_form_that_was_scanned_may_be_keyed_and_the_person_is_told(project: Project, tmp_path) -> None:
    """The message comes before the first question, in the person's language; nothing is refused."""
    (printed,) = print_forms(project, PrintOrder(recipients=(None,)), tmp_path / "forms.pdf").forms
    assert scanned_text(find_form(project, printed.form_id), "en") == ""
    scan = Response(id=printed.form_id, questionnaire="tiny", version="1", channel=Channel.PAPER, answers=())
    project.store.save_responses([scan], kind="paper", label="stack", at="2026-01-01T00:00:00Z")
    form = find_form(project, printed.form_id)
    heard: list[str] = []
    response = key_form(form, channel=Channel.MANUAL, prompt=lambda _: "", echo=heard.append, language="en")
    assert heard[0] == scanned_text(form, "en") == text("merge.form-scanned", "en", form=printed.form_id)
    assert save(project, response).id == f"manual-{printed.form_id}"


def test_who_keyed_a_form_and_when_stands_in_the_provenance(project: Project, tmp_path) -> None:
    """Each keyed value names the person and the time, like a value that was decided in the review."""
    stored = save(
        project, key_answers(find_form(project, None), {"open": "ja"}, channel=Channel.MANUAL), reviewer="anna:b"
    )
    export_dataset(project, tmp_path / "out")
    with (tmp_path / "out" / "provenance.csv").open(encoding="utf-8-sig", newline="") as file:
        told = {(row["channel"], row["reader"], row["reviewer"], row["decided_at"]) for row in csv.DictReader(file)}
    assert told == {("manual", "person", "anna:b", stored.received_at)}


@pytest.mark.parametrize("name", ["nobody", "2BNBJ-0A1B2C3-A", "2BNBJ-0A1B2C3-B"])
def test_an_unknown_form_is_refused_with_a_remedy(project: Project, name: str) -> None:
    """A mistyped id never creates a form."""
    with pytest.raises(UsageError) as caught:
        find_form(project, name)
    assert caught.value.remedy
