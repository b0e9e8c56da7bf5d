"""layout.json: what is written can be read again, and nothing else can."""

import json
from pathlib import Path

import jsonschema
import pytest

from scanform import pagecode
from scanform.errors import InputError
from scanform.formats.layout_json import dump_layout, load_layout
from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.layout.pdf.draw import measure
from scanform.layout.place import place
from scanform.model.layout import Layout

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module", params=["begegnungsorte", "visitor-feedback"])
def layout(request: pytest.FixtureRequest) -> Layout:
    form = load_questionnaire(ROOT / "templates" / f"{request.param}.yaml")
    return place(form, language=form.languages[0], variant="standard", measure=measure).layout


def test_a_layout_survives_the_file(layout: Layout) -> None:
    """Equal, and with the same digest: lengths are exact to the micrometre on both sides."""
    again = load_layout(dump_layout(layout))
    assert again == layout
    assert pagecode.layout_digest(again) == layout.digest


def test_the_file_keeps_the_schema(layout: Layout) -> None:
    """docs/schemas/layout.schema.json describes it."""
    schema = json.loads((ROOT / "docs" / "schemas" / "layout.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(dump_layout(layout)), schema)


def test_the_golden_file_can_be_read() -> None:
    """The published example stays readable."""
    text = (ROOT / "tests" / "golden" / "layout.json").read_text(encoding="utf-8")
    assert json.loads(dump_layout(load_layout(text))) == json.loads(text)


@pytest.mark.parametrize(
    ("change", "place_named"),
    [
        ({"format": "scanform-layout/9"}, "format"),
        ({"digest": "abc"}, "digest"),
        ({"extra": 1}, "extra"),
        ({"pages": []}, "pages"),
        ({"filled": "maybe"}, "filled"),
    ],
)
def test_wrong_files_are_refused(layout: Layout, change: dict[str, object], place_named: str) -> None:
    """The message names the first wrong place, and says what to do."""
    content = json.loads(dump_layout(layout)) | change
    with pytest.raises(InputError, match=place_named) as caught:
        load_layout(json.dumps(content))
    assert caught.value.remedy


def test_text_that_is_no_json_is_refused() -> None:
    """Damage is an error of the input, not of the program."""
    with pytest.raises(InputError):
        load_layout("{")
