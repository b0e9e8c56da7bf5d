"""A questionnaire for a form that was only measured: every text is the code, for people to replace
(docs/imported-forms.md).
"""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence

from scanform.i18n.texts import DEFAULT_LANGUAGE, LANGUAGES, text
from scanform.model.geometry import RectMm
from scanform.model.layout import Layout, Zone, ZoneKind
from scanform.model.questionnaire import Alphabet, Filled

GROUP_GAP = 1.8
"""Multiple of the usual cell distance above which a new group begins."""

_TYPES = {
    Alphabet.DIGITS: "digits",
    Alphabet.LETTERS: "letters",
    Alphabet.ALNUM: "characters",
    Alphabet.DATE: "date",
    Alphabet.TIME: "time",
    Alphabet.DECIMAL: "decimal",
}
_CELLS = {Alphabet.DATE: 8, Alphabet.TIME: 4}
"""Types with a fixed number of cells."""


def questionnaire_yaml(layout: Layout, *, language: str = DEFAULT_LANGUAGE) -> str:
    """The text of questionnaires/<code>.yaml for the zones of `layout`; a section for each page, rows of a matrix as
    one question.
    """
    spoken = layout.language if layout.language in LANGUAGES else language
    lines = [f"# {line}" for line in text("imported.yaml_note", spoken).split("\n")]
    lines += [
        f"code: {layout.questionnaire}",
        f"version: {_quoted(layout.version)}",
        f"languages: {spoken}",
        f"title: {_quoted(layout.questionnaire)}",
    ]
    lines += ["filled: mark"] if layout.filled is Filled.MARK else []
    lines.append("sections:")
    by_question = zones_by_question(layout)
    done: set[str] = set()
    for page in layout.pages:
        items = [line for zone in page.zones for line in _item(zone, by_question, done)]
        if items:
            lines += [
                f"  - title: {_quoted(text('imported.section', spoken, page=page.number))}",
                "    questions:",
                *items,
            ]
    return "\n".join(lines) + "\n"


def zones_by_question(layout: Layout) -> dict[str, list[Zone]]:
    """The zones of each question, in the order of the layout."""
    found: dict[str, list[Zone]] = {}
    for page in layout.pages:
        for zone in page.zones:
            found.setdefault(zone.question, []).append(zone)
    return found


def _item(zone: Zone, by_question: Mapping[str, Sequence[Zone]], done: set[str]) -> Iterator[str]:
    """The lines of a question, or of its matrix; none when they have already been written."""
    if zone.question in done:
        return
    rows = [code for code, zones in by_question.items() if zone.group is not None and zones[0].group == zone.group]
    if zone.group is not None and zone.group not in by_question and _is_matrix([by_question[code] for code in rows]):
        done.update(rows)
        yield from _matrix(zone.group, rows, by_question[rows[0]])
        return
    done.add(zone.question)
    yield from _question(zone.question, by_question[zone.question])


def _is_matrix(rows: Sequence[Sequence[Zone]]) -> bool:
    options = [[zone.option for zone in zones] for zones in rows]
    marks = all(zone.kind is ZoneKind.MARK for zones in rows for zone in zones)
    return marks and len({zones[0].multiple for zones in rows}) == 1 and all(codes == options[0] for codes in options)


def _matrix(code: str, rows: Sequence[str], zones: Sequence[Zone]) -> Iterator[str]:
    yield f"      - question: {_quoted(code)}"
    yield "        type: matrix"
    yield f"        text: {_quoted(code)}"
    if is_multiple(zones):
        yield "        multiple: yes"
    yield from _options(zones)
    yield "        rows:"
    yield from (f"          {_quoted(row)}: {_quoted(row)}" for row in rows)


def _question(code: str, zones: Sequence[Zone]) -> Iterator[str]:
    yield f"      - question: {_quoted(code)}"
    marks = [zone for zone in zones if zone.kind is ZoneKind.MARK]
    first = zones[0]
    if marks:
        yield f"        type: {'multiple' if is_multiple(marks) else 'single'}"
    elif first.kind is ZoneKind.COMB:
        yield f"        type: {_cell_type(first)}"
    else:
        yield f"        type: {'signature' if first.kind is ZoneKind.SIGNATURE else 'text'}"
    yield f"        text: {_quoted(code)}"
    if marks:
        yield from _options(zones)
    elif first.kind is ZoneKind.COMB and _cell_type(first) not in ("date", "time"):
        yield f"        cells: {_cells(first)}"
    elif first.kind is ZoneKind.HANDWRITING:
        yield f"        lines: {min(20, sum(zone.lines or 1 for zone in zones))}"


def is_multiple(marks: Sequence[Zone]) -> bool:
    """Whether several boxes may be ticked; a single box is ticked or not."""
    return any(zone.multiple for zone in marks) or len({zone.option for zone in marks}) == 1


def _options(zones: Sequence[Zone]) -> Iterator[str]:
    written = {zone.option for zone in zones if zone.kind is not ZoneKind.MARK}
    yield "        options:"
    for code in dict.fromkeys(zone.option or "" for zone in zones if zone.kind is ZoneKind.MARK):
        text_beside = f"{{text: {_quoted(code)}, writein: yes}}" if code in written else _quoted(code)
        yield f"          {_quoted(code)}: {text_beside}"


def _cell_type(zone: Zone) -> str:
    if zone.alphabet is None:
        return "characters"
    if len(zone.cells) != _CELLS.get(zone.alphabet, len(zone.cells)) or (
        zone.alphabet is Alphabet.DECIMAL and len(_groups(zone.cells)) != 2
    ):
        return "digits"
    return _TYPES[zone.alphabet]


def _cells(zone: Zone) -> str:
    groups = _groups(zone.cells)
    return f"[{', '.join(str(size) for size in groups)}]"


def _groups(cells: Sequence[RectMm]) -> list[int]:
    """Sizes of the groups of cells: a wider gap begins a new one."""
    steps = [right.x - left.x for left, right in itertools.pairwise(cells)]
    usual = sorted(steps)[len(steps) // 2] if steps else 0.0
    sizes = [1]
    for step in steps:
        if step > GROUP_GAP * usual or step < 0:
            sizes.append(1)
        else:
            sizes[-1] += 1
    return sizes


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
