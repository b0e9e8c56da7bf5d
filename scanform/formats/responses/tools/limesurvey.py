"""LimeSurvey: CSV with any separator and heading, XLSX, VV files, and archives of a survey (.lsa).

The formats follow LimeSurvey's own export code: UTF-8 with BOM, cells quoted, an empty last row; headings by code, by
code and text, by text in full or abbreviated, or by Expression Manager code; answers as codes or in full.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from scanform.formats.responses import mojibake
from scanform.formats.responses.csv_io import UNSET, Again, CsvTable, Row
from scanform.formats.responses.limesurvey_columns import SYSTEM_COLUMNS, Holds, Target, targets
from scanform.formats.responses.limesurvey_texts import text_headings, uniform
from scanform.formats.responses.limesurvey_values import NOT_SHOWN, TICKED, plain
from scanform.formats.responses.pattern import Account, Cells, Clue, Kind, Make, Understood
from scanform.formats.responses.source_file import SourceFile
from scanform.model.questionnaire import Matrix, Question, QuestionKind, Questionnaire

_TELLING = ("submitdate", "lastpage", "startlanguage", "seed", "refurl", "datestamp")
_BY_HEADING = {heading: name for name, headings in SYSTEM_COLUMNS.items() for heading in headings}
_CUT = re.compile(r"\.{2,}|\N{HORIZONTAL ELLIPSIS}")
_LISTED = re.compile(r"(?P<code>[A-Za-z]\w*)\[(?P<sub>[^\]]+)\](?:.*\[(?P<label>[^\[\]]+)\])?", re.DOTALL)
_RANK = re.compile(r"(?P<code>[A-Za-z]\w*?)(?:\[(?P<rank>\d+)\]|_(?P<under>\d+))(?:[.\s].*)?", re.DOTALL)
_VV_SIGNS = {"{lbrace}": "{", "{rbrace}": "}", "{newline}": "\n", "{cr}": "\r", "{tab}": "\t", "{quote}": '"'}
_VV = re.compile("|".join(re.escape(sign) for sign in _VV_SIGNS))
_MATRIX_CODE = 15
"""Characters of a ranking's code that the table made from it keeps before "ranks" (formats/survey_tools)."""


class LimeSurvey:
    """The importer."""

    kind = Kind.LIMESURVEY

    def detect(self, file: SourceFile) -> Clue | None:
        """LimeSurvey's own columns; a column `id` alone does not prove it."""
        if file.is_archive:
            return Clue(kind=self.kind, evidence=(".lss", ".lsr"))
        table = _vv(file.table)
        names = [(_system_name(heading), heading) for heading in table.header]
        told = tuple(heading for name, heading in names if name in _TELLING)
        if any(name == "id" for name, _ in names):
            return Clue(kind=self.kind, evidence=("id", *told), sure=bool(told))
        return None

    def understand(self, file: SourceFile, questionnaire: Questionnaire) -> Understood:
        """Columns by code or, without one, by text."""
        table = _vv(file.table)
        table = table.shaped(tuple(mojibake.repaired(one) or one for one in table.header), lambda cells: cells)
        return understood(table, questionnaire)


def understood(table: CsvTable, questionnaire: Questionnaire) -> Understood:
    """A table headed as LimeSurvey does it."""
    account = Account(table)
    found = column_targets(table.header, questionnaire)
    for at, target in enumerate(found):
        if target is None:
            continue
        account.take(at, target)
    rankings = _rankings(questionnaire)
    lists = {q.code: q for q in questionnaire.questions() if q.kind is QuestionKind.HANDWRITING}
    for matrix, ranks in _ranked(account, rankings).items():
        _take_ranks(account, rankings[matrix], ranks)
    for code, members in _listed(account, lists).items():
        _take_list(account, lists[code], members)
    return account.done(Kind.LIMESURVEY, marks_null=True)


def column_targets(header: Sequence[str], questionnaire: Questionnaire) -> tuple[Target | None, ...]:
    """The target of each column, by its code or, without one, by its text; a match by code takes precedence, and
    excludes matches by text.
    """
    found = targets(header, questionnaire)
    texts = text_headings(questionnaire)
    known = {target for target in found if target is not None}
    named = [
        (texts.get(uniform(heading)) or _abbreviated(heading, texts)) if target is None else target
        for heading, target in zip(header, found, strict=True)
    ]
    return tuple(
        target if place is not None or target not in known else None for target, place in zip(named, found, strict=True)
    )


def _abbreviated(heading: str, texts: Mapping[str, Target | None]) -> Target | None:
    """The one column whose text begins and ends like an abbreviated heading, part by part."""
    if not _CUT.search(heading):
        return None
    pattern = re.compile(r"[^\[\]]*".join(re.escape(part.strip()) for part in _CUT.split(uniform(heading))), re.DOTALL)
    found = {target for text, target in texts.items() if pattern.fullmatch(text)}
    return next(iter(found)) if len(found) == 1 else None


def _system_name(heading: str) -> str:
    """The name of LimeSurvey's own column, also with its text behind it."""
    name = heading.strip().casefold()
    return _BY_HEADING.get(name) or _BY_HEADING.get(re.split(r"[.:\s]", name, maxsplit=1)[0], "")


# --- VV files ---------------------------------------------------------------------------------------------------------


def _vv(table: CsvTable) -> CsvTable:
    """A VV file has two headers, texts and codes; the second counts, and NULL and special signs are written in braces."""
    second = next(iter(islice(iter(table.rows), 1)), None)
    if table.delimiter != "\t" or second is None or "id" not in second[1] or "id" in table.header:
        return table
    if not {"submitdate", "lastpage", "startlanguage"} & set(second[1]):
        return table
    header = tuple(cell.strip() for cell in second[1])

    def rows() -> Iterator[Row]:
        for number, cells in islice(iter(table.rows), 1, None):
            yield number, tuple(_vv_cell(cell) for cell in cells)

    return CsvTable(
        header=header,
        rows=Again(rows),
        encoding=table.encoding,
        delimiter=table.delimiter,
        problems=table.problems,
        tells_null=True,
        decomposed=table.decomposed,
    )


def _vv_cell(cell: str) -> str:
    if cell == "{question_not_shown}":
        return UNSET
    return _VV.sub(lambda sign: _VV_SIGNS[sign[0]], cell) if "{" in cell else cell


# --- rankings and lists that became text ------------------------------------------------------------------------------


def _rankings(questionnaire: Questionnaire) -> dict[str, Matrix]:
    """The tables that are rankings in LimeSurvey, by the code that the ranking has there."""
    return {
        item.code.removesuffix("ranks"): item
        for section in questionnaire.sections
        for item in section.items
        if isinstance(item, Matrix) and item.code.endswith("ranks") and not item.multiple
    }


def _ranked(account: Account, rankings: Mapping[str, Matrix]) -> dict[str, dict[str, int]]:
    """For each ranking the columns of its ranks."""
    found: dict[str, dict[str, int]] = {}
    for at in account.open():
        match = _RANK.fullmatch(account.table.header[at])
        code = match["code"].casefold()[:_MATRIX_CODE] if match else ""
        if match and code in rankings:
            found.setdefault(code, {})[match["rank"] or match["under"]] = at
    return found


def _take_ranks(account: Account, matrix: Matrix, ranks: Mapping[str, int]) -> None:
    """LimeSurvey has a column for each rank with the thing in it; ours is a row for each thing with its rank."""
    names = {row.code: _thing_names(row, matrix) for row in matrix.rows}
    for rank, at in ranks.items():
        account.answer(at, f"{matrix.code} {rank}")
    first = min(ranks.values())
    for row in matrix.rows:
        account.add(first, Target(holds=Holds.CHOICE, question=row.code), _rank_of(names[row.code], ranks))
    everything = set().union(*names.values())
    strays = [row for row in matrix.rows[:1] if row.code]
    for row in strays:
        account.add(first, Target(holds=Holds.REST, question=row.code), _stray(everything, ranks))


def _rank_of(names: frozenset[str], ranks: Mapping[str, int]) -> Make:
    def made(cells: Cells) -> str:
        held = [rank for rank, at in ranks.items() if plain(cells[at]) in names]
        if not held and all(cells[at] is UNSET or plain(cells[at]) in NOT_SHOWN for at in ranks.values()):
            return UNSET
        return held[0] if len(held) == 1 else "" if not held else " ".join(held)

    return made


def _stray(names: set[str], ranks: Mapping[str, int]) -> Make:
    """A thing that no row is."""

    def made(cells: Cells) -> str:
        return next(
            (cells[at] for at in ranks.values() if plain(cells[at]) not in {"", *NOT_SHOWN, *names}),
            "",
        )

    return made


def _thing_names(row: Question, matrix: Matrix) -> frozenset[str]:
    codes = {code for one in (row.code, *row.formerly) for code in (one, one.removeprefix(matrix.code))}
    return frozenset(plain(one) for one in (*codes, *(row.text.get(each) for each in row.text.languages)) if one)


def _listed(account: Account, texts: Mapping[str, Question]) -> dict[str, list[tuple[int, str]]]:
    """The boxes of a multiple choice that has too many options for paper and became a text: (column, label). Boxes
    without a label in the heading stay unknown: their codes say nothing.
    """
    found: dict[str, list[tuple[int, str]]] = {}
    for at in account.open():
        match = _LISTED.fullmatch(account.table.header[at])
        if match and match["label"] and match["code"].casefold() in texts:
            found.setdefault(match["code"].casefold(), []).append((at, " ".join(match["label"].split())))
    return found


def _take_list(account: Account, question: Question, members: Sequence[tuple[int, str]]) -> None:
    """The labels of the ticked boxes, each on a line."""
    target = Target(holds=Holds.FIELD, question=question.code)
    if target in account.taken:
        return

    def made(cells: Cells) -> str:
        if all(cells[at] is UNSET or plain(cells[at]) in NOT_SHOWN for at, _ in members):
            return UNSET
        ticked = [label if plain(cells[at]) in TICKED else cells[at] for at, label in members if _filled(cells[at])]
        return "\n".join(ticked)

    for at, label in members:
        account.answer(at, f"{question.code}[{label}]")
    account.add(members[0][0], target, made)


def _filled(cell: str) -> bool:
    return plain(cell) not in {"", "n", "no", "nein", "0", *NOT_SHOWN}
