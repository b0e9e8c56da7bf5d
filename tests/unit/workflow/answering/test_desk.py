"""Drafts are never lost, sending is once, and nobody's answers are anybody else's."""

from dataclasses import replace

import pytest
import sqlalchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.web_form_material import ANSWERS, TOKENS, VIEW, begun, sent
from scanform.cli.say import status_lines
from scanform.errors import UsageError
from scanform.i18n.texts import in_words
from scanform.store import web_drafts
from scanform.store.engine import current_revision, run_migrations
from scanform.store.store import Store
from scanform.workflow.answering.access import Access
from scanform.workflow.dataset.merge_responses import SENT_TWICE, merge_responses
from scanform.workflow.insight.status import project_status
from scanform.workflow.project.batch_names import batch_name
from scanform.workflow.project.project import open_project
from scanform.workflow.settling.withdraw import restore_response, withdraw, withdraw_response


def rows(desk, table):
    with desk.project.store.reading() as tx:
        return tx.execute(sqlalchemy.text(f"SELECT * FROM {table}")).mappings().all()


def test_a_code_is_found_however_it_is_typed(desk):
    """Spaces around and within do not matter, nor capitals where the code has only one kind; nothing else is a code."""
    typed = {
        "K7QM-3XPA": TOKENS[0],
        " k7qm-3xpa ": TOKENS[0],
        "K7QM\x00-3XPA": TOKENS[0],
        "Zu6vQ1nE": TOKENS[2],
        "8193 0275": TOKENS[3],
    } | dict.fromkeys(("819302750", "", "%", "K7QM-3XPB"))
    found = {code: desk.access(code) for code in typed}
    assert {code: one.token if one else None for code, one in found.items()} == typed


def test_a_draft_outlives_the_program(desks):
    """What was saved is there after a restart, in the order and language in which it was left, invalid text included."""
    first = desks()
    draft = begun(first)
    first.save(draft.id, {"hours": "viele", "place": "Hier"}, version=0, view=VIEW, language="en", reached=1)
    again = desks()
    found = begun(again)
    assert found.id == draft.id
    assert (found.typed, found.language, found.reached) == ({"hours": "viele", "place": "Hier"}, "en", 1)


def test_two_windows_do_not_overwrite_each_other(desk):
    """What another window has changed since stays, and is told; what it has not changed is kept."""
    draft = begun(desk)
    desk.save(draft.id, {"place": "eins", "people": "1"}, version=0, view="a")
    saved = desk.save(draft.id, {"place": "zwei", "people": "1", "remarks": "neu"}, version=0, view="b")
    assert saved.conflicts == {"place": "eins"}
    assert saved.draft.typed == {"place": "eins", "people": "1", "remarks": "neu"}
    knowing = desk.save(draft.id, {"place": "zwei"}, version=saved.draft.version, view="b")
    assert not knowing.conflicts
    assert knowing.draft.typed["place"] == "zwei"


def test_a_back_button_is_no_other_window(desk):
    """A page that is sent twice from one view is changed the second time, although it is older than the draft."""
    draft = begun(desk)
    desk.save(draft.id, {"place": "eins"}, version=0, view="a")
    saved = desk.save(draft.id, {"place": "zwei"}, version=0, view="a")
    assert (saved.conflicts, saved.draft.typed["place"]) == ({}, "zwei")


def test_a_late_saving_of_the_same_page_changes_nothing(desk):
    """A request that was overtaken by the next one of the same page does not bring older text back."""
    draft = begun(desk)
    desk.save(draft.id, {"remarks": "alles"}, version=0, view="a", turn=3)
    late = desk.save(draft.id, {"remarks": "al"}, version=0, view="a", turn=2)
    assert (late.conflicts, late.draft.typed["remarks"]) == ({}, "alles")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"), st.sampled_from(["place", "remarks"]), st.text("xyz", max_size=2), st.booleans()
        ),
        max_size=8,
    )
)
def test_whatever_windows_do_nothing_is_lost_in_silence(desk, acts):
    """Any order of savings by two windows, each opened anew or stale: what is kept is what a window wrote last, or that
    window was told what stands there instead.
    """
    draft = desk.begin(Access(questionnaire="every"), "de").draft
    seen = dict.fromkeys("ab", 0)
    names = dict.fromkeys("ab", 0)
    for window, column, entry, fresh in acts:
        if fresh:  # the page is opened anew: another view of the present state
            names[window] += 1
            seen[window] = desk.draft(draft.id).version
        before = desk.draft(draft.id)
        saved = desk.save(draft.id, {column: entry}, version=seen[window], view=f"{window}{names[window]}")
        now = saved.draft.typed.get(column, "")
        assert now == entry or saved.conflicts == {column: now}
        if now != before.typed.get(column, ""):
            stamp = before.stamps.get(column, (0, ""))
            assert stamp[0] <= seen[window] or stamp[1].startswith(f"{window}{names[window]}:")


def test_contact_data_are_kept_apart(desk):
    """What is typed into contact questions is in no row of the drafts themselves."""
    draft = begun(desk)
    desk.save(draft.id, {"place": "Café", "mail": "a@b.example", "people": "3"}, version=0, view=VIEW)
    assert [row["entries"] for row in rows(desk, "web_draft")] == ['{"people": "3"}']
    assert "a@b.example" in rows(desk, "web_draft_contact")[0]["entries"]


def test_what_was_sent_is_no_draft_any_more(desk):
    """Contents of a draft are gone once it is a response; number, time and response remain."""
    assert sent(desk).sent.response_id == "web-1"
    row = rows(desk, "web_draft")[0]
    assert (row["entries"], row["stamps"], row["number"]) == ("{}", "{}", 1)
    assert rows(desk, "web_draft_contact")[0]["entries"] == "{}"


def test_sending_again_is_the_same_response(desk):
    """A double click, a reload, a retry after a crash: one response, one number."""
    first = sent(desk).sent
    assert desk.send(first.id, version=0).sent == first
    assert len(desk.project.store.responses()) == 1


def test_what_changed_after_the_summary_is_not_sent_unseen(desk):
    """Another window changed an answer after the summary was shown: nothing is sent."""
    draft = begun(desk)
    seen = desk.save(draft.id, ANSWERS, version=0, view=VIEW).draft
    desk.save(draft.id, {"people": "121"}, version=seen.version, view="other")
    outcome = desk.send(draft.id, version=seen.version)
    assert outcome.changed
    assert desk.project.store.responses() == []


def test_what_breaks_a_rule_is_not_sent(desk):
    """Required answers, formats, ranges and orders are objected to; the draft stays."""
    draft = begun(desk)
    wrong = ANSWERS | {"place": " ", "people": "9999", "until": "1.1.1980", "offers": "none choir", "mail": "x"}
    saved = desk.save(draft.id, wrong, version=0, view=VIEW)
    outcome = desk.send(draft.id, version=saved.draft.version)
    assert [(one.column, one.slug) for one in outcome.objections] == [
        ("place", "required"),
        ("offers", "exclusive-with-others"),
        ("offers__more_text", "text-without-mark"),
        ("people", "out-of-range"),
        ("until", "wrong-order"),
        ("mail", "bad-email"),
    ]
    assert begun(desk).typed["people"] == "9999"


def test_a_code_is_good_for_one_response_unless_there_are_several_places(desks):
    """The second sending is refused, with the time of the first; with several places it is a further place."""
    one = desks()
    assert sent(one).sent
    assert one.begin(one.access(TOKENS[0]), "de") is None
    standing = one.standing(one.access(TOKENS[0]))
    assert (len(standing.sent), standing.draft, standing.may_begin) == (1, None, False)
    several = desks(places="several")
    second = sent(several, answers=ANSWERS | {"place": "Zweiter"}).sent
    assert second.place == 2
    assert {response.id for response in several.project.store.responses()} == {"web-1", "web-2"}


def test_two_drafts_of_one_code_are_one(desk):
    """Two devices with one code go on with the same draft: nobody answers twice by chance."""
    assert begun(desk).id == begun(desk).id


@pytest.mark.slow
def test_a_withdrawn_response_frees_its_code(desk):
    """Staff take a response back: the code answers again, as a further response; restoring brings the first one back."""
    sent(desk)
    withdraw_response(desk.project, "web-1", reason="Test", reviewer="Ada")
    assert desk.standing(desk.access(TOKENS[0])).may_begin
    assert sent(desk).sent.response_id == "web-2"
    restore_response(desk.project, "web-1", reason="Test", reviewer="Ada")
    assert len(desk.project.store.responses()) == 2


def test_one_batch_a_day_which_can_be_withdrawn(desk, clock):
    """All of a day are one digital batch; the next day has its own; withdrawing takes exactly that day."""
    sent(desk, TOKENS[0])
    sent(desk, TOKENS[1])
    clock.passes(days=1)
    sent(desk, TOKENS[2])
    batches = [batch for batch in desk.project.store.batches() if batch.kind == "digital"]
    assert [batch.label for batch in batches] == ["web form every 2026-11-30", "web form every 2026-12-01"]
    withdraw(desk.project, batches[0].id)
    assert [response.id for response in desk.project.store.responses()] == ["web-3"]


def test_the_batch_of_a_day_is_named_in_the_language_of_its_reader(desk, clock):
    """In status and in errors; the stored label stays, and so do the names of files and folders."""
    sent(desk, TOKENS[0])
    (batch,) = [batch for batch in desk.project.store.batches() if batch.kind == "digital"]
    names = {"de": "Webformular every, 30.11.2026", "en": "Web form every, 30 Nov 2026"}
    for language, name in names.items():
        assert batch_name(batch, language) == name
        with open_project(desk.project.folder, language=language) as project:
            assert name in "\n".join(status_lines(project_status(project), project))
    withdraw(desk.project, batch.id)
    with pytest.raises(UsageError) as refused:
        withdraw(desk.project, batch.id)
    assert "Webformular every" in in_words(refused.value.message, "de")
    paper = replace(batch, kind="paper")
    assert batch_name(paper, "de") == paper.label == "web form every 2026-11-30"


def test_drafts_end_with_their_term(desk, clock):
    """After the term in survey.toml a draft is gone, contents and all; one that changed since is not."""
    old = begun(desk, TOKENS[0])
    desk.save(old.id, {"place": "alt", "people": "1"}, version=0, view=VIEW)
    clock.passes(days=20)
    young = begun(desk, TOKENS[1])
    desk.save(young.id, {"place": "jung"}, version=0, view=VIEW)
    clock.passes(days=15)
    assert desk.draft(old.id) is None  # even before it is deleted
    assert desk.forget() == 1
    assert "alt" not in str(rows(desk, "web_draft_contact"))
    assert begun(desk, TOKENS[1]).typed == {"place": "jung"}
    assert begun(desk, TOKENS[0]).id != old.id


@pytest.mark.slow
def test_a_number_is_never_used_again(desk, clock):
    """A draft that was taken and then deleted keeps its number: its response is not overwritten by the next."""
    draft = begun(desk)
    desk.save(draft.id, {"place": "Halb"}, version=0, view=VIEW)
    assert desk.take_unsent() == ["web-1"]
    clock.passes(days=40)
    desk.forget()
    assert sent(desk).sent.response_id == "web-2"


def test_drafts_are_taken_as_incomplete_responses_and_may_still_be_sent(desk):
    """What was begun is an incomplete response; taking again changes nothing; sending completes the same response."""
    draft = begun(desk)
    saved = desk.save(draft.id, {"place": "Halb", "staff": "no"}, version=0, view=VIEW, reached=0)
    assert desk.take_unsent() == ["web-1"]
    assert desk.take_unsent() == []
    assert not desk.project.store.response("web-1").complete
    full = desk.save(draft.id, ANSWERS, version=saved.draft.version, view=VIEW)
    assert desk.send(draft.id, version=full.draft.version).sent.response_id == "web-1"
    assert desk.project.store.response("web-1").complete


def test_without_an_access_code_a_personal_code_goes_on(desk):
    """The open link gives a code of one's own, kept as a hash; however it is typed, it opens the same draft."""
    new = desk.begin(Access(questionnaire="every"), "de")
    desk.save(new.draft.id, {"place": "Offen"}, version=0, view=VIEW)
    typed = new.code.lower().replace("-", " ").replace("0", "o")
    assert desk.begin(desk.access(typed), "de").draft.id == new.draft.id
    assert new.code not in str(rows(desk, "web_draft"))


def test_a_personal_code_ends_with_its_draft(desk, clock):
    """After the term a personal code is unknown, and its draft is not taken as a response."""
    new = desk.begin(Access(questionnaire="every"), "de")
    old = begun(desk)
    for draft in (new.draft, old):
        desk.save(draft.id, {"place": "Offen"}, version=0, view=VIEW)
    clock.passes(days=31)
    assert desk.access(new.code) is None
    assert desk.take_unsent() == []


@pytest.mark.slow
def test_the_same_person_twice_without_a_code_is_told_and_not_refused(desk):
    """Two open responses with the same contact data both count; the later one bears the remark."""
    for place in ("Café", "café", "Anderswo"):
        new = desk.begin(Access(questionnaire="every"), "de").draft
        contact = {"place": place, "phone": "", "mail": f"{place[:1].lower()}@b.example"}
        saved = desk.save(new.id, ANSWERS | contact, version=0, view=VIEW)
        assert desk.send(new.id, version=saved.draft.version).sent
    remarks = {one.id: [problem.slug for problem in one.problems] for one in desk.project.store.responses()}
    assert remarks == {"web-1": [], "web-2": ["web-form-twice"], "web-3": []}
    told = [problem for problem in merge_responses(desk.project).problems if problem.slug == SENT_TWICE]
    assert [dict(problem.params) for problem in told] == [{"response": "web-2", "others": "web-1"}]
    withdraw_response(desk.project, "web-1", reason="doppelt", reviewer="Ada")
    assert SENT_TWICE not in {problem.slug for problem in merge_responses(desk.project).problems}


def test_drafts_come_to_an_older_database_without_loss(tmp_path):
    """Brought up from the migration before: what is there stays, and drafts can be kept."""
    path = tmp_path / "s.sqlite"
    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    with engine.begin() as tx:
        run_migrations(tx, "0019")
        tx.exec_driver_sql("INSERT INTO batch (id, kind, label, created_at) VALUES (1, 'digital', 'old', '2026-01-01')")
    engine.dispose()
    store = Store(path)
    with store.writing() as tx:
        assert current_revision(tx) >= "0021"
        new = web_drafts.WebDraft(
            id="d", questionnaire="q", token=None, place=1, language="de", created_at="1", changed_at="1"
        )
        assert web_drafts.add_draft(tx, replace(new, entries={"a": "1"}, contact={"b": "2"}, stamps={"a": (1, "x")}))
        assert web_drafts.draft(tx, "d").typed == {"a": "1", "b": "2"}
    assert [batch.label for batch in store.batches()] == ["old"]
    store.close()
