"""Matches responses of the same respondent: by form and by token, and only where nothing contradicts it.

A join is a proposal that the store keeps as links; removing the links undoes the merge.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from scanform.model.problem import Problem
from scanform.model.response import Channel, Response

TOKEN_EXACT = "token-exact/1"  # noqa: S105 (a rule's name, not a password)
"""The rule by which responses with the same token are joined."""

SAME_FORM = "same-form/1"
"""The rule that joins a scanned form with its keyed response."""

COMPLETE_COUNTS = "complete-counts/1"
"""The rule for several online responses with one token: the only complete one counts, the others were broken off and
started again.
"""

KEYED_PREFIX = "manual-"
"""Prefix of the form id in the id of a response keyed from a printed form."""

_COPY = re.compile(r"\.\d+$")
_WAYS = {Channel.ONLINE: "online", Channel.PHONE: "phone"}

_Sheet = tuple[Response, ...]
"""A response, or a scanned form and its keyed response, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Responses of one questionnaire joined by one rule: ids in order, the scanned form standing for everything on it.

    `token` is the token that they share, "" for a form without one.
    """

    questionnaire: str
    token: str
    members: tuple[str, ...]
    rule: str = TOKEN_EXACT


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """All joins, and remarks for a person: tokens used twice, similar or never issued, keyed forms that were
    photocopied.
    """

    joins: tuple[Join, ...]
    problems: tuple[Problem, ...]


def match(
    responses: Iterable[Response], *, generated: Collection[str] = (), known: Collection[str] | None = None
) -> Matching:
    """Join scanned and keyed responses of one form, then forms and other responses by token.

    A form and its keyed response count as one sheet: they need no token, and a token that both have is not used twice.
    Tokens in `generated` were made by this project and are compared in capitals; all others are compared as they are,
    and a pair that differs only in capitals is reported, not joined. With `known`, tokens that were never issued are
    reported. Of online responses broken off beside a complete one with their token, the complete one counts and is the
    one that is joined. Several forms with one token, photocopies among them, are reported and stay apart. The order of
    `responses` has no effect.
    """
    sheets, problems = _sheets(sorted(responses, key=lambda r: r.id))
    joins = [_same_form(sheet, generated) for sheet in sheets if len(sheet) > 1]
    groups: dict[tuple[str, str], list[_Sheet]] = {}
    for sheet in sheets:
        token = _token(sheet, generated)
        if token:
            groups.setdefault((sheet[0].questionnaire, token), []).append(sheet)
    for (questionnaire, token), sharing in sorted(groups.items(), key=lambda item: item[0]):
        broken = superseded([sheet[0] for sheet in sharing if len(sheet) == 1])
        members = [sheet for sheet in sharing if sheet[0].id not in broken]
        if broken:
            counted = tuple(sheet[0].id for sheet in members if sheet[0].channel is Channel.ONLINE) + tuple(
                sorted(broken)
            )
            joins.append(Join(questionnaire=questionnaire, token=token, members=counted, rule=COMPLETE_COUNTS))
            problems.append(
                Problem(
                    slug="broken-off-left-out",
                    params=(("token", token), ("response", counted[0]), ("others", ", ".join(counted[1:]))),
                )
            )
        if _is_one_place(members):
            if len(members) > 1:
                joins.append(
                    Join(questionnaire=questionnaire, token=token, members=tuple(sheet[0].id for sheet in members))
                )
        else:
            ids = sorted(member.id for sheet in members for member in sheet)
            problems.append(Problem(slug="token-used-twice", params=(("token", token), ("responses", ", ".join(ids)))))
    problems.extend(_alike(list(groups)))
    problems.extend(_never_given_out(list(groups), generated, known))
    return Matching(joins=tuple(joins), problems=tuple(problems))


def superseded(responses: Iterable[Response]) -> frozenset[str]:
    """Of responses with one token: the online ones that were broken off, where exactly one online response is
    complete.
    """
    online = [response for response in responses if response.channel is Channel.ONLINE]
    whole = sum(response.complete for response in online)
    return frozenset(response.id for response in online if not response.complete) if whole == 1 else frozenset()


def _sheets(ordered: Sequence[Response]) -> tuple[list[_Sheet], list[Problem]]:
    """Each response, a form together with its keyed response; which of several copies was keyed is unknown."""
    by_id = {response.id: response for response in ordered}
    copies: dict[str, list[str]] = {}
    for response in ordered:
        if response.channel not in _WAYS and _COPY.search(response.id):
            copies.setdefault(_COPY.sub("", response.id), []).append(response.id)
    keyed: dict[str, Response] = {}
    problems: list[Problem] = []
    for response in ordered:
        form_id = form_of(response.id)
        form = by_id.get(form_id)
        if form_id != response.id and form_id in copies:
            scans = ", ".join(([form_id] if form is not None else []) + copies[form_id])
            problems.append(Problem(slug="keyed-form-copied", params=(("form", form_id), ("responses", scans))))
        elif form_id != response.id and form is not None and form.questionnaire == response.questionnaire:
            keyed[form_id] = response
    paired = {response.id for response in keyed.values()}
    return [(r, keyed[r.id]) if r.id in keyed else (r,) for r in ordered if r.id not in paired], problems


def form_of(response_id: str) -> str:
    """The id of the form from which a response was keyed; of any other response its own id."""
    return response_id.removeprefix(KEYED_PREFIX)


def _same_form(sheet: _Sheet, generated: Collection[str]) -> Join:
    return Join(
        questionnaire=sheet[0].questionnaire,
        token=_token(sheet, generated),
        members=tuple(r.id for r in sheet),
        rule=SAME_FORM,
    )


def _token(sheet: _Sheet, generated: Collection[str]) -> str:
    """The token of a sheet as it is compared, "" without one."""
    return next((canonical(r.token, generated) for r in sheet if r.token and r.token.strip()), "")


def canonical(token: str, generated: Collection[str] = ()) -> str:
    """The token as it is compared: without surrounding spaces, in capitals when this project made it."""
    stripped = token.strip()
    return stripped.upper() if stripped.upper() in generated else stripped


def _is_one_place(sheets: Sequence[_Sheet]) -> bool:
    """At most one form, one online response and one telephone response, and no photocopy beside another response."""
    ways = [way for sheet in sheets for way in {_WAYS.get(member.channel, "form") for member in sheet}]
    copies = len(sheets) > 1 and any(_COPY.search(m.id) for sheet in sheets for m in sheet if m.channel not in _WAYS)
    return len(set(ways)) == len(ways) and not copies


def _alike(keys: Sequence[tuple[str, str]]) -> Iterable[Problem]:
    by_fold: dict[tuple[str, str], list[str]] = {}
    for questionnaire, token in sorted(keys):
        by_fold.setdefault((questionnaire, token.casefold()), []).append(token)
    for tokens in by_fold.values():
        if len(tokens) > 1:
            yield Problem(slug="token-similar", params=(("token", tokens[0]), ("other", ", ".join(tokens[1:]))))


def _never_given_out(
    keys: Sequence[tuple[str, str]], generated: Collection[str], known: Collection[str] | None
) -> Iterable[Problem]:
    if known is not None:
        given = {canonical(token, generated) for token in known}
        for token in sorted({token for _, token in keys} - given):
            yield Problem(slug="unknown-token", params=(("token", token),))


def grouped(responses: Iterable[Response], links: Iterable[tuple[str, str]]) -> tuple[tuple[Response, ...], ...]:
    """The responses grouped by `links` (pairs of ids), each response in exactly one group; in order of ids.

    Links to missing responses (withdrawn, deleted) join nothing.
    """
    by_id: Mapping[str, Response] = {response.id: response for response in responses}
    root = {name: name for name in by_id}

    def find(name: str) -> str:
        while root[name] != name:
            root[name] = root[root[name]]
            name = root[name]
        return name

    for first, second in links:
        if first in root and second in root:
            low, high = sorted((find(first), find(second)))
            root[high] = low
    groups: dict[str, list[Response]] = {}
    for name in sorted(by_id):
        groups.setdefault(find(name), []).append(by_id[name])
    return tuple(tuple(members) for _, members in sorted(groups.items()))
