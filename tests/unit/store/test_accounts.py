"""Accounts in the store and the rules around them, on SQLite and PostgreSQL."""

import dataclasses
import shutil
import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from scanform.config import Config, LoginConfig, load_config
from scanform.errors import StoreError
from scanform.model.account import Stage
from scanform.model.person import Role
from scanform.store import accounts as rows
from scanform.store.store import Store
from scanform.workflow.people.accounts import AccountDesk, LastAdminError

AT = "2026-01-15T09:30:00.000+00:00"


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory):
    """A SQLite file with all tables and nothing in them, to copy."""
    path = tmp_path_factory.mktemp("store") / "s.sqlite"
    Store(path).close()
    return path


@pytest.fixture
def store(where, empty_store):
    if isinstance(where, Path):
        shutil.copy(empty_store, where)
    found = Store(where)
    yield found
    found.close()


@pytest.fixture
def desk(store, tmp_path):
    return AccountDesk(SimpleNamespace(store=store, config=Config(name="tiny"), language="en", folder=tmp_path))


@pytest.fixture
def ada(desk):
    return desk.start(desk.start_token(), "Ada", "hash")


def test_an_account_comes_back_as_it_was_kept(store):
    """All fields, and by every way to look for it."""
    with store.writing() as tx:
        made = rows.add_account(
            tx, name="Ada L.", email="Ada@Stadt.example", roles={Role.ADMIN, Role.STAFF}, uniquifier="u", at=AT
        )
        rows.change_account(
            tx,
            made,
            {"password": "p", "totp": "t", "recovery": ["a", "b"], "subject": "s", "invited": "i", "invited_until": AT},
        )
    with store.reading() as tx:
        found = rows.by_id(tx, made)
        looks = [rows.by_name(tx, " ada  l."), rows.by_email(tx, "ada@stadt.EXAMPLE"), rows.by_subject(tx, "s")]
        looks.append(rows.by_invitation(tx, "i"))
        assert rows.accounts(tx) == [found]
    assert looks == [found] * 4
    assert (found.roles, found.recovery, found.password, found.totp, found.active) == (
        {Role.ADMIN, Role.STAFF},
        ("a", "b"),
        "p",
        "t",
        True,
    )
    assert (found.name, found.email, found.created_at, found.invited_until) == ("Ada L.", "Ada@Stadt.example", AT, AT)


def test_names_and_addresses_are_unique_however_they_are_written(store):
    """Somebody else cannot sign with a name that exists; accounts without an e-mail address do not collide."""
    with store.writing() as tx:
        add = partial(rows.add_account, tx, roles={Role.STAFF}, at=AT)
        assert add(name="Ada", email=None, uniquifier="1")
        assert add(name="Bo", email=None, uniquifier="2")
        assert add(name="ADA ", email=None, uniquifier="3") is None
        assert add(name="Cy", email="c@x.example", uniquifier="4")
        assert add(name="Di", email="C@X.example", uniquifier="5") is None


def test_the_security_log_is_append_only(store, desk, ada):
    """UPDATE and DELETE are refused by the database itself."""
    desk.log("denied", ada, "GET x", actor=ada)
    for statement in ("UPDATE account_event SET kind = 'x'", "DELETE FROM account_event"):
        with pytest.raises((DBAPIError, StoreError)), store.writing() as tx:
            tx.execute(text(statement))
    assert [event.kind for event in desk.events(9)] == ["denied", "started"]


def test_the_log_holds_one_line_per_event(desk, ada):
    """Line breaks, escapes and endless texts are cut."""
    desk.log("denied", ada, "a\r\nb\x1b[31m" + "c" * 500 + "\u2028d")
    detail = desk.events(1)[0].detail
    assert detail.isprintable()
    assert len(detail) == rows.LONGEST_DETAIL


def test_a_code_counts_once_even_for_two_at_a_time(desk, ada):
    """Of requests that use the same code at the same moment, one gets in."""
    won = []
    threads = [threading.Thread(target=lambda: won.append(desk.use_counter(ada.id, 5))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 7 + [True]
    assert desk.use_counter(ada.id, 4) is False
    assert desk.use_counter(ada.id, 6) is True


def test_a_recovery_code_counts_once(desk, ada):
    """The same for recovery codes."""
    desk.set_second_factor(ada, totp="t", recovery=["a", "b"])
    won = []
    threads = [threading.Thread(target=lambda: won.append(desk.take_recovery_code(ada.id, "a"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 7 + [True]
    assert desk.account(ada.id).recovery == ("b",)


def test_the_first_admin_is_made_once_even_for_two_at_a_time(desk):
    """Two who open the link at the same moment do not both become admin."""
    token, made = desk.start_token(), []
    threads = [
        threading.Thread(target=lambda name=name: made.append(desk.start(token, name, "hash")))
        for name in ("A", "B", "C", "D")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(found is not None for found in made) == 1
    assert len(desk.everybody()) == 1


def test_a_login_that_was_replaced_is_dead(desk, ada):
    """The id rotates: the one before is over."""
    half = desk.open_session(ada, stage=Stage.CODE, agent="x")
    full = desk.open_session(ada, stage=Stage.FULL, agent="x", instead_of=half)
    assert desk.session(half) is None
    assert desk.session(full)[1] == ada
    assert desk.session("") is None


def test_links_have_an_end(desk, ada):
    """An invitation is void after a week, after its use, when a newer one was made, and when the account is
    disabled.
    """
    lea, first = desk.invite(actor=ada, name="Lea", email="", roles=[Role.STAFF])
    second = desk.reset_link(lea, actor=ada)
    assert desk.invited(first) is None
    assert desk.invited(second) == desk.account(lea.id)
    assert desk.accept(second, "hash").password == "hash"
    assert desk.accept(second, "other") is None
    third = desk.reset_link(lea, actor=ada)
    desk.set_active(lea, False, actor=ada)
    assert desk.invited(third) is None
    desk.set_active(lea, True, actor=ada)
    assert desk.invited(third) is None
    fourth = desk.reset_link(lea, actor=ada)
    desk._clock = lambda: datetime.now(UTC) + timedelta(days=8)
    assert desk.invited(fourth) is None


def test_the_last_admin_stays(desk, ada):
    """Also when another admin exists who has never chosen a password; what was tried leaves no trace."""
    desk.invite(actor=ada, name="Bo", email="", roles=[Role.ADMIN])
    token = desk.open_session(ada, stage=Stage.FULL, agent="x")
    for act in (lambda: desk.set_active(ada, False, actor=ada), lambda: desk.set_roles(ada, [Role.STAFF], actor=ada)):
        with pytest.raises(LastAdminError):
            act()
    assert desk.account(ada.id) == ada
    assert desk.session(token) is not None


def test_old_logins_are_forgotten(desk, ada, store):
    """When somebody worked does not stay on record for ever."""
    desk.open_session(ada, stage=Stage.FULL, agent="x")
    desk._clock = lambda: datetime.now(UTC) + timedelta(days=31)
    desk.open_session(ada, stage=Stage.FULL, agent="y")
    with store.reading() as tx:
        assert tx.execute(text("SELECT agent FROM web_session")).scalars().all() == ["y"]


def test_somebody_known_elsewhere_is_let_in_by_what_an_admin_entered(desk, ada):
    """The first time the e-mail address counts, from then on only the login service's own mark; nobody is made by
    it.
    """
    lea, _ = desk.invite(actor=ada, name="Lea", email="lea@stadt.example", roles=[Role.STAFF])
    assert desk.known_elsewhere("iss|1", "eve@stadt.example") is None
    assert desk.known_elsewhere("iss|1", "") is None
    assert desk.known_elsewhere("iss|1", "LEA@stadt.example").id == lea.id
    assert desk.known_elsewhere("iss|2", "lea@stadt.example") is None
    assert desk.known_elsewhere("iss|1", "renamed@stadt.example").id == lea.id
    assert len(desk.everybody()) == 2


def test_the_key_is_the_owners_and_stays(desk, tmp_path):
    """Made once, readable by nobody else; purposes have keys of their own; a damaged file is said to be one."""
    first = desk.key_for("cookies")
    file = tmp_path / "accounts.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert desk.key_for("cookies") == first
    assert desk.key_for("second factor") != first
    file.write_text("x")
    with pytest.raises(StoreError):
        desk.key_for("cookies")


@pytest.mark.parametrize(("minutes", "warn_s"), [(1, 30), (2, 60), (30, 60)])
def test_the_end_is_announced_in_time_whatever_the_limit(tmp_path, minutes, warn_s):
    """At least 20 s before, and never from the beginning on."""
    config = Config(login=LoginConfig(idle_minutes=minutes, absolute_hours=2))
    limits = AccountDesk(SimpleNamespace(store=None, config=config, language="en", folder=tmp_path)).limits
    assert (limits.idle_s, limits.absolute_s, limits.warn_s) == (minutes * 60, 7200, warn_s)


def test_the_settings_of_logins_are_read_and_checked(tmp_path):
    """[login] in survey.toml; roles that do not exist are refused."""
    file = tmp_path / "survey.toml"
    file.write_text('format = "scanform-survey/1"\n[login]\nidle_minutes = 15\nsecond_factor = "admin supervisor"\n')
    assert load_config(tmp_path).login == dataclasses.replace(
        LoginConfig(), idle_minutes=15, second_factor="admin supervisor"
    )
    for wrong in ('second_factor = "boss"', "idle_minutes = 0", "absolute_hours = 0", "colour = 1"):
        file.write_text(f'format = "scanform-survey/1"\n[login]\n{wrong}\n')
        with pytest.raises(StoreError):
            load_config(tmp_path)
