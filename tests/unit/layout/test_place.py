"""Placement: geometry that readers rely on, for the shipped templates and for random questionnaires."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanform import pagecode
from scanform.errors import TemplateError, UsageError
from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.layout.drawing import Box, Line, Modules, Placement, TextRun
from scanform.layout.furniture import recipient_rect
from scanform.layout.pdf.draw import measure
from scanform.layout.place import place
from scanform.layout.themes import THEMES
from scanform.model.geometry import A4, RectMm
from scanform.model.layout import ZoneKind
from scanform.model.questionnaire import (
    Alphabet,
    Item,
    Matrix,
    Note,
    Option,
    Question,
    QuestionKind,
    Questionnaire,
    Section,
    Texts,
    Width,
)

ROOT = Path(__file__).parents[3]
TEMPLATES = sorted((ROOT / "templates").glob("*.yaml"))
EM = 25.4 / 72
QUIET_MM = 2.0


def german(content: str) -> Texts:
    return Texts(entries=(("de", content),))


def placed(questionnaire: Questionnaire) -> Placement:
    return place(questionnaire, language=questionnaire.languages[0], variant="standard", measure=measure)


@pytest.fixture(scope="module", params=TEMPLATES, ids=lambda path: path.stem)
def template(request: pytest.FixtureRequest) -> Questionnaire:
    return load_questionnaire(request.param)


def text_rect(run: TextRun) -> RectMm:
    """The ink of a text run, a little generous: from the height of ascenders to the depth of descenders."""
    ascent, descent = 0.74 * run.size_pt * EM, 0.2 * run.size_pt * EM
    return RectMm(x=run.x, y=run.y - ascent, w=run.width, h=ascent + descent)


def check_geometry(placement: Placement) -> None:
    """Everything that must hold on each page of every form."""
    for page, drawn in zip(placement.layout.pages, placement.pages, strict=True):
        sheet = RectMm(x=0, y=0, w=page.size.w, h=page.size.h)
        keep_out = [mark.rect.grown(QUIET_MM) for mark in page.fiducials] + [
            code.rect.grown(QUIET_MM if code.kind == "qr" else 0) for code in page.codes
        ]
        texts = [text_rect(item) for item in drawn.static if isinstance(item, TextRun)]
        zones = [zone.rect for zone in page.zones]
        answers = [rect for zone in page.zones for rect in (zone.cells or (zone.rect,))]
        for first, second in combinations(zones, 2):
            assert not first.overlaps(second)
        for rect in [*zones, *texts]:
            assert 18 <= rect.x <= rect.right <= sheet.w - 18
            assert 8 <= rect.y <= rect.bottom <= sheet.h - 8
            assert not any(rect.overlaps(other) for other in keep_out)
        for words in texts:
            assert not any(words.overlaps(rect) for rect in answers)
        for first, second in combinations(texts, 2):
            assert not first.overlaps(second)
        if page.number == 1:
            assert not any(recipient_rect(page.size).overlaps(rect) for rect in [*zones, *texts])


def check_boxes(placement: Placement) -> None:
    """Check boxes are 5 mm and at least 3 mm apart; each stands exactly where it is drawn."""
    for page, drawn in zip(placement.layout.pages, placement.pages, strict=True):
        outlines = {
            (round(item.rect.x, 3), round(item.rect.y, 3), item.rect.w, item.rect.h)
            for item in drawn.static
            if isinstance(item, Box)
        }
        marks = [zone for zone in page.zones if zone.kind is ZoneKind.MARK]
        for zone in marks:
            assert (zone.rect.w, zone.rect.h) == (5.0, 5.0)
            assert (zone.rect.x, zone.rect.y, 5.0, 5.0) in outlines
        for first, second in combinations(marks, 2):
            assert not first.rect.grown(2.98).overlaps(second.rect)
        for zone in page.zones:
            for cell in zone.cells:
                assert (cell.w, cell.h) == (6.0, 8.0)
                assert (cell.x, cell.y, 6.0, 8.0) in outlines


def check_completeness(questionnaire: Questionnaire, placement: Placement) -> None:
    """Every question has all its zones, once, and on one page."""
    zones = [(page.number, zone) for page in placement.layout.pages for zone in page.zones]
    assert len({zone.id for _, zone in zones}) == len(zones)
    for question in questionnaire.questions():
        mine = [(number, zone) for number, zone in zones if zone.question == question.code]
        assert len({number for number, _ in mine}) == 1
        expected = (
            {question.code}
            if not question.options
            else {f"{question.code}.{option.code}" for option in question.options}
        )
        expected |= {f"{question.code}.{option.code}.text" for option in question.options if option.writein}
        assert {zone.id for _, zone in mine} == expected
        if question.cells:
            assert [len(zone.cells) for _, zone in mine] == [sum(question.cells)]
            assert mine[0][1].alphabet is question.alphabet


class TestTemplates:
    def test_geometry_holds_on_the_shipped_forms(self, template: Questionnaire) -> None:
        """Nothing overlaps, nothing leaves the page, markers and codes keep their white."""
        placement = placed(template)
        check_geometry(placement)
        check_boxes(placement)
        check_completeness(template, placement)

    def test_forms_have_the_planned_number_of_pages(self) -> None:
        """The survey of meeting places takes four pages, the visitors' questionnaire one."""
        pages = {path.stem: len(placed(load_questionnaire(path)).pages) for path in TEMPLATES}
        assert pages == {"begegnungsorte": 4, "visitor-feedback": 1}

    def test_the_survey_exercises_every_kind_of_zone(self) -> None:
        """Marks, cells of several alphabets, handwriting beside options and on lines, a signature, matrices of both
        kinds.
        """
        layout = placed(load_questionnaire(ROOT / "templates" / "begegnungsorte.yaml")).layout
        zones = [zone for page in layout.pages for zone in page.zones]
        assert {zone.kind for zone in zones} == set(ZoneKind)
        assert {zone.alphabet for zone in zones} >= {Alphabet.DIGITS, Alphabet.DECIMAL, Alphabet.DATE, Alphabet.TIME}
        assert {zone.multiple for zone in zones if zone.group} == {True, False}
        assert any(zone.option and zone.kind is ZoneKind.HANDWRITING for zone in zones)

    @pytest.mark.fast_cases(1)
    def test_the_digest_is_the_same_in_every_process(self, template: Questionnaire) -> None:
        """Placement does not depend on hash seeds or on what was placed before."""
        code = (
            "import sys; from pathlib import Path; from scanform.formats.questionnaires.read_yaml import "
            "load_questionnaire as load; "
            "from scanform.layout.place import place; from scanform.layout.pdf.draw import measure; "
            "q = load(Path(sys.argv[1])); print(place(q, language=q.languages[0], variant='standard', "
            "measure=measure).layout.digest)"
        )
        path = next(path for path in TEMPLATES if load_questionnaire(path).code == template.code)
        environment = {**os.environ, "PYTHONHASHSEED": "7"}
        found = subprocess.run(
            [sys.executable, "-c", code, str(path)],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
            cwd=ROOT,
        )
        assert found.stdout.strip() == placed(template).layout.digest


def small_questionnaire() -> Questionnaire:
    """A questionnaire that never changes, for the golden layout."""
    yes_no = (Option(code="y", text=german("ja")), Option(code="n", text=german("nein")))
    other = Option(code="o", text=german("anderes:"), writein=True)
    rows = tuple(
        Question(
            code=f"row{number}", kind=QuestionKind.SINGLE, text=german(f"Zeile {number}"), options=yes_no, group="grid"
        )
        for number in (1, 2)
    )
    items: tuple[Item, ...] = (
        Question(code="likes", kind=QuestionKind.MULTIPLE, text=german("Was gefällt Ihnen?"), options=(*yes_no, other)),
        Question(
            code="born", kind=QuestionKind.COMB, text=german("Geburtstag"), alphabet=Alphabet.DATE, cells=(2, 2, 4)
        ),
        Matrix(code="grid", text=german("Und sonst?"), options=yes_no, rows=rows),
        Note(text=german("Danke.")),
        Question(code="words", kind=QuestionKind.HANDWRITING, text=german("Noch etwas?"), lines=2),
    )
    sections = (Section(title=german("Fragen"), items=items),)
    return Questionnaire(code="small", version="1", title=german("Klein"), languages=("de",), sections=sections)


class TestStability:
    def test_the_golden_layout_stays_as_it_is(self) -> None:
        """Printed forms come back for years: a change of sizes or rules must be noticed. Rewrite the file when it is
        meant.
        """
        from scanform.formats.layout_json import dump_layout

        golden = ROOT / "tests" / "golden" / "small.layout.json"
        actual = dump_layout(placed(small_questionnaire()).layout)
        if not golden.exists() or golden.read_text(encoding="utf-8") != actual:
            target = ROOT / "tests" / "actual" / golden.name
            target.parent.mkdir(exist_ok=True)
            target.write_text(actual, encoding="utf-8")
        assert json.loads(golden.read_text(encoding="utf-8")) == json.loads(actual)

    def test_the_digest_names_the_canonical_layout(self) -> None:
        """The printed digest is the digest of what layout.json says."""
        layout = placed(small_questionnaire()).layout
        assert layout.digest == pagecode.layout_digest(layout)

    def test_the_digest_changes_with_the_geometry(self) -> None:
        """Another edition cannot be read by mistake."""
        small = small_questionnaire()
        more = replace(small, intro=german("Ein langer Satz, der die Fragen nach unten schiebt. " * 4))
        assert placed(small).layout.digest != placed(more).layout.digest


class TestFurniture:
    def test_markers_stand_where_readers_look(self) -> None:
        """Eight markers of 8 mm, at least 8 mm from the edge, ids 8 x page + position, clear of punch holes and
        folds.
        """
        for page in placed(load_questionnaire(ROOT / "templates" / "begegnungsorte.yaml")).layout.pages:
            assert [mark.id for mark in page.fiducials] == [8 * (page.number - 1) + position for position in range(8)]
            assert {mark.kind for mark in page.fiducials} == {"aruco-4x4-250"}
            for mark in page.fiducials:
                assert (mark.rect.w, mark.rect.h) == (8.0, 8.0)
                assert min(mark.rect.x, mark.rect.y, A4.w - mark.rect.right, A4.h - mark.rect.bottom) >= 8.0
                for hole in (A4.h / 2 - 40, A4.h / 2 + 40):
                    assert not mark.rect.grown(QUIET_MM).overlaps(RectMm(x=mark.rect.x, y=hole - 4, w=8, h=8))
                assert not mark.rect.overlaps(RectMm(x=0, y=A4.h / 2 - 1, w=A4.w, h=2))

    def test_codes_stand_at_diagonal_places(self) -> None:
        """Two QR symbols of 12.5 mm in opposite corners, and the printed id."""
        page = placed(small_questionnaire()).layout.pages[0]
        upper, lower = [code.rect for code in page.codes if code.kind == "qr"]
        assert (upper.w, lower.w) == (12.5, 12.5)
        assert upper.x > A4.w / 2 > lower.x
        assert upper.y < A4.h / 2 < lower.y
        assert [code.kind for code in page.codes].count("text") == 1

    def test_every_page_says_its_number(self) -> None:
        """“Seite 1 von 4”."""
        for drawn in placed(load_questionnaire(ROOT / "templates" / "begegnungsorte.yaml")).pages:
            assert f"Seite {drawn.number} von 4" in [item.text for item in drawn.static if isinstance(item, TextRun)]

    def test_markers_are_drawn_on_every_page(self) -> None:
        """The static part holds the eight markers and nothing that differs from copy to copy."""
        for drawn in placed(small_questionnaire()).pages:
            assert sum(isinstance(item, Modules) for item in drawn.static) == 8
            assert {slot.kind for slot in drawn.slots} >= {"qr", "form-id"}


class TestBreaks:
    def test_a_long_matrix_repeats_its_heads(self) -> None:
        """Rows of a matrix that is taller than a page go on under the same heads."""
        options = tuple(Option(code=f"o{number}", text=german(f"Stufe {number}")) for number in range(1, 5))
        rows = tuple(
            Question(
                code=f"r{number}", kind=QuestionKind.SINGLE, text=german(f"Zeile {number}"), options=options, group="m"
            )
            for number in range(60)
        )
        items = (Matrix(code="m", text=german("Viele Zeilen"), options=options, rows=rows),)
        form = replace(small_questionnaire(), sections=(Section(title=german("Lang"), items=items),))
        placement = placed(form)
        check_geometry(placement)
        check_completeness(form, placement)
        with_rows = [number for number, page in enumerate(placement.layout.pages) if page.zones]
        assert len(with_rows) >= 2
        for number in with_rows:
            words = [item.text for item in placement.pages[number].static if isinstance(item, TextRun)]
            assert words.count("Stufe 1") == 1
            assert "Viele Zeilen" in words

    def test_a_question_that_fits_on_no_page_is_refused(self) -> None:
        """A plain error names the question."""
        options = tuple(
            Option(code=f"o{number}", text=german("Ein Satz, der für eine Spalte viel zu lang ist, steht hier. " * 3))
            for number in range(60)
        )
        items = (Question(code="huge", kind=QuestionKind.MULTIPLE, text=german("Zu viel"), options=options),)
        with pytest.raises(TemplateError, match="huge"):
            placed(replace(small_questionnaire(), sections=(Section(title=german("Lang"), items=items),)))

    def test_too_many_pages_are_refused(self) -> None:
        """The page code counts to 31."""
        items = tuple(
            Question(code=f"q{number}", kind=QuestionKind.HANDWRITING, text=german("Text"), lines=20)
            for number in range(40)
        )
        with pytest.raises(TemplateError, match="31"):
            placed(replace(small_questionnaire(), sections=(Section(title=german("Lang"), items=items),)))

    def test_unknown_editions_and_languages_are_refused(self) -> None:
        """The message names what there is."""
        with pytest.raises(UsageError, match="standard"):
            place(small_questionnaire(), language="de", variant="huge", measure=measure)
        with pytest.raises(UsageError, match="de"):
            place(small_questionnaire(), language="en", variant="standard", measure=measure)

    def test_narrow_questions_that_do_not_fit_take_the_whole_line(self) -> None:
        """A date is too wide for a third of the line."""
        asked = Question(
            code="d1",
            kind=QuestionKind.COMB,
            text=german("Datum"),
            alphabet=Alphabet.DATE,
            cells=(2, 2, 4),
            width=Width.THIRD,
        )
        items = (asked, replace(asked, code="d2"), replace(asked, code="d3"))
        form = replace(small_questionnaire(), sections=(Section(title=german("Daten"), items=items),))
        placement = placed(form)
        check_geometry(placement)
        check_completeness(form, placement)


class TestEditions:
    def test_a_new_edition_is_only_data(self, template: Questionnaire, monkeypatch: pytest.MonkeyPatch) -> None:
        """Large print needs no code: other sizes, same questions, same rules, another digest."""
        large = replace(
            THEMES["standard"],
            body_pt=17.0,
            small_pt=14.0,
            section_pt=19.0,
            title_pt=26.0,
            row_pitch=10.0,
            write_pitch=12.0,
        )
        monkeypatch.setitem(THEMES, "large", large)
        placement = place(template, language=template.languages[0], variant="large", measure=measure)
        check_geometry(placement)
        check_boxes(placement)
        check_completeness(template, placement)
        assert placement.layout.variant == "large"
        assert placement.layout.digest != placed(template).layout.digest

    def test_characters_without_a_glyph_are_refused(self) -> None:
        """A hollow box on paper would be silent; the message names the character."""
        with pytest.raises(TemplateError, match="U\\+260E"):
            placed(replace(small_questionnaire(), title=german("Telefon ☎")))


# Random questionnaires

WORDS = st.sampled_from(
    [
        "ja",
        "Haus",
        "Öffnungszeiten",
        "in",
        "Nachbarschaftshilfevereinigung",
        "Donaudampfschifffahrtsgesellschaft",
        "12",
        "Straße,",
        "und/oder",
        "Wohnungs-unternehmen",
    ]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=14).map(lambda words: german(" ".join(words)))
SHORT = st.lists(WORDS, min_size=1, max_size=3).map(lambda words: german(" ".join(words)))


@st.composite
def option_lists(draw: st.DrawFn, *, most: int, writein: bool) -> tuple[Option, ...]:
    count = draw(st.integers(2, most))
    return tuple(
        Option(code=f"o{number}", text=draw(SHORT), writein=writein and draw(st.integers(0, 6)) == 0)
        for number in range(count)
    )


@st.composite
def random_questions(draw: st.DrawFn, code: str) -> Question:
    kind = draw(st.sampled_from(list(QuestionKind)))
    alphabet = draw(st.sampled_from(list(Alphabet))) if kind is QuestionKind.COMB else None
    cells = {Alphabet.DATE: (2, 2, 4), Alphabet.TIME: (2, 2), Alphabet.DECIMAL: (3, 1)}.get(
        alphabet or Alphabet.DIGITS, (draw(st.integers(1, 14)),)
    )
    return Question(
        code=code,
        kind=kind,
        text=draw(TEXTS),
        hint=draw(st.none() | SHORT),
        options=draw(option_lists(most=14, writein=True))
        if kind in {QuestionKind.SINGLE, QuestionKind.MULTIPLE}
        else (),
        alphabet=alphabet,
        cells=cells if kind is QuestionKind.COMB else (),
        unit=draw(st.none() | st.just(german("m²"))) if kind is QuestionKind.COMB else None,
        lines=draw(st.integers(1, 4)),
        width=draw(st.sampled_from(list(Width))),
    )


@st.composite
def random_matrices(draw: st.DrawFn, code: str) -> Matrix:
    options = draw(option_lists(most=7, writein=False))
    multiple = draw(st.booleans())
    kind = QuestionKind.MULTIPLE if multiple else QuestionKind.SINGLE
    rows = tuple(
        Question(code=f"{code}r{number}", kind=kind, text=draw(TEXTS), options=options, group=code)
        for number in range(draw(st.integers(1, 8)))
    )
    return Matrix(code=code, text=draw(TEXTS), options=options, rows=rows, multiple=multiple)


@st.composite
def random_questionnaires(draw: st.DrawFn) -> Questionnaire:
    sections = []
    for section in range(draw(st.integers(1, 3))):
        items: list[Item] = []
        for number in range(draw(st.integers(1, 7))):
            code = f"q{section}x{number}"
            items.append(
                draw(
                    st.one_of(
                        random_questions(code),
                        random_questions(code),
                        random_matrices(code),
                        TEXTS.map(lambda words: Note(text=words)),
                    )
                )
            )
        sections.append(Section(title=draw(SHORT), items=tuple(items), intro=draw(st.none() | TEXTS)))
    title, intro, closing = draw(SHORT), draw(st.none() | TEXTS), draw(st.none() | TEXTS)
    return Questionnaire(
        code="random",
        version="1",
        title=title,
        languages=("de",),
        sections=tuple(sections),
        intro=intro,
        closing=closing,
    )


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], derandomize=True)
@given(random_questionnaires())
@pytest.mark.slow
def test_random_questionnaires_keep_all_rules(questionnaire: Questionnaire) -> None:
    """Whatever is asked: nothing overlaps, nothing is split, nothing is lost, and the result is always the same."""
    placement = placed(questionnaire)
    check_geometry(placement)
    check_boxes(placement)
    check_completeness(questionnaire, placement)
    assert placed(questionnaire) == placement
    for drawn in placement.pages:
        for item in drawn.static:
            if isinstance(item, Line):
                assert 18 <= item.x1 <= item.x2 <= A4.w - 18
