"""The samples folder is whole: every file explained, small, and in step with what is expected of it."""

import csv
import hashlib
import json
from pathlib import Path

import pytest

from scanform.model.page import Fate
from scanform.simulate.scripts import load_crops

SAMPLES = Path(__file__).parents[3] / "samples"
SCANS = SAMPLES / "scans"
MAX_FILE, MAX_ALL = 1_500_000, 9_000_000

pytestmark = pytest.mark.skipif(not SCANS.is_dir(), reason="the samples have not been made: tools/make_samples.py")


@pytest.fixture(scope="module")
def expected() -> dict[str, dict[str, object]]:
    content: dict[str, dict[str, object]] = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))
    return content


def test_every_file_is_explained_and_expected(expected: dict[str, dict[str, object]]) -> None:
    """Files, README and expected.json name the same scans."""
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    names = {file.name for file in SCANS.iterdir()}
    assert names == set(expected["files"])
    assert all(f"`{name}`" in readme for name in names)


def test_samples_stay_small() -> None:
    """No file over 1.5 MB, all together under 9 MB."""
    sizes = [file.stat().st_size for file in SAMPLES.rglob("*") if file.is_file()]
    assert max(sizes) <= MAX_FILE
    assert sum(sizes) <= MAX_ALL


def test_fates_are_those_of_the_ledger(expected: dict[str, dict[str, object]]) -> None:
    """Each page has a fate that exists, pages count from 1, and the interesting fates all occur."""
    pages = [page for listed in expected["files"].values() for page in listed]
    fates = {Fate(page["fate"]) for page in pages}
    assert {Fate.READ, Fate.DUPLICATE, Fate.RESCAN, Fate.COPY, Fate.UNKNOWN_FORM, Fate.BLANK, Fate.DAMAGED} <= fates
    assert all(
        [page["page"] for page in listed] == list(range(1, len(listed) + 1)) for listed in expected["files"].values()
    )


def test_the_duplicate_is_byte_for_byte_the_same() -> None:
    """Two files have one content."""
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in SCANS.iterdir()]
    assert len(digests) == len(set(digests)) + 1


def test_the_digital_export_is_in_limesurveys_dialect() -> None:
    """BOM, quoted cells, CRLF rows of equal length, an empty line at the end, a formula, umlauts."""
    raw = (SAMPLES / "begegnungsorte-limesurvey.csv").read_bytes()
    assert raw.startswith(b'\xef\xbb\xbf"id"')
    assert raw.endswith(b"\r\n\r\n")
    text = raw.decode("utf-8-sig")
    rows = [row for row in csv.reader(text.splitlines(keepends=True)) if row]
    assert len(rows) == 13
    assert len({len(row) for row in rows}) == 1
    assert any(cell.startswith("=") for row in rows for cell in row)
    assert "ü" in text


def test_tokens_are_crockford_base32() -> None:
    """Eight characters each, all different."""
    with (SAMPLES / "recipients.csv").open(encoding="utf-8-sig", newline="") as file:
        tokens = [row["token"] for row in csv.DictReader(file, delimiter=";")]
    assert len(tokens) == len(set(tokens)) == 16
    assert all(len(token) == 8 and set(token) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for token in tokens)


def test_real_handwriting_is_labelled() -> None:
    """Every crop has its text and writer; there are at most 60."""
    crops = load_crops(SAMPLES / "handwriting")
    assert 40 <= len(crops.items) <= 60
    assert {file.name for file in (SAMPLES / "handwriting").glob("*.png")} == set(crops.items)
