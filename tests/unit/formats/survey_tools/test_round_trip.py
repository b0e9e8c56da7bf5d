"""Questionnaires of ours come back from each survey tool as they went."""

import csv
import io
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanform.formats import spreadsheet
from scanform.formats.questionnaires.codes import is_timing, reserved_by
from scanform.formats.questionnaires.dump_yaml import dump_yaml
from scanform.formats.questionnaires.read_yaml import load_new_questionnaire, load_questionnaire
from scanform.formats.responses.importers import read_export
from scanform.formats.responses.limesurvey_columns import targets
from scanform.formats.survey_tools.limesurvey_lss import from_lss, to_lss
from scanform.formats.survey_tools.limesurvey_read import from_survey
from scanform.formats.survey_tools.limesurvey_tsv import from_tsv, to_tsv
from scanform.formats.survey_tools.limesurvey_write import to_survey
from scanform.formats.survey_tools.remarks import Remark
from scanform.formats.survey_tools.xlsform import from_xlsx, to_xlsx
from scanform.formats.survey_tools.xlsform_read import from_form
from scanform.formats.survey_tools.xlsform_write import to_form
from scanform.model.questionnaire import (
    Alphabet,
    Condition,
    DataClass,
    Filled,
    GoesWith,
    Item,
    Matrix,
    Note,
    Option,
    Question,
    QuestionKind,
    Questionnaire,
    RecipientField,
    Section,
    TextForm,
    Texts,
    Width,
)

ROOT = Path(__file__).parents[4]
TEMPLATES = sorted((ROOT / "templates").glob("*.yaml"))


def through_tsv(form: Questionnaire) -> tuple[Questionnaire, list[Remark]]:
    found, remarks = from_survey(from_tsv(to_tsv(to_survey(form)[0]), "x.txt"), code="x")
    return found, remarks.found


def through_lss(form: Questionnaire) -> tuple[Questionnaire, list[Remark]]:
    found, remarks = from_survey(from_lss(to_lss(to_survey(form)[0]), "x.lss"), code="x")
    return found, remarks.found


def through_xlsx(form: Questionnaire) -> tuple[Questionnaire, list[Remark]]:
    found, remarks = from_form(from_xlsx(to_xlsx(to_form(form)[0]), "x.xlsx"), code="x")
    return found, remarks.found


WAYS = (through_tsv, through_lss, through_xlsx)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_the_shipped_templates_come_back_equal(
    path: Path, way: Callable[[Questionnaire], tuple[Questionnaire, list[Remark]]]
) -> None:
    """Through each tool and back: the same questionnaire, and nothing to remark on the way back."""
    form = load_questionnaire(path)
    assert way(form) == (form, [])


def test_what_a_signature_loses_is_said() -> None:
    """The template's signature is the only thing that LimeSurvey cannot have; XLSForm can."""
    form = load_questionnaire(ROOT / "templates" / "begegnungsorte.yaml")
    assert [(one.slug, one.place.element) for one in to_survey(form)[1].found] == [("signature", "signature")]
    assert to_form(form)[1].found == []


# --- any questionnaire -----------------------------------------------------------------------------------------------

LANGUAGES = st.sampled_from([("de",), ("en",), ("de", "en"), ("en", "de")])
SIGNS = st.characters(categories=["L", "N", "P", "S"], exclude_characters="\ufffe\uffff")
WORD = st.text(SIGNS | st.sampled_from("<>&{}'\"$=\\|/"), min_size=1, max_size=6)


def plain(text: str) -> str:
    """A text as the reader of questionnaires keeps it."""
    lines = unicodedata.normalize("NFC", text).split("\n")
    return "\n".join(line for line in (" ".join(one.split()) for one in lines) if line)


TEXT = st.lists(st.lists(WORD, min_size=1, max_size=3).map(" ".join), min_size=1, max_size=2).map(
    lambda lines: plain("\n".join(lines))
)
CODE = st.from_regex(r"[a-z][a-z0-9]{0,4}", fullmatch=True).filter(lambda code: not spreadsheet.spoilt(code))


def sentence(languages: tuple[str, ...]) -> st.SearchStrategy[Texts]:
    return st.tuples(*(TEXT for _ in languages)).map(
        lambda texts: Texts(entries=tuple(zip(languages, texts, strict=True)))
    )


def name(languages: tuple[str, ...]) -> st.SearchStrategy[Texts]:
    """Once for all languages, or different in each."""
    once = TEXT.map(lambda text: Texts(entries=((languages[0], text),)))
    each = sentence(languages).filter(lambda texts: len({text for _, text in texts.entries}) == len(languages))
    return once | each


def options(languages: tuple[str, ...], *, several: bool, lines: bool) -> st.SearchStrategy[tuple[Option, ...]]:
    def made(codes: list[str]) -> st.SearchStrategy[tuple[Option, ...]]:
        return st.tuples(
            *(
                st.builds(
                    Option,
                    code=st.just(code),
                    text=name(languages),
                    writein=st.booleans() if lines else st.just(False),
                    exclusive=st.booleans() if several else st.just(False),
                    formerly=st.sampled_from([(), (f"z{number}",)]),
                )
                for number, code in enumerate(codes)
            )
        )

    return st.lists(CODE, min_size=1 if several else 2, max_size=4, unique=True).flatmap(made)


@st.composite
def questionnaires(draw: st.DrawFn) -> Questionnaire:
    """Any questionnaire without `goes_with`: every type, every key."""
    languages = draw(LANGUAGES)
    choices: list[Question] = []
    numbers: list[Question] = []
    sections = []
    for at in range(draw(st.integers(1, 2))):
        items = [
            draw(items_of(languages, f"q{at}x{number}", choices, numbers)) for number in range(draw(st.integers(1, 4)))
        ]
        intro = draw(st.none() | sentence(languages))
        sections.append(Section(title=draw(sentence(languages)), intro=intro, items=tuple(items)))
    return Questionnaire(
        code=draw(st.from_regex(r"[a-z][a-z0-9]{0,19}", fullmatch=True)),
        version=draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.\-]{0,9}", fullmatch=True)),
        title=draw(sentence(languages)),
        languages=languages,
        sections=tuple(sections),
        publisher=draw(st.none() | sentence(languages)),
        intro=draw(st.none() | sentence(languages)),
        closing=draw(st.none() | sentence(languages)),
        filled=draw(st.sampled_from(Filled)),
    )


@st.composite
def items_of(
    draw: st.DrawFn, languages: tuple[str, ...], code: str, choices: list[Question], numbers: list[Question]
) -> Item:
    kind = draw(st.sampled_from(["note", "matrix", "single", "multiple", "number", "cells", "moment", "text", "sign"]))
    if kind == "note":
        return Note(text=draw(sentence(languages)))
    asked = draw(st.none() | st.sampled_from(choices)) if choices else None
    ticked = (
        draw(st.lists(st.sampled_from([one.code for one in asked.options]), min_size=1, unique=True)) if asked else []
    )
    ticked = [option.code for option in asked.options if option.code in ticked] if asked else []
    base = Question(
        code=code,
        kind=QuestionKind.SINGLE,
        text=draw(sentence(languages)),
        hint=draw(st.none() | sentence(languages)),
        data_class=draw(st.sampled_from(DataClass)),
        required=draw(st.booleans()),
        only_if=Condition(question=asked.code, options=tuple(ticked)) if asked else None,
        width=draw(st.sampled_from(Width)),
        formerly=draw(st.sampled_from([(), (f"{code}old",), (f"{code}old", f"{code}older")])),
    )
    if kind == "matrix":
        return draw(matrices(languages, base, choices))
    made = draw(_MAKERS[kind](languages, base, numbers))
    if made.options:
        choices.append(made)
    if made.minimum is not None and made.alphabet is not Alphabet.DATE:
        numbers.append(made)
    return made


@st.composite
def matrices(draw: st.DrawFn, languages: tuple[str, ...], base: Question, choices: list[Question]) -> Matrix:
    multiple = draw(st.booleans())
    columns = draw(options(languages, several=multiple, lines=False))
    rows = tuple(
        replace(
            base,
            code=f"{base.code}r{number}",
            kind=QuestionKind.MULTIPLE if multiple else QuestionKind.SINGLE,
            text=draw(name(languages)),
            hint=None,
            options=columns,
            group=base.code,
            width=Width.FULL,
            formerly=draw(st.sampled_from([(), (f"{base.code}old{number}",)])),
            groups_formerly=base.formerly,
        )
        for number in range(draw(st.integers(1, 3)))
    )
    choices += rows
    return Matrix(code=base.code, text=base.text, options=columns, rows=rows, multiple=multiple, hint=base.hint)


def choice_of(kind: QuestionKind) -> Callable[..., st.SearchStrategy[Question]]:
    def made(languages: tuple[str, ...], base: Question, _: list[Question]) -> st.SearchStrategy[Question]:
        several = kind is QuestionKind.MULTIPLE
        return options(languages, several=several, lines=True).map(
            lambda found: replace(base, kind=kind, options=found)
        )

    return made


@st.composite
def number_of(draw: st.DrawFn, languages: tuple[str, ...], base: Question, numbers: list[Question]) -> Question:
    decimal = draw(st.booleans())
    alphabet = Alphabet.DECIMAL if decimal else Alphabet.DIGITS
    low, high = draw(st.none() | st.integers(-9, 9)), draw(st.none() | st.integers(10, 999))
    whole = draw(st.integers(3, 6))
    like = [one for one in numbers if one.alphabet is alphabet]
    return replace(
        base,
        kind=QuestionKind.COMB,
        alphabet=alphabet,
        cells=(whole, draw(st.integers(1, 3))) if decimal else (whole,),
        minimum=str(low) if low is not None else "0",
        maximum=f"{high}.5" if decimal and high is not None else None if high is None else str(high),
        unit=draw(st.none() | name(languages)),
        not_before=draw(st.sampled_from(like)).code if like and draw(st.booleans()) else None,
    )


@st.composite
def cells_of(draw: st.DrawFn, languages: tuple[str, ...], base: Question, _: list[Question]) -> Question:
    alphabet = draw(st.sampled_from([Alphabet.DIGITS, Alphabet.LETTERS, Alphabet.ALNUM]))
    return replace(
        base,
        kind=QuestionKind.COMB,
        alphabet=alphabet,
        cells=tuple(draw(st.lists(st.integers(1, 6), min_size=1, max_size=3))),
        unit=draw(st.none() | name(languages)) if alphabet is Alphabet.DIGITS else None,
        values=draw(lists()),
        recipient=draw(st.none() | st.sampled_from(RecipientField)),
    )


def lists() -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(WORD.map(plain).filter(bool), max_size=3, unique=True).map(tuple)


@st.composite
def moment_of(draw: st.DrawFn, languages: tuple[str, ...], base: Question, _: list[Question]) -> Question:
    if draw(st.booleans()):
        return replace(base, kind=QuestionKind.COMB, alphabet=Alphabet.TIME, cells=(2, 2))
    low, high = draw(st.none() | st.just("1999-01-31")), draw(st.none() | st.just("2030-12-31"))
    return replace(base, kind=QuestionKind.COMB, alphabet=Alphabet.DATE, cells=(2, 2, 4), minimum=low, maximum=high)


@st.composite
def text_of(draw: st.DrawFn, languages: tuple[str, ...], base: Question, _: list[Question]) -> Question:
    form = draw(st.none() | st.sampled_from(TextForm))
    made = replace(base, kind=QuestionKind.HANDWRITING, form=form)
    if form is not None:
        return made
    return replace(
        made,
        lines=draw(st.integers(1, 20)),
        values=draw(lists()),
        recipient=draw(st.none() | st.sampled_from(RecipientField)),
    )


@st.composite
def sign_of(draw: st.DrawFn, languages: tuple[str, ...], base: Question, _: list[Question]) -> Question:
    empty = Texts(entries=tuple((language, "") for language in languages))
    return replace(base, kind=QuestionKind.SIGNATURE, text=empty if draw(st.booleans()) else base.text)


_MAKERS = {
    "single": choice_of(QuestionKind.SINGLE),
    "multiple": choice_of(QuestionKind.MULTIPLE),
    "number": number_of,
    "cells": cells_of,
    "moment": moment_of,
    "text": text_of,
    "sign": sign_of,
}

ANY = settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])
MANY = settings(ANY, max_examples=80)


def check(form: Questionnaire, folder: Path) -> None:
    assert not [one.code for one in form.questions() if is_timing(one.code, ()) or reserved_by(one.code)]
    path = folder / "form.yaml"
    path.write_text(dump_yaml(form), encoding="utf-8")
    assert load_new_questionnaire(path) == form
    for way in WAYS:
        assert way(form) == (form, []), way.__name__


ASKING = questionnaires().filter(lambda form: any(True for _ in form.questions()))


@ANY
@given(form=ASKING)
def test_any_questionnaire_comes_back_equal(tmp_path_factory: pytest.TempPathFactory, form: Questionnaire) -> None:
    """As a file of ours and through each tool: the same questionnaire, and nothing to remark on the way back."""
    check(form, tmp_path_factory.mktemp("form"))


@pytest.mark.slow
@MANY
@given(form=ASKING)
def test_any_of_many_comes_back_equal(tmp_path_factory: pytest.TempPathFactory, form: Questionnaire) -> None:
    """The same for many more."""
    check(form, tmp_path_factory.mktemp("form"))


# --- a closed loop with the import of responses ----------------------------------------------------------------------

SMALL = """
code: small
version: "1"
languages: [de, en]
title: {de: Test, en: Test}
sections:
  - title: {de: Eins, en: One}
    questions:
      - question: owner
        type: single
        text: {de: Träger, en: Carrier}
        options:
          city: {de: Stadt, en: City}
          firm: {text: {de: "anderer:", en: "another:"}, writein: yes}
      - question: help
        type: multiple
        text: {de: Hilfen, en: Aids}
        only_if: {owner: [firm]}
        options:
          lift: {de: Aufzug, en: Lift}
          other: {text: {de: "anderes:", en: "other:"}, writein: yes}
          none: {text: {de: nichts, en: none}, exclusive: yes}
      - question: mood
        type: matrix
        text: {de: "Wie war es?", en: "How was it?"}
        options: {m1: {de: gut, en: good}, m2: {de: schlecht, en: bad}}
        rows: {room: {de: Raum, en: Room}, food: {de: Essen, en: Food}}
      - question: open
        type: matrix
        multiple: yes
        text: {de: "Wann offen?", en: "Open when?"}
        options: {mo: Mo, tu: {de: Di, en: Tu}}
        rows: {morning: {de: morgens, en: mornings}, evening: {de: abends, en: evenings}}
      - question: size
        type: number
        text: {de: Größe, en: Size}
        cells: 3
        max: 500
      - question: since
        type: date
        text: {de: "Seit wann?", en: "Since when?"}
      - question: begins
        type: time
        text: {de: Beginn, en: Beginning}
      - question: plz
        type: digits
        text: {de: PLZ, en: Postcode}
        cells: 5
      - question: town
        type: text
        text: {de: Ort, en: Town}
        lines: 2
"""


def small(folder: Path) -> Questionnaire:
    path = folder / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return load_questionnaire(path)


def export_columns(tsv: bytes) -> list[str]:
    """The headings that LimeSurvey gives an export of the survey in `tsv`, by its rules for each type."""
    rows = list(csv.DictReader(io.StringIO(tsv.decode("utf-8-sig"), newline=""), delimiter="\t"))
    language = next(row["text"] for row in rows if (row["class"], row["name"]) == ("S", "language"))
    found: list[str] = []
    asked: list[tuple[dict[str, str], list[tuple[str, str, str]]]] = []
    for row in rows:
        if row["language"] != language:
            continue
        if row["class"] == "Q":
            asked.append((row, []))
        elif row["class"] in {"SQ", "A"}:
            asked[-1][1].append((row["class"], row["type/scale"], row["name"]))
    for row, entries in asked:
        kind, code = row["type/scale"], row["name"]
        rows_of = [entry for kind_of, scale, entry in entries if kind_of == "SQ" and scale == "0"]
        columns = [entry for kind_of, scale, entry in entries if kind_of == "SQ" and scale == "1"]
        if kind == ":":
            found += [f"{code}[{one}_{column}]" for one in rows_of for column in columns]
        elif kind in "MPF":
            found += [
                name for one in rows_of for name in (f"{code}[{one}]", *([f"{code}[{one}comment]"] * (kind == "P")))
            ]
        elif kind != "X":
            found.append(code)
        found += [f"{code}[other]"] if row["other"] == "Y" else []
    return found


@pytest.mark.parametrize("path", [*TEMPLATES, None], ids=lambda path: path.stem if path else "small")
def test_the_import_knows_every_column_of_the_survey(path: Path | None, tmp_path: Path) -> None:
    """Each column that LimeSurvey would export has a target, and each question and box has its column."""
    form = load_questionnaire(path) if path else small(tmp_path)
    columns = export_columns(to_tsv(to_survey(form)[0]))
    found = targets(columns, form)
    assert [name for name, target in zip(columns, found, strict=True) if target is None] == []
    asked = {target.question for target in found if target is not None}
    assert asked == {one.code for one in form.questions() if one.kind is not QuestionKind.SIGNATURE}


def test_answers_of_the_survey_come_in(tmp_path: Path) -> None:
    """An export with the codes of the written survey gives every answer, and no problem."""
    form = small(tmp_path)
    columns = export_columns(to_tsv(to_survey(form)[0]))
    cells = {
        "owner": "-oth-",
        "owner[other]": "Verein",
        "help[lift]": "Y",
        "help[other]": "Rampe",
        "mood[room]": "m1",
        "mood[food]": "m2",
        "open[morning_tu]": "1",
        "size": "120",
        "since": "2024-05-31 00:00:00",
        "begins": "1970-01-01 14:30:00",
        "plz": "01067",
        "town": "Hörde",
    }
    assert set(cells) <= set(columns)
    header = ["id", "submitdate", *columns]
    values = ["1", "2025-01-01 10:00:00", *(cells.get(name, "") for name in columns)]
    path = tmp_path / "export.csv"
    path.write_text(
        "\n".join(",".join(f'"{cell}"' for cell in row) for row in (header, values)) + "\n", encoding="utf-8"
    )
    found = read_export(path, form)
    assert found.problems == ()
    answers = {answer.column: answer.value for answer in found.responses[0].answers if answer.value}
    assert answers == {
        "owner": "firm",
        "owner__firm_text": "Verein",
        "help": "lift other",
        "help__other_text": "Rampe",
        "room": "m1",
        "food": "m2",
        "morning": "tu",
        "size": "120",
        "since": "2024-05-31",
        "begins": "14:30",
        "plz": "01067",
        "town": "Hörde",
    }


def test_the_file_for_limesurvey_is_what_it_always_was(tmp_path: Path) -> None:
    """The small questionnaire as a file for LimeSurvey, byte for byte: a change here changes what cities import."""
    written = to_tsv(to_survey(small(tmp_path))[0])
    golden = Path(__file__).parent / "data" / "small.limesurvey.txt"
    assert written.decode("utf-8-sig").splitlines() == golden.read_text("utf-8-sig").splitlines()


# --- what a tool cannot say ------------------------------------------------------------------------------------------


def slugs(remarks: list[Remark]) -> list[tuple[str, str]]:
    return [(one.slug, one.place.element) for one in remarks]


def changed(form: Questionnaire, code: str, **values: object) -> Questionnaire:
    """The questionnaire with other values at one question."""
    sections = tuple(
        replace(
            section,
            items=tuple(
                replace(item, **values) if isinstance(item, Question) and item.code == code else item  # type: ignore[arg-type]  # values of any field
                for item in section.items
            ),
        )
        for section in form.sections
    )
    return replace(form, sections=sections)


def test_pairs_of_values_are_said_to_be_lost(tmp_path: Path) -> None:
    """`goes_with` has no counterpart: all three formats say so, and come back without it."""
    form = small(tmp_path)
    pairs = GoesWith(question="plz", values=(("01067", ("Dresden",)),))
    with_pairs = changed(form, "town", goes_with=pairs)
    assert slugs(to_survey(with_pairs)[1].found)[-1] == ("goes-with", "town")
    assert slugs(to_form(with_pairs)[1].found)[-1] == ("goes-with", "town")
    for way in WAYS:
        assert way(with_pairs)[0] == form


def test_what_limesurvey_cannot_show_is_named(tmp_path: Path) -> None:
    """Several lines beside a single choice, an "other" before the end, an "other" that excludes, the order of times."""
    form = small(tmp_path)
    owner = form.question("owner")
    assert owner is not None
    both = tuple(replace(option, writein=True) for option in owner.options)
    assert slugs(to_survey(changed(form, "owner", options=both))[1].found)[0] == ("line-lost", "owner")
    assert slugs(to_survey(changed(form, "owner", options=owner.options[::-1]))[1].found)[0] == ("other-last", "owner")
    helps = form.question("help")
    assert helps is not None
    alone = tuple(replace(option, exclusive=True) for option in helps.options)
    assert ("alone-lost", "help") in slugs(to_survey(changed(form, "help", options=alone))[1].found)
    commented = tuple(replace(option, writein=True) for option in helps.options)
    assert ("comments-everywhere", "help") in slugs(to_survey(changed(form, "help", options=commented))[1].found)
    ordered = changed(form, "since", not_before="begins")
    assert ("not-before", "since") in slugs(to_survey(ordered)[1].found)


def test_limesurvey_calculates_nothing_in_our_texts(tmp_path: Path) -> None:
    """What stands in braces would be an expression there: they are written as entities, tags as text."""
    form = replace(small(tmp_path), title=Texts(entries=(("de", "{a} <b> & 'c'"), ("en", "{a}"))))
    written = to_tsv(to_survey(form)[0]).decode()
    assert "&#123;a&#125; &lt;b&gt; &amp; &#x27;c&#x27;" in written
    assert "{a}" not in written


# --- the file as others see it ---------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_pyxform_accepts_the_templates(path: Path, tmp_path: Path) -> None:
    """pyxform, the compiler behind ODK and Kobo, makes a form of them; nothing that it warns of is a mistake."""
    assert_accepted(load_questionnaire(path), tmp_path)


def test_pyxform_accepts_every_type(tmp_path: Path) -> None:
    """The same for a form in two languages with a filter, "other", an exclusive answer and both kinds of matrix."""
    assert_accepted(small(tmp_path), tmp_path)


def assert_accepted(form: Questionnaire, folder: Path) -> None:
    xls2xform = pytest.importorskip("pyxform.xls2xform")
    path = folder / "form.xlsx"
    path.write_bytes(to_xlsx(to_form(form)[0]))
    warnings: list[str] = []
    made = xls2xform.convert(str(path), warnings=warnings)
    assert [one for one in warnings if "max-pixels" not in one] == []
    asked = [one.code for one in form.questions()]
    assert all(f'/{code}"' in made.xform for code in asked)
