"""Accounts, logins and the security log in the database. Secrets held by a browser or a letter (ids, tokens) are stored
as hashes.
"""

from collections.abc import Collection, Mapping
from typing import Any, Literal
from unicodedata import normalize

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.orm import aliased

from scanform.model.account import Account, AccountEvent, Stage, WebSession
from scanform.model.person import Role
from scanform.store.engine import Transaction, insert_new
from scanform.store.tables import AccountEventRow, AccountRow, WebSessionRow

LONGEST_DETAIL = 200
"""Maximum characters of an event's detail."""


def name_key(name: str) -> str:
    """The form in which names are compared: case folded, Unicode normalised, single spaces."""
    return " ".join(normalize("NFKC", name).casefold().split())


def add_account(
    tx: Transaction, *, name: str, email: str | None, roles: Collection[Role], uniquifier: str, at: str
) -> int | None:
    """Add an account without a password; None when the name or the e-mail address is taken."""
    values: dict[str, object] = {
        "name": name,
        "name_key": name_key(name),
        "email": email,
        "email_key": name_key(email) if email else None,
        "roles": sorted(roles),
        "active": True,
        "uniquifier": uniquifier,
        "totp_counter": 0,
        "recovery": [],
        "created_at": at,
    }
    return insert_new(tx, AccountRow, values, AccountRow.id)


def accounts(tx: Transaction) -> list[Account]:
    """All accounts, by name."""
    return [_account(row) for row in tx.execute(select(AccountRow.__table__).order_by(AccountRow.name_key)).mappings()]


def has_accounts(tx: Transaction) -> bool:
    """Whether any account has ever been able to log in."""
    return tx.execute(select(AccountRow.id).limit(1)).scalar() is not None


def by_id(tx: Transaction, account_id: int) -> Account | None:
    """The account with this number."""
    return _one(tx, AccountRow.id == account_id)


def by_name(tx: Transaction, name: str) -> Account | None:
    """The account with this name, in any spelling that `name_key` treats as equal."""
    return _one(tx, AccountRow.name_key == name_key(name))


def by_email(tx: Transaction, email: str) -> Account | None:
    """The account with this e-mail address."""
    return _one(tx, AccountRow.email_key == name_key(email))


def by_subject(tx: Transaction, subject: str) -> Account | None:
    """The account known to the organisation's login service under this subject."""
    return _one(tx, AccountRow.subject == subject)


def by_invitation(tx: Transaction, invited: str) -> Account | None:
    """The account whose pending invitation has this hash."""
    return _one(tx, AccountRow.invited == invited)


def change_account(tx: Transaction, account_id: int, values: Mapping[str, object]) -> None:
    """Set columns of an account."""
    tx.execute(update(AccountRow).where(AccountRow.id == account_id).values(dict(values)))


def replace_secret(tx: Transaction, account_id: int, kind: Literal["password", "totp"], was: str, now: str) -> None:
    """Replace a hash or an encrypted secret, provided it still is what it `was`."""
    column = {"password": AccountRow.password, "totp": AccountRow.totp}[kind]
    tx.execute(update(AccountRow).where(AccountRow.id == account_id, column == was).values({column: now}))


def use_counter(tx: Transaction, account_id: int, counter: int) -> bool:
    """Mark a second-factor code as used; False when it or a later one was used before."""
    done = tx.execute(
        update(AccountRow)
        .where(AccountRow.id == account_id, AccountRow.totp_counter < counter)
        .values(totp_counter=counter)
    )
    return done.rowcount == 1


def add_session(tx: Transaction, *, key: str, account_id: int, stage: Stage, agent: str, at: str) -> None:
    """Record a login."""
    tx.execute(
        insert(WebSessionRow).values(
            key=key, account_id=account_id, stage=stage.value, created_at=at, seen_at=at, ended_at=None, agent=agent
        )
    )


def session(tx: Transaction, key: str) -> WebSession | None:
    """The active login with this hash."""
    row = (
        tx.execute(select(WebSessionRow.__table__).where(WebSessionRow.key == key, WebSessionRow.ended_at.is_(None)))
        .mappings()
        .first()
    )
    return _session(row) if row else None


def sessions(tx: Transaction, account_id: int) -> list[WebSession]:
    """Active logins of an account, latest first."""
    found = select(WebSessionRow.__table__).where(
        WebSessionRow.account_id == account_id, WebSessionRow.ended_at.is_(None)
    )
    return [_session(row) for row in tx.execute(found.order_by(WebSessionRow.number.desc())).mappings()]


def touch_session(tx: Transaction, number: int, at: str) -> None:
    """Record activity in a login."""
    tx.execute(
        update(WebSessionRow).where(WebSessionRow.number == number, WebSessionRow.ended_at.is_(None)).values(seen_at=at)
    )


def end_sessions(
    tx: Transaction, account_id: int, at: str, *, number: int | None = None, but: int | None = None
) -> int:
    """End the logins of an account: all, one `number`, or all `but` one; returns how many."""
    chosen = [WebSessionRow.account_id == account_id, WebSessionRow.ended_at.is_(None)]
    if number is not None:
        chosen.append(WebSessionRow.number == number)
    if but is not None:
        chosen.append(WebSessionRow.number != but)
    return tx.execute(update(WebSessionRow).where(*chosen).values(ended_at=at)).rowcount


def forget_sessions(tx: Transaction, before: str) -> None:
    """Remove logins last used before a time: working hours are not kept for ever."""
    tx.execute(delete(WebSessionRow).where(WebSessionRow.seen_at < before))


def add_event(
    tx: Transaction, *, at: str, kind: str, account_id: int | None, actor_id: int | None, detail: str
) -> None:
    """Add a line to the security log; line breaks and other characters that could forge a line are removed."""
    safe = "".join(sign if sign.isprintable() else " " for sign in detail)[:LONGEST_DETAIL]
    tx.execute(insert(AccountEventRow).values(at=at, kind=kind, account_id=account_id, actor_id=actor_id, detail=safe))


def events(tx: Transaction, limit: int) -> list[AccountEvent]:
    """The latest lines of the security log, latest first."""
    whose, actor = aliased(AccountRow), aliased(AccountRow)
    found = (
        select(
            AccountEventRow.at,
            AccountEventRow.kind,
            whose.name.label("name"),
            actor.name.label("actor"),
            AccountEventRow.detail,
        )
        .outerjoin(whose, whose.id == AccountEventRow.account_id)
        .outerjoin(actor, actor.id == AccountEventRow.actor_id)
    )
    rows = tx.execute(found.order_by(AccountEventRow.number.desc()).limit(limit)).mappings()
    return [AccountEvent(**row) for row in rows]


def _one(tx: Transaction, condition: ColumnElement[bool]) -> Account | None:
    row = tx.execute(select(AccountRow.__table__).where(condition)).mappings().first()
    return _account(row) if row else None


def _account(row: Mapping[Any, Any]) -> Account:
    kept = {
        name: row[name]
        for name in (
            "id",
            "name",
            "email",
            "subject",
            "active",
            "uniquifier",
            "password",
            "totp",
            "totp_counter",
            "created_at",
        )
    }
    return Account(
        **kept,
        roles=frozenset(Role(role) for role in row["roles"]),
        recovery=tuple(row["recovery"]),
        invited_until=row["invited_until"],
    )


def _session(row: Mapping[Any, Any]) -> WebSession:
    kept = {name: row[name] for name in ("number", "account_id", "created_at", "seen_at", "agent")}
    return WebSession(**kept, stage=Stage(row["stage"]))
