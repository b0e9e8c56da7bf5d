"""Which responses belong to the same place: by token, and only where nothing speaks against it.

A join is a proposal that the store keeps as links; taking the links away takes the merge back.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from scanform.model.problem import Problem
from scanform.model.response import Channel, Response

TOKEN_EXACT = "token-exact/1"  # noqa: S105 (a rule's name, not a password)
"""The rule by which responses with the same token are joined."""

_COPY = re.compile(r"\.\d+$")
_WAYS = {Channel.ONLINE: "online", Channel.PHONE: "phone"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Responses (ids in order) of one questionnaire that one rule puts together because of `token`."""

    questionnaire: str
    token: str
    members: tuple[str, ...]
    rule: str = TOKEN_EXACT


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """All joins, and what a person has to look at: tokens used twice, alike or never given out."""

    joins: tuple[Join, ...]
    problems: tuple[Problem, ...]


def match(responses: Iterable[Response], *, generated: Collection[str] = (), known: Collection[str] | None = None) -> Matching:
    """Join responses by token.

    Tokens in `generated` were made by this project and are compared in capitals; all others are compared as they stand,
    and a pair that differs only in capitals is reported, not joined. With `known`, tokens that were never given out are
    reported. Several forms with one token, photocopies among them, are reported and stay apart. The order of
    `responses` changes nothing.
    """
    groups: dict[tuple[str, str], list[Response]] = {}
    for response in sorted(responses, key=lambda r: r.id):
        if response.token and response.token.strip():
            groups.setdefault((response.questionnaire, canonical(response.token, generated)), []).append(response)
    joins: list[Join] = []
    problems: list[Problem] = []
    for (questionnaire, token), members in sorted(groups.items(), key=lambda item: item[0]):
        ids = tuple(member.id for member in members)
        if _is_one_place(members):
            if len(members) > 1:
                joins.append(Join(questionnaire=questionnaire, token=token, members=ids))
        else:
            problems.append(Problem(slug="token-used-twice", params=(("token", token), ("responses", ", ".join(ids)))))
    problems.extend(_alike(list(groups)))
    problems.extend(_never_given_out(list(groups), generated, known))
    return Matching(joins=tuple(joins), problems=tuple(problems))


def canonical(token: str, generated: Collection[str] = ()) -> str:
    """The token as it is compared: without spaces around it, in capitals when this project made it."""
    stripped = token.strip()
    return stripped.upper() if stripped.upper() in generated else stripped


def _is_one_place(members: Sequence[Response]) -> bool:
    """At most one form, one online response and one telephone response, and no photocopy beside another response."""
    ways = [_WAYS.get(member.channel, "form") for member in members]
    copies = len(members) > 1 and any(_COPY.search(m.id) for m in members if m.channel not in _WAYS)
    return len(set(ways)) == len(ways) and not copies


def _alike(keys: Sequence[tuple[str, str]]) -> Iterable[Problem]:
    by_fold: dict[tuple[str, str], list[str]] = {}
    for questionnaire, token in sorted(keys):
        by_fold.setdefault((questionnaire, token.casefold()), []).append(token)
    for tokens in by_fold.values():
        if len(tokens) > 1:
            yield Problem(slug="token-similar", params=(("token", tokens[0]), ("other", ", ".join(tokens[1:]))))


def _never_given_out(keys: Sequence[tuple[str, str]], generated: Collection[str], known: Collection[str] | None) -> Iterable[Problem]:
    if known is not None:
        given = {canonical(token, generated) for token in known}
        for token in sorted({token for _, token in keys} - given):
            yield Problem(slug="unknown-token", params=(("token", token),))


def grouped(responses: Iterable[Response], links: Iterable[tuple[str, str]]) -> tuple[tuple[Response, ...], ...]:
    """The responses put together by `links` (pairs of ids), each response in exactly one group; in order of ids.

    Links to responses that are not there (withdrawn, deleted) join nothing.
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
