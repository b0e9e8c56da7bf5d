"""The store: migrations, append-only decisions, versions of answers, identities that are unique."""

import dataclasses
import json
import multiprocessing
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import URL, create_engine, select, text, update
from sqlalchemy.exc import DBAPIError

from scanform.errors import MissingProgramError, StoreError
from scanform.model.column_format import FormatKind
from scanform.model.geometry import RectPx
from scanform.model.page import Fate, FoundBy, Identity, PageRef
from scanform.model.problem import Problem
from scanform.model.questionnaire import QuestionKind
from scanform.model.reading import Candidate, FieldReading, PageReading
from scanform.model.response import Answer, Channel, Evidence, Missing, Response, Status
from scanform.model.review import Decision, DecisionKind
from scanform.page_result import PageResult
from scanform.store import engine as engines
from scanform.store import issued, ledger, passed_over, revisions, values
from scanform.store.acts.manual_registrations import add_manual_registration, manual_registrations
from scanform.store.acts.seals import FIRST, broken_seals, last_seal, seal_of
from scanform.store.acts.waived_pages import WaivedPage, add_waived, waived_pages
from scanform.store.decision_times import DecisionTime, add_decision_time, decision_times
from scanform.store.records import Issued, Link, ManualRegistration, ManualRegistrationKind, PassedOver
from scanform.store.store import Store
from scanform.store.tables import Base, ReadingRow
from tests.programs import forked, next_of

AT = "2026-01-15T09:30:00+00:00"
IDENTITY = Identity(digest="2BNBJ", instance="0A1B2C3", page=1, pages=1, found_by=FoundBy.CODE)


@pytest.fixture
def store(where):
    found = Store(where)
    yield found
    found.close()


def an_answer(question="open", value="yes", **changes):
    return Answer(
        question=question, kind=QuestionKind.SINGLE, value=value, confidence=0.9, status=Status.AUTO, **changes
    )


def a_field(zone, *problems):
    box = RectPx(x=0, y=0, w=1, h=1)
    return FieldReading(zone=zone, value="marked", confidence=0.9, box=box, reader="marks", problems=problems)


def a_response(*answers, response_id="2BNBJ-0A1B2C3-A", **changes):
    return Response(
        id=response_id,
        questionnaire="tiny",
        version="1",
        channel=Channel.PAPER,
        answers=answers,
        received_at=AT,
        **changes,
    )


def a_decision(uuid="u1", item="2BNBJ-0A1B2C3-A/open", **changes):
    fields = {
        "version": 1,
        "reviewer": "anna",
        "kind": DecisionKind.CORRECT,
        "from_value": "yes",
        "to_value": "no",
        "at": AT,
    }
    return Decision(uuid=uuid, item=item, **(fields | changes))


def test_migrations_make_the_tables_of_the_metadata(store):
    """After all migrations nothing is left to generate, so tables and migrations agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with store.reading() as tx:
        differences = compare_metadata(MigrationContext.configure(tx), Base.metadata)
    assert differences == []


def test_head_revision_is_that_of_the_folder(store):
    """The constant that lets an up-to-date database open without alembic names the newest migration."""
    from alembic.script import ScriptDirectory

    assert ScriptDirectory.from_config(engines.alembic_config()).get_current_head() == engines.HEAD_REVISION
    with store.reading() as tx:
        assert engines.current_revision(tx) == engines.HEAD_REVISION


def test_a_database_from_before_files_were_passed_over_loses_nothing(tmp_path):
    """Brought up from the migration before: what was handed in is there, and the new table is empty and can be used."""
    path = tmp_path / "s.sqlite"
    connection = sqlalchemy.create_engine(f"sqlite:///{path}")
    with connection.begin() as tx:
        engines.run_migrations(tx, "0011")
        tx.exec_driver_sql(
            "INSERT INTO batch (id, kind, label, created_at) VALUES (1, 'paper', 'old', '2026-01-01T00:00:00+00:00')"
        )
    connection.dispose()
    one = PassedOver(location="/in/.a", path="in/.a", reason="passed-hidden", files=1, at=AT)
    with closing(Store(path)) as store:
        with store.reading() as tx:
            assert [batch.label for batch in ledger.batches(tx)] == ["old"]
            assert passed_over.passed_over(tx) == []
        with store.writing() as tx:
            assert passed_over.replace_below(tx, ["/in"], [one])
            assert not passed_over.replace_below(tx, ["/in"], [replace(one, at="later")])


def test_formats_come_to_an_older_database_without_loss(where):
    """Brought up from the migration before: answers are what they were, offered whole; how columns are read can be
    kept, and goes with its import.
    """
    rows = {"response": ONLINE, "answer": ONLINE_ANSWER | {"kind": "multiple", "value": "yes no"}}
    with older_database(where, "0017") as tx:
        tx.execute(
            text("INSERT INTO batch (id, kind, label, created_at) VALUES (1, 'digital', 'old', :at)"), {"at": AT}
        )
        tx.execute(
            text("INSERT INTO source_survey (id, questionnaire, name, prefix) VALUES (1, 'tiny', 'tiny', 'online-')")
        )
        for table, row in rows.items():
            tx.execute(
                text(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})"),
                as_sql(row),
            )
    with closing(Store(where)) as store:
        (answer,) = store.response("online-17").answers
        assert (answer.value, answer.not_offered, store.versions("online-17")) == ("yes no", (), {"open": 3})
        with store.writing() as tx:
            assert revisions.formats(tx, 1) == {}
            revisions.add_formats(tx, 1, 1, {("since", FormatKind.DATES): "month-day", ("", FormatKind.ZONE): "UTC"})
            assert revisions.formats(tx, 1) == {("since", FormatKind.DATES): "month-day", ("", FormatKind.ZONE): "UTC"}
            tx.execute(text("UPDATE batch SET withdrawn_at = :at"), {"at": AT})
            assert revisions.formats(tx, 1) == {}
            changed = replace(store.response("online-17"), answers=(replace(answer, not_offered=("no",)),))
            values.save_response(tx, changed, batch_id=None)
        assert store.response("online-17").answers == changed.answers
        assert store.versions("online-17") == {"open": 4}


def test_what_was_passed_over_is_the_state_of_the_last_look(store):
    """Per folder: what is gone there is gone, what lies elsewhere stays; names that only begin alike are elsewhere."""
    rows = [
        PassedOver(location=at, path=at, reason="passed-hidden", files=1, at=AT)
        for at in ("/in/.a", "/in/sub/.b", "/in2/.c", "/other/.d")
    ]
    with store.writing() as tx:
        passed_over.replace_below(tx, ["/in", "/in2", "/other"], rows)
        passed_over.replace_below(tx, ["/in"], rows[1:2])
        assert [one.location for one in passed_over.passed_over(tx)] == ["/in/sub/.b", "/in2/.c", "/other/.d"]
        passed_over.replace_below(tx, ["/"], [])
        assert passed_over.passed_over(tx) == []


def test_sqlite_is_durable(tmp_path):
    """WAL, synchronous=FULL (2) and foreign keys are on."""
    store = Store(tmp_path / "s.sqlite")
    with store.reading() as tx:
        found = [
            tx.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    store.close()
    assert found == ["wal", 2, 1]


def test_a_newer_database_is_refused(tmp_path):
    """A project of a newer scanform is left alone."""
    Store(tmp_path / "s.sqlite").close()
    with sqlite3.connect(tmp_path / "s.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreError):
        Store(tmp_path / "s.sqlite")


@pytest.mark.parametrize("content", [b"no database at all, but long enough to be read as one" * 100])
def test_a_damaged_file_is_a_store_error(tmp_path, content):
    """A file that is no database is reported, not overwritten."""
    path = tmp_path / "s.sqlite"
    path.write_bytes(content)
    with pytest.raises(StoreError):
        Store(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("url", ["nonsense", "oracle://x/y", "mysql://u:secret@h/d"])
def test_other_databases_are_refused_without_showing_passwords(url):
    """Only SQLite and PostgreSQL; a password in the address stays out of the message."""
    with pytest.raises((StoreError, MissingProgramError)) as caught:
        Store(url)
    assert "secret" not in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize(
    "statement", ["UPDATE decision SET to_value = 'x'", "DELETE FROM decision", "TRUNCATE decision"]
)
def test_decisions_are_append_only(store, statement):
    """Not even plain SQL changes or removes a decision."""
    if statement.startswith("TRUNCATE") and store.kind == "sqlite":
        pytest.skip("SQLite knows no TRUNCATE")
    assert store.add_decision(a_decision())
    with pytest.raises(StoreError, match="only ever added"), store.writing() as tx:
        tx.execute(text(statement))
    assert store.decisions() == [a_decision()]


def test_a_decision_sent_twice_counts_once(store):
    """The uuid makes repeated sending harmless."""
    assert store.add_decision(a_decision())
    assert not store.add_decision(a_decision(to_value="other"))
    assert store.add_decision(a_decision(uuid="u2", item="B/x"))
    assert [d.uuid for d in store.decisions()] == ["u1", "u2"]
    assert store.decisions("2BNBJ-0A1B2C3-A") == [a_decision()]


def test_a_response_comes_back_as_it_was_saved(store):
    """Everything of a response survives the way through the tables."""
    evidence = Evidence(ref=PageRef(sha256="ab" * 32, path="stack/ü.pdf", index=2), box=RectPx(x=1, y=2, w=3, h=4))
    first = an_answer(
        evidence=evidence,
        page=1,
        reader="marks",
        candidates=(Candidate(value="no", probability=0.25),),
        problems=("two-marks",),
    )
    second = an_answer("note", "", option="no", missing=Missing.PAGE_MISSING)
    saved = a_response(
        first,
        second,
        token="T 1",
        complete=False,
        pages_missing=(2, 3),
        problems=(Problem(slug="copy", where="x", params=(("a", "b"),)),),
    )
    store.save_response(saved, batch_id=None)
    assert store.responses() == [saved]
    assert store.response(saved.id) == saved
    assert store.response("nobody") is None
    assert store.responses(questionnaire="other") == []


def test_versions_grow_with_the_machine_value_only(store):
    """A new value is a new version of that answer; a new confidence is not, nor are the other answers touched."""
    store.save_response(a_response(an_answer(), an_answer("b", "x")), batch_id=None)
    store.save_response(
        a_response(dataclasses.replace(an_answer(), confidence=0.5), an_answer("b", "y")), batch_id=None
    )
    assert store.versions("2BNBJ-0A1B2C3-A") == {"open": 1, "b": 2}
    store.save_response(a_response(an_answer(missing=Missing.NO_ANSWER), an_answer("b", "y")), batch_id=None)
    assert store.all_versions() == {"2BNBJ-0A1B2C3-A": {"open": 2, "b": 2}}


def test_instances_are_unique(store):
    """An instance belongs to one form; printing the same sheet again for the same token is allowed, for another it
    is not.
    """
    form = Issued(
        instance="0A1B2C3",
        digest="2BNBJ",
        form_id="2BNBJ-0A1B2C3-A",
        token="T",
        printed_at=AT,
        name="Ä",
        address=("Weg 1", "Ort"),
    )
    with store.writing() as tx:
        assert issued.issue(tx, form)
        assert issued.issue(tx, form)
        assert not issued.issue(tx, dataclasses.replace(form, token="U"))
        assert not issued.issue(tx, dataclasses.replace(form, token=None))
        assert issued.issued_for(tx, "T") == [form]


def test_links_are_kept_once(store):
    """The same link by the same rule is one row; a new merge replaces all."""
    link = Link(first="a", second="b", rule="token", probability=1.0, at=AT)
    assert store.add_links([link, link]) == 1
    store.replace_links([dataclasses.replace(link, second="c")])
    assert [found.second for found in store.links()] == ["c"]


def test_a_failed_transaction_leaves_nothing(store):
    """An exception inside a transaction takes all of it back."""

    def fail():
        with store.writing() as tx:
            ledger.add_batch(tx, kind="paper", label="x", at=AT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert store.batches() == []


def open_and_write(path, number, barrier, results):
    """Open the same, still missing database as all others at the same moment, then write."""
    barrier.wait()
    try:
        store = Store(path)
        for count in range(5):
            store.add_decision(a_decision(uuid=f"{number}-{count}"))
        store.close()
        results.put("ok")
    except (StoreError, DBAPIError) as error:
        results.put(str(error))


def test_several_processes_create_the_database_at_once(where):
    """Four processes start from no database: one migrates, all go on, nothing is lost."""
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(4), context.Queue()
    with forked(open_and_write, [(where, number, barrier, results) for number in range(4)]) as workers:
        assert [next_of(results, workers) for _ in workers] == ["ok"] * 4
        for worker in workers:
            worker.join()
    store = Store(where)
    assert len(store.decisions()) == 20
    store.close()


def test_placements_are_append_only_and_counted_once(store):
    """What a person did with a page is kept with corners and name; sending again changes nothing, and nothing can be
    changed.
    """
    identity = Identity(digest="ABCDE", instance="0000001", page=1, pages=2, found_by=FoundBy.PERSON)
    corners = ((1.5, 2.0), (100.0, 3.0), (101.0, 140.25), (0.0, 141.0))
    placed = ManualRegistration(
        uuid="u1",
        sha256="ab",
        index=0,
        kind=ManualRegistrationKind.PLACED,
        reviewer="kim",
        at="2026-01-01T00:00:00Z",
        identity=identity,
        corners_px=corners,
    )
    left = replace(placed, uuid="u2", index=1, kind=ManualRegistrationKind.LEFT, identity=None, corners_px=())
    with store.writing() as tx:
        assert [
            add_manual_registration(tx, placed),
            add_manual_registration(tx, replace(placed, reviewer="other")),
            add_manual_registration(tx, left),
        ] == [
            True,
            False,
            True,
        ]
    with store.reading() as tx:
        assert manual_registrations(tx) == manual_registrations(tx, "ab") == [placed, left]
        assert manual_registrations(tx, "cd") == []
    for change in ("UPDATE placement SET reviewer = 'x'", "DELETE FROM placement"):
        with pytest.raises(StoreError, match="only ever added"), store.writing() as tx:
            tx.execute(text(change))


def acts(store):
    """Three decisions and a placement, as people do them."""
    for number in range(3):
        store.add_decision(a_decision(uuid=f"u{number}", to_value="ä" * number))
    with store.writing() as tx:
        add_manual_registration(
            tx,
            ManualRegistration(
                uuid="p1",
                sha256="ab",
                index=0,
                kind=ManualRegistrationKind.LEFT,
                reviewer="kim",
                at=AT,
                identity=None,
                corners_px=((0.1, 2.0), (1e-7, 3.5)),
            ),
        )


def unguarded(tx, table):
    """As somebody works who owns the database: without its triggers."""
    if tx.dialect.name == "sqlite":
        for act in ("update", "delete"):
            tx.execute(text(f"DROP TRIGGER {table}_no_{act}"))
    else:
        tx.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))


def test_acts_are_sealed(store):
    """Whatever was added in whatever order; a repeated sending seals nothing."""
    acts(store)
    with store.reading() as tx:
        assert broken_seals(tx) == []
        before = last_seal(tx)
    assert not store.add_decision(a_decision(uuid="u1", to_value="other"))
    with store.reading() as tx:
        assert (broken_seals(tx), last_seal(tx)) == ([], before)
    assert store.add_decision(a_decision(uuid="u9"))
    with store.reading() as tx:
        assert broken_seals(tx) == []
        assert last_seal(tx) != before


@pytest.mark.fast_cases(3)
@pytest.mark.parametrize(
    ("table", "statement", "broken"),
    [
        ("decision", "UPDATE decision SET to_value = 'x' WHERE uuid = 'u1'", ["decision 2"]),
        ("decision", "UPDATE decision SET reviewer = 'somebody else' WHERE uuid = 'u0'", ["decision 1"]),
        ("decision", "DELETE FROM decision WHERE uuid = 'u1'", ["decision 2"]),
        ("placement", "UPDATE placement SET corners = '[]'", ["placement 1"]),
        ("seal", "DELETE FROM seal WHERE number = 2", ["decision 3", "decision 2"]),
        ("seal", "UPDATE seal SET seal = 'x' WHERE number = 2", ["decision 2", "decision 3"]),
    ],
)
def test_what_was_done_behind_the_programs_back_is_found(store, table, statement, broken):
    """Changed, removed or re-sealed acts are named."""
    acts(store)
    with store.writing() as tx:
        unguarded(tx, table)
        tx.execute(text(statement))
    with store.reading() as tx:
        assert broken_seals(tx) == broken


def test_an_act_that_was_slipped_in_has_no_seal(store):
    """Inserting needs no trigger to be dropped; the act is named all the same."""
    acts(store)
    copied = "item, response_id, version, reviewer, kind, from_value, at"
    with store.writing() as tx:
        tx.execute(
            text(
                f"INSERT INTO decision (sequence, uuid, to_value, {copied}) SELECT 17, 'false', 'x', {copied} FROM "
                f"decision WHERE uuid = 'u0'"
            )
        )
    with store.reading() as tx:
        assert broken_seals(tx) == ["decision 17"]


PLACED = {
    "uuid": "p1",
    "sha256": "ab",
    "page_index": 0,
    "kind": "left",
    "digest": None,
    "instance": None,
    "page": None,
    "pages": None,
    "corners": [[0.1, 2.0]],
    "reviewer": "kim",
    "at": AT,
}
DECIDED = {
    "uuid": "u1",
    "item": "A/open",
    "response_id": "A",
    "version": 1,
    "reviewer": "anna",
    "kind": "correct",
    "from_value": "yes",
    "to_value": "nö",
    "at": AT,
    "undoes": None,
}


@contextmanager
def older_database(where, revision):
    """A connection to a database as the program of that revision left it, with one decision and one placement of
    that time.
    """
    url = (
        URL.create("sqlite", database=str(where))
        if isinstance(where, Path)
        else where.replace("postgresql:", "postgresql+psycopg:")
    )
    engine = create_engine(url)
    with engine.begin() as tx:
        engines.run_migrations(tx, revision)
        for table, act in (("decision", DECIDED), ("placement", PLACED)):
            names = ", ".join(act)
            tx.execute(
                text(f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in act)})"), as_sql(act)
            )
        yield tx
    engine.dispose()


def as_sql(row):
    """Lists and objects as the JSON that stands in the database."""
    return {name: json.dumps(value) if isinstance(value, list | dict) else value for name, value in row.items()}


def test_acts_of_an_older_database_are_sealed_once(where):
    """A project from before there were seals opens, and its decisions are sealed as they stand."""
    with older_database(where, "0002"):
        pass
    store = Store(where)
    with store.reading() as tx:
        assert broken_seals(tx) == []
        assert last_seal(tx) != FIRST
    with pytest.raises(StoreError, match="only ever added"), store.writing() as tx:
        tx.execute(text("DELETE FROM seal"))
    store.close()


def test_single_reasons_of_an_older_database_become_lists(store):
    """A project from before reasons were lists opens: each reason is the only one of its answer, and of its zone; no
    version grows.
    """
    asked = an_answer(problems=("two-marks",), page=1)
    found = PageReading(
        ref=PageRef(sha256="a" * 64, path="a.pdf", index=0),
        identity=IDENTITY,
        fields=(a_field("a", "streak"), a_field("b")),
    )
    with store.writing() as tx:
        values.save_response(tx, a_response(asked, an_answer("sure")), batch_id=None)
        number = ledger.save_reading(
            tx, PageResult(ref=found.ref, outcome=Fate.READ, identity=IDENTITY, reading=found), at=AT
        )
        content = tx.execute(select(ReadingRow.content)).scalar_one()
        assert [field.get("problems") for field in content["fields"]] == [["streak"], None]
        older = [{name: value for name, value in field.items() if name != "problems"} for field in content["fields"]]
        older[0]["problem"] = "streak"
        tx.execute(update(ReadingRow).values(content={**content, "fields": older}))
        tx.execute(text("ALTER TABLE answer DROP COLUMN problems"))
        tx.execute(text("ALTER TABLE answer ADD COLUMN problem TEXT"))
        tx.execute(text("UPDATE answer SET problem = 'two-marks' WHERE column_name = 'open'"))
        tx.execute(text("UPDATE alembic_version SET version_num = '0014'"))
    with store.writing() as tx:
        engines.run_migrations(tx, "0015")
        assert ledger.contents(tx, [number]) == {number: found}
        assert [answer.problems for answer in values.load_responses(tx)[0].answers] == [("two-marks",), ()]
        values.save_response(tx, a_response(asked, an_answer("sure")), batch_id=None)
        assert values.versions(tx, "2BNBJ-0A1B2C3-A") == {"open": 1, "sure": 1}


ONLINE = {
    "id": "online-17",
    "questionnaire": "tiny",
    "version": "1",
    "channel": "online",
    "token": "T",
    "place_id": None,
    "received_at": AT,
    "complete": True,
    "pages_missing": [],
    "problems": [],
    "batch_id": 1,
    "withdrawn": False,
}
ONLINE_ANSWER = {
    "response_id": "online-17",
    "column_name": "open",
    "position": 0,
    "version": 3,
    "question": "open",
    "option": None,
    "kind": "single",
    "value": "yes",
    "confidence": 1.0,
    "status": "auto",
    "missing": None,
    "reader": "limesurvey",
    "page": None,
    "evidence": None,
    "candidates": [],
    "problems": [],
}


def test_online_responses_of_an_older_database_become_revisions(where):
    """What an earlier version imported is the first revision of each response, with its versions; what had no column
    stays unknown; nothing else changes.
    """
    rows = [
        ONLINE,
        ONLINE | {"id": "online-tiny-2", "withdrawn": True, "token": None},
        ONLINE | {"id": "online-other-4", "questionnaire": "other"},
    ]
    rows += [ONLINE | {"id": "2BNBJ-0A1B2C3-A", "channel": "paper"}]
    answers = [
        ONLINE_ANSWER,
        ONLINE_ANSWER
        | {"column_name": "size", "question": "size", "position": 1, "value": "", "missing": -5, "version": 1},
    ]
    with older_database(where, "0015") as tx:
        tx.execute(
            text("INSERT INTO batch (id, kind, label, created_at) VALUES (1, 'digital', 'old', :at)"), {"at": AT}
        )
        for table, row in [("response", row) for row in rows] + [("answer", row) for row in answers]:
            tx.execute(
                text(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})"),
                as_sql(row),
            )
    with closing(Store(where)) as store, store.writing() as tx:
        assert [(one.name, one.questionnaire, one.prefix) for one in revisions.surveys(tx)] == [
            ("tiny", "tiny", "online-"),
            ("other", "other", "online-other-"),
            ("tiny-2", "tiny", "online-tiny-"),
        ]
        found = revisions.revisions(tx, [row["id"] for row in rows])
        assert {
            name: [(one.source_id, one.facts.token, one.lacking.columns) for one in of] for name, of in found.items()
        } == {
            "online-17": [("17", "T", ("size",))],
            "online-other-4": [("4", "T", ())],
            "online-tiny-2": [("2", None, ())],
        }
        [known] = values.load_responses(tx, response_id="online-17")
        assert found["online-17"][0].response == known
        assert revisions.versions_by_content(tx, known) == values.versions(tx, "online-17") == {"open": 3, "size": 1}
        assert len(values.load_responses(tx)) == 3


def test_all_reasons_of_an_answer_are_kept_in_their_order(store):
    """Several reasons come back as they were stored, the main one first; one more makes a new version."""
    store.save_response(a_response(an_answer(problems=("streak", "copy", "page-suspect"))), batch_id=None)
    assert store.responses()[0].answers[0].problems == ("streak", "copy", "page-suspect")
    store.save_response(
        a_response(an_answer(problems=("streak", "copy", "page-suspect", "not-together"))), batch_id=None
    )
    assert store.versions("2BNBJ-0A1B2C3-A") == {"open": 2}


OLD_READING = {
    "sha256": "ab",
    "page_index": 1,
    "outcome": "read",
    "turn": 90,
    "ink": b"ink",
    "content": None,
    "page_map": None,
    "problems": [],
    "milliseconds": 1.0,
    "read_at": AT,
    "digest": "2BNBJ",
    "instance": "0A1B2C3",
    "page": 1,
    "pages": 1,
    "found_by": "code",
    "unsure_copy": False,
}


def test_answers_of_an_older_database_have_no_text_beside_them(where):
    """A project from before texts were kept as they stand opens with all its answers as they were, and pages can be
    accepted in it.
    """
    row = as_sql(
        {
            "id": "A",
            "questionnaire": "q",
            "version": "1",
            "channel": "paper",
            "received_at": "",
            "complete": True,
            "pages_missing": [],
            "problems": [],
            "withdrawn": False,
        }
    )
    answer = as_sql(
        {
            "response_id": "A",
            "column_name": "mail",
            "position": 0,
            "version": 3,
            "question": "mail",
            "kind": "handwriting",
            "value": "",
            "confidence": 0.5,
            "status": "review",
            "reader": "",
            "candidates": [],
            "problems": ["bad-email"],
        }
    )
    with older_database(where, "0017") as tx:
        for table, act in (("response", row), ("answer", answer)):
            tx.execute(
                text(f"INSERT INTO {table} ({', '.join(act)}) VALUES ({', '.join(f':{name}' for name in act)})"), act
            )
    store = Store(where)
    (found,) = store.responses()
    assert [(one.column, one.problems, one.raw) for one in found.answers] == [("mail", ("bad-email",), None)]
    assert store.all_versions() == {"A": {"mail": 3}}
    act = WaivedPage(
        uuid="w", place=("0" * 64, 0, 0), fate=Fate.DAMAGED, reviewer="r", reason="torn", at="2026-01-01T00:00:00Z"
    )
    with store.writing() as tx:
        assert (add_waived(tx, act), add_waived(tx, act)) == (True, False)
    with store.reading() as tx:
        assert waived_pages(tx) == {(act.place, Fate.DAMAGED): act}
        assert [name for name in broken_seals(tx) if "waived" in name] == []
    for statement in ("DELETE FROM waived_page", "UPDATE waived_page SET reason = ''"):
        with pytest.raises(StoreError, match="only ever added"), store.writing() as tx:
            tx.execute(text(statement))
    store.close()


def test_pages_of_an_older_database_are_whole_pictures(where):
    """Files, pages, readings and what is between them stay when pictures learn to hold several sheets; what was
    sealed before is still whole.
    """
    with older_database(where, "0011") as tx:
        before = FIRST
        for kind, act in (("decision", DECIDED), ("placement", PLACED)):
            before = seal_of(before, kind, act)
            tx.execute(
                text("INSERT INTO seal (kind, sequence, seal) VALUES (:kind, 1, :seal)"), {"kind": kind, "seal": before}
            )
        tx.execute(text("INSERT INTO batch (id, kind, label, created_at) VALUES (1, 'paper', 'old', :at)"), {"at": AT})
        tx.execute(
            text(
                "INSERT INTO file (id, batch_id, path, location, sha256, size, kind, pages, archived, problems, "
                "known_key)"
                " VALUES (1, 1, 'a.pdf', '/a.pdf', 'ab', 1, 'pdf', 2, 'ab.pdf', '[]', 'k')"
            )
        )
        names = ", ".join(OLD_READING)
        tx.execute(
            text(f"INSERT INTO reading (id, {names}) VALUES (7, {', '.join(f':{name}' for name in OLD_READING)})"),
            as_sql(OLD_READING),
        )
        tx.execute(
            text(
                "INSERT INTO page (id, file_id, page_index, fate, reading_id) VALUES (3, 1, 0, NULL, NULL), (4, 1, 1, "
                "'read', 7)"
            )
        )
    store = Store(where)
    with store.writing() as tx:
        assert broken_seals(tx) == []
        assert last_seal(tx) == before
        assert [
            (page.id, page.ref.place, page.fate, page.reading_id, page.region) for page in ledger.pages_of_batch(tx, 1)
        ] == [
            (3, "1", None, None, ()),
            (4, "2", Fate.READ, 7, ()),
        ]
        assert [
            (sheet.reading_id, sheet.ink, sheet.position)
            for sheet in ledger.sheets(tx, digest="2BNBJ", instance="0A1B2C3")
        ] == [(7, b"ink", 1)]
        assert ledger.divide_page(tx, ledger.page_record(tx, 3), (1, 2))[1].ref.place == "1.2"
        assert ledger.further_sheets(tx) == 1
        assert [sheet.position for sheet in ledger.sheets(tx, digest="2BNBJ", instance="0A1B2C3")] == [2]
        add_manual_registration(
            tx,
            ManualRegistration(
                uuid="p2", sha256="ab", index=0, part=2, kind=ManualRegistrationKind.LEFT, reviewer="kim", at=AT
            ),
        )
        assert broken_seals(tx) == []
        assert [act.part for act in manual_registrations(tx)] == [0, 2]
    with store.writing() as tx:
        unguarded(tx, "placement")
        tx.execute(text("UPDATE placement SET part = 1 WHERE uuid = 'p1'"))
        assert broken_seals(tx) == ["placement 1"]
    store.close()


def test_pace_is_counted_by_screen_and_breaks_do_not_count(store):
    """Medians and sums in seconds; nothing says whose decision it was."""
    with store.writing() as tx:
        for screen, ms in (("field", 1000), ("field", 3000), ("field", 3_600_000), ("mosaic", 250)):
            add_decision_time(tx, screen=screen, ms=ms)
    with store.reading() as tx:
        assert decision_times(tx) == [
            DecisionTime(screen="field", decisions=3, median_s=3.0, sum_s=64.0),
            DecisionTime(screen="mosaic", decisions=1, median_s=0.25, sum_s=0.25),
        ]
        assert set(tx.execute(text("SELECT * FROM pace")).keys()) == {"number", "screen", "ms"}
