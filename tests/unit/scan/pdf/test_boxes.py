"""What a viewer shows as the page is the page: boxes, units and turns of PDF pages, compared with what poppler
shows.
"""

import math
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name
from PIL import Image

from scanform.imaging.page_image import Gray
from scanform.scan.load import LoadedPage, rasterize
from scanform.scan.pdf import read_pdf as pdf_module
from tests.unit.scan.pdf.test_read_pdf import jpeg_of, upright

Load = Callable[..., LoadedPage]
WIDE, HIGH = 620, 877
"""The test page at 100 dpi."""
PLACED = (446.4, 0.0, 0.0, 631.44, 0.0, 0.0)
FULL_BOX = (0.0, 0.0, 446.4, 631.44)


def write(
    path: Path,
    gray: Gray,
    *,
    page: dict[str, object],
    tree: dict[str, object] | None = None,
    matrix: tuple[float, ...] = PLACED,
    unit: float = 1,
) -> Path:
    """One page that shows one JPEG placed by `matrix` (in points; `unit` points are one unit of the page), further
    keys of the page and of the page tree.
    """
    pdf = pikepdf.new()
    image = pdf.make_stream(
        jpeg_of(gray), Type=Name.XObject, Subtype=Name.Image, Width=gray.shape[1], Height=gray.shape[0]
    )
    image.ColorSpace, image.BitsPerComponent, image.Filter = Name.DeviceGray, 8, Name.DCTDecode
    content = "q " + " ".join(f"{value / unit:.5f}" for value in matrix) + " cm /Im0 Do Q"
    sheet = Dictionary(
        Type=Name.Page, Contents=pdf.make_stream(content.encode()), Resources=Dictionary(XObject=Dictionary(Im0=image))
    )
    if unit != 1:
        sheet.UserUnit = unit
    for key, value in page.items():
        sheet[f"/{key}"] = value
    pdf.pages.append(pikepdf.Page(sheet))
    for key, value in (tree or {}).items():
        pdf.Root.Pages[f"/{key}"] = value
    pdf.save(path)
    return path


def shown(path: Path, dpi: float = 100) -> Gray:
    """What poppler shows of the first page."""
    done = subprocess.run(["pdftoppm", "-cropbox", "-gray", "-r", str(dpi), str(path)], capture_output=True, check=True)
    return np.array(Image.open(BytesIO(done.stdout)).convert("L"))


def difference(one: Gray, other: Gray) -> float:
    """Mean difference of grey levels of two pictures of the same thing whose sides may differ by a pixel."""
    assert max(abs(a - b) for a, b in zip(one.shape, other.shape, strict=True)) <= 2, (one.shape, other.shape)
    size = (other.shape[1], other.shape[0])
    return float(np.abs(cv2.blur(cv2.resize(one, size), (5, 5)).astype(float) - cv2.blur(other, (5, 5))).mean())


def taken(load: Load, path: Path, monkeypatch: pytest.MonkeyPatch) -> LoadedPage:
    """The page, which must come from the embedded picture."""
    monkeypatch.setattr(pdf_module, "draw_page", None)
    loaded = load(path)
    monkeypatch.undo()
    return loaded


BOXES: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "crop box": ({"MediaBox": Array(FULL_BOX), "CropBox": Array([100, 200, 446.4, 631.44])}, {}),
    "media box shows a part": ({"MediaBox": Array([0, 0, 223.2, 631.44])}, {}),
    "media box away from the origin": ({"MediaBox": Array([100, 50, 400, 500])}, {}),
    "corners in another order": ({"MediaBox": Array([400, 500, 100, 50])}, {}),
    "crop box beyond the media box": (
        {"MediaBox": Array([50, 50, 400, 600]), "CropBox": Array([-500, 300, 5000, 9000])},
        {},
    ),
    "crop box without content counts as none": (
        {"MediaBox": Array([50, 50, 400, 600]), "CropBox": Array([0, 0, 0, 0])},
        {},
    ),
    "crop box beside the page counts as none": (
        {"MediaBox": Array([50, 50, 400, 600]), "CropBox": Array([500, 700, 900, 900])},
        {},
    ),
    "inherited media box": ({}, {"MediaBox": Array([0, 100, 446.4, 631.44])}),
    "inherited crop box": ({"MediaBox": Array(FULL_BOX)}, {"CropBox": Array([0, 0, 300, 400])}),
    "inherited turn": ({"MediaBox": Array(FULL_BOX), "CropBox": Array([0, 0, 300, 400])}, {"Rotate": 90}),
    "turned": ({"MediaBox": Array(FULL_BOX), "CropBox": Array([0, 200, 300, 631.44]), "Rotate": 450}, {}),
    "turned the other way": ({"MediaBox": Array(FULL_BOX), "CropBox": Array([0, 200, 300, 631.44]), "Rotate": -90}, {}),
}


@pytest.mark.parametrize("name", BOXES)
def test_the_page_is_what_a_viewer_shows(
    tmp_path: Path, paper: Gray, load: Load, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The embedded picture is cut to the boxes of the page, not drawn; resolution and turn are right."""
    page, tree = BOXES[name]
    path = write(tmp_path / "a.pdf", paper, page=page, tree=tree)
    loaded = taken(load, path, monkeypatch)
    plain = {"MediaBox": Array([50, 300, 400, 600])} if "beyond" in name else {"MediaBox": page.get("MediaBox")}
    seen = (
        shown(path)
        if "counts as none" not in name and "beyond" not in name
        else shown(write(tmp_path / "b.pdf", paper, page=plain))
    )
    assert loaded.image is not None
    assert loaded.image.dpi == pytest.approx(100, abs=0.2)
    assert difference(upright(loaded), seen) < 4


@pytest.mark.parametrize("unit", [0.1, 10.0])
def test_units_of_the_page_are_minded(
    tmp_path: Path, paper: Gray, load: Load, monkeypatch: pytest.MonkeyPatch, unit: float
) -> None:
    """A page in other units than points has its true resolution, taken or drawn, and is not drawn the size of a
    stamp or of a hall.
    """
    box = Array([value / unit for value in (0, 0, 223.2, 631.44)])
    path = write(tmp_path / "a.pdf", paper, page={"MediaBox": box}, unit=unit)
    loaded = taken(load, path, monkeypatch)
    assert loaded.image is not None
    assert loaded.image.dpi == pytest.approx(100, abs=0.2)
    monkeypatch.setattr(pdf_module, "sole_image", lambda *_: None)
    drawn = load(path)
    assert drawn.image is not None
    assert drawn.image.dpi == 300
    assert (
        difference(
            cv2.resize(drawn.image.gray, None, fx=1 / 3, fy=1 / 3, interpolation=cv2.INTER_AREA), loaded.image.gray
        )
        < 4
    )
    assert difference(next(iter(rasterize(path, dpi=100))), loaded.image.gray) < 4


def test_drawn_pages_are_cropped_too(tmp_path: Path, paper: Gray, load: Load) -> None:
    """A crooked picture that the crop box cuts is drawn by poppler, within the crop box."""
    turned = math.radians(3)
    matrix = (
        446.4 * math.cos(turned),
        446.4 * math.sin(turned),
        -631.44 * math.sin(turned),
        631.44 * math.cos(turned),
        20.0,
        0.0,
    )
    path = write(
        tmp_path / "a.pdf",
        paper,
        page={"MediaBox": Array(FULL_BOX), "CropBox": Array([60, 60, 400, 500])},
        matrix=matrix,
    )
    loaded = load(path)
    assert loaded.image is not None
    assert loaded.image.dpi == 300
    assert difference(upright(loaded), shown(path, 300)) < 2


@pytest.mark.parametrize("rotate", [0, 90])
def test_a_crop_box_too_large_for_poppler_is_cut(
    tmp_path: Path, paper: Gray, load: Load, monkeypatch: pytest.MonkeyPatch, rotate: int
) -> None:
    """Poppler ignores boxes with numbers above 5,000; the page is what other viewers show all the same."""
    page = {"MediaBox": Array([50, 50, 400, 600]), "CropBox": Array([-500, 300, 5000, 9000]), "Rotate": rotate}
    monkeypatch.setattr(pdf_module, "sole_image", lambda *_: None)
    loaded = load(write(tmp_path / "a.pdf", paper, page=page))
    assert loaded.image is not None
    small = cv2.resize(upright(loaded), None, fx=1 / 3, fy=1 / 3, interpolation=cv2.INTER_AREA)
    assert (
        difference(
            small,
            shown(write(tmp_path / "b.pdf", paper, page={"MediaBox": Array([50, 300, 400, 600]), "Rotate": rotate})),
        )
        < 4
    )


def test_one_picture_shared_by_two_pages(tmp_path: Path, paper: Gray, load: Load) -> None:
    """Each page is its own half of the picture."""
    path = write(tmp_path / "a.pdf", paper, page={"MediaBox": Array([0, 315.72, 446.4, 631.44])})
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.pages.append(pdf.pages[0])
        pdf.pages[1].obj.MediaBox = Array([0, 0, 446.4, 315.72])
        pdf.save(path)
    halves = [load(path, index).image for index in (0, 1)]
    assert all(half is not None and half.gray.shape in {(438, WIDE), (439, WIDE)} for half in halves)
    assert difference(np.concatenate([half.gray for half in halves if half is not None]), paper) < 3


def test_pictures_beside_the_page_do_not_count(
    tmp_path: Path, paper: Gray, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two pictures side by side of which the page shows one: that one is taken."""
    path = write(tmp_path / "a.pdf", paper, page={"MediaBox": Array(FULL_BOX)})
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        sheet = pdf.pages[0]
        content = b"q 446.4 0 0 631.44 446.4 0 cm /Im0 Do Q q 446.4 0 0 631.44 0 0 cm /Im0 Do Q"
        sheet.obj.Contents = pdf.make_stream(content)
        pdf.save(path)
    loaded = taken(load, path, monkeypatch)
    assert loaded.image is not None
    assert difference(loaded.image.gray, paper) < 2


QUARTERS = st.integers(0, 3)


@given(
    edges=st.tuples(*[st.integers(-100, 260)] * 2, *[st.integers(300, 700)] * 2),
    quarter=QUARTERS,
    mirrored=st.booleans(),
    rotate=st.integers(-5, 5),
    crop=st.booleans(),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_box_and_placement_is_shown_as_poppler_shows_it(
    tmp_path: Path,
    paper: Gray,
    load: Load,
    *,
    edges: tuple[int, int, int, int],
    quarter: int,
    mirrored: bool,
    rotate: int,
    crop: bool,
) -> None:
    """Whatever the box, the turn and the placement: the page is what poppler shows, but for white around the
    picture.
    """
    left, bottom, right, top = edges
    a, b = (446.4, 0.0) if quarter % 2 == 0 else (0.0, 631.44)
    turns = {
        0: (a, 0, 0, 631.44, 0, 0),
        1: (0, b, -446.4, 0, 446.4, 0),
        2: (-446.4, 0, 0, -631.44, 446.4, 631.44),
        3: (0, -b, 446.4, 0, 0, 631.44),
    }
    matrix = turns[quarter]
    if mirrored:
        matrix = (-matrix[0], -matrix[1], matrix[2], matrix[3], matrix[4] + matrix[0], matrix[5] + matrix[1])
    inside = (
        max(0, left),
        max(0, bottom),
        min(446.4, right),
        min(631.44, top),
    )  # white around the picture is not part of what is taken
    page: dict[str, object] = {"MediaBox": Array(inside), "Rotate": 90 * rotate}
    if crop:
        page = {"MediaBox": Array([-200, -200, 800, 800]), "CropBox": Array(inside), "Rotate": 90 * rotate}
    path = write(tmp_path / "a.pdf", paper, page=page, matrix=matrix)
    seen, loaded = shown(path), load(path)
    assert loaded.image is not None
    mine = upright(loaded)
    if quarter % 2:  # the picture is stretched when it lies on its side
        mine = cv2.resize(mine, (seen.shape[1], seen.shape[0]), interpolation=cv2.INTER_AREA)
    assert difference(mine, seen) < 8
