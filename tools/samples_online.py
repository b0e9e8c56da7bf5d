"""The digital export of the demo: twelve online responses to the same questionnaire, as LimeSurvey writes them."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from samples_recipients import RECIPIENTS

from scanform.model.questionnaire import Alphabet, Matrix, Question, QuestionKind, Questionnaire
from scanform.simulate.words import sentence, short_text

SYSTEM = ("id", "submitdate", "lastpage", "startlanguage", "seed", "token", "startdate", "datestamp")

SAME, CONTRADICTS, FILLS = 0, 3, 4
"""Places in recipients.csv of three people who answered on paper and online: the same, twice differently, and what
the missing page lacks.
"""

ONLINE_ONLY = range(8, 16)
BROKEN_OFF = 9
"""Which response (counted from 0) was not finished, and after how many sections its author left."""
SECTIONS_DONE = 2


def write_online(
    path: Path, questionnaire: Questionnaire, paper: Sequence[Mapping[str, str]], *, seed: int
) -> dict[str, object]:
    """Writes the export; returns per response what is to be expected: token, values by column, columns in which it
    contradicts the paper.
    """
    rng = np.random.default_rng([seed, 99])
    answers: list[tuple[str, dict[str, str], list[str]]] = [
        (RECIPIENTS[SAME][0], dict(paper[SAME]), []),
        (RECIPIENTS[CONTRADICTS][0], *_contradicting(questionnaire, paper[CONTRADICTS])),
        (RECIPIENTS[FILLS][0], dict(paper[FILLS]), []),
        *((RECIPIENTS[place][0], _invented(questionnaire, rng), []) for place in ONLINE_ONLY),
        ("", _invented(questionnaire, rng), []),
    ]
    rows = []
    for number, (token, values, _) in enumerate(answers):
        if number == 5:
            values["remarks"] = "=> bitte zurückrufen, siehe „Anlage“; Danke!"
        if number == 6:
            values["missing"] = "Bänke,\nein öffentliches WC\nund eine Grünfläche für Übungsgruppen"
        if number == BROKEN_OFF:
            _forget(questionnaire, values)
        system = _system(number, token, complete=number != BROKEN_OFF, rng=rng)
        rows.append([*system, *(cell for question in _items(questionnaire) for _, cell in _cells(question, values))])
    header = [*SYSTEM, *(name for question in _items(questionnaire) for name, _ in _cells(question, {}))]
    path.write_bytes(_as_limesurvey(header, rows))
    return {
        str(row[0]): {"token": token, "values": values, "contradicts_paper": different, "complete": bool(row[1])}
        for row, (token, values, different) in zip(rows, answers, strict=True)
    }


def _forget(questionnaire: Questionnaire, values: dict[str, str]) -> None:
    """Empties all answers after the first SECTIONS_DONE sections, in place."""
    done = {
        question.code for question, _ in _items(replace(questionnaire, sections=questionnaire.sections[:SECTIONS_DONE]))
    }
    values.update({column: "" for column in values if column.split("__", maxsplit=1)[0] not in done})


def _as_limesurvey(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """BOM, every cell quoted, CRLF between rows, LF inside cells, an empty line at the end."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode() + b"\r\n"


def _system(number: int, token: str, *, complete: bool, rng: np.random.Generator) -> list[str]:
    """The system columns; response numbers have gaps as in a real survey."""
    day, minute = 10 + number, int(rng.integers(0, 50))
    start, end = f"2025-06-{day:02d} 10:{minute:02d}:07", f"2025-06-{day:02d} 10:{minute + 9:02d}:41"
    return [
        str(3 + 2 * number),
        end if complete else "",
        "11" if complete else "4",
        "de",
        str(int(rng.integers(10**8, 10**9))),
        token,
        start,
        end,
    ]


def _items(questionnaire: Questionnaire) -> Iterator[tuple[Question, str]]:
    """Questions that are asked online (no signature), with the name of their column: matrix rows are `matrix[row]`."""
    for section in questionnaire.sections:
        for item in section.items:
            if isinstance(item, Question) and item.kind is not QuestionKind.SIGNATURE:
                yield item, item.code
            elif isinstance(item, Matrix):
                yield from ((row, f"{item.code}[{row.code}]") for row in item.rows)


def _cells(item: tuple[Question, str], values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(column name, cell) of one question, answer codes; text beside the option "other" under `code[other]`."""
    question, name = item
    value = values.get(question.code, "")
    others = [option for option in question.options if option.writein]
    text = values.get(f"{question.code}__{others[0].code}_text", "") if others else ""
    if question.kind is QuestionKind.MULTIPLE:
        ticked = value.split()
        for option in question.options:
            if not option.writein:
                column = f"{name[:-1]}_{option.code}]" if name.endswith("]") else f"{name}[{option.code}]"
                yield column, "Y" if option.code in ticked else ""
    elif question.kind is QuestionKind.SINGLE:
        yield name, "-oth-" if others and value == others[0].code else value
    else:
        yield name, _padded(question, value)
    if others:
        yield f"{name}[other]", text


def _padded(question: Question, value: str) -> str:
    """Dates carry a time in LimeSurvey."""
    return f"{value} 00:00:00" if value and question.alphabet is Alphabet.DATE else value


def _contradicting(questionnaire: Questionnaire, paper: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The paper's answers with the first two single choices that have an answer changed (none that decides about
    another question).
    """
    values, different = dict(paper), list[str]()
    deciding = {question.only_if.question for question in questionnaire.questions() if question.only_if}
    for question in questionnaire.questions():
        free = (
            question.kind is QuestionKind.SINGLE
            and question.code not in deciding
            and not any(option.writein for option in question.options)
        )
        if free and paper[question.code] and len(different) < 2:
            values[question.code] = next(
                option.code for option in question.options if option.code != paper[question.code]
            )
            different.append(question.code)
    return values, different


def _invented(questionnaire: Questionnaire, rng: np.random.Generator) -> dict[str, str]:
    """Answers typed by somebody who is not in the stack."""
    values: dict[str, str] = {}
    for question in questionnaire.questions():
        condition = question.only_if
        asked = condition is None or values.get(condition.question, "") in condition.options
        values[question.code] = _typed(question, rng) if asked and rng.random() < 0.92 else ""
        for option in question.options:
            if option.writein:
                chosen = option.code in values[question.code].split()
                values[f"{question.code}__{option.code}_text"] = (
                    short_text(rng, "de", f"{question.code} {question.text.get('de')}", room=40) if chosen else ""
                )
    return values


def _typed(question: Question, rng: np.random.Generator) -> str:
    codes = [option.code for option in question.options if not option.exclusive]
    if question.kind is QuestionKind.SINGLE:
        return str(rng.choice(codes))
    if question.kind is QuestionKind.MULTIPLE:
        return " ".join(code for code in codes if rng.random() < 0.35)
    if question.kind is QuestionKind.HANDWRITING:
        about = f"{question.code} {question.text.get('de')}"
        return (
            sentence(rng, "de", about, lines=2, room=60).replace("\n", " ")
            if question.lines > 1
            else short_text(rng, "de", about, room=40)
        )
    if question.kind is QuestionKind.COMB:
        return _typed_cells(question, rng)
    return ""


def _typed_cells(question: Question, rng: np.random.Generator) -> str:
    if question.alphabet is Alphabet.DATE:
        return f"2025-06-{int(rng.integers(10, 30))}"
    if question.alphabet is Alphabet.TIME:
        return f"{int(rng.integers(8, 18)):02d}:{int(rng.choice([0, 30])):02d}"
    if question.alphabet is Alphabet.DECIMAL:
        return str(int(rng.integers(2, 60))) + str(rng.choice(["", ".5"]))
    if sum(question.cells) == 5 and question.maximum is None:
        return str(rng.choice(["44135", "44137", "44145", "44263", "44339"]))
    low = int(float(question.minimum or 1))
    high = min(int(float(question.maximum)) if question.maximum else 10 ** sum(question.cells) - 1, low + 140)
    return str(int(rng.integers(low, high + 1)))
