"""Synthetic pages: markers, codes, boxes and lines drawn with cv2, and warps with known truth."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import zxingcpp

from scanform import pagecode
from scanform.imaging.page_image import BlankPage, PageImage
from scanform.model.geometry import A4, RectMm
from scanform.model.layout import CodeArea, Fiducial, Layout, PageLayout, Zone, ZoneKind
from scanform.model.page import Identity
from scanform.model.questionnaire import Filled
from scanform.register.prepare import prepare_page

DPI = 406.4
PPM = DPI / 25.4
SPOTS = [(10, 10), (101, 10), (192, 10), (10, 120), (192, 120), (10, 279), (101, 279), (192, 279)]


def rect(x, y, w, h):
    return RectMm(x=float(x), y=float(y), w=float(w), h=float(h))


def make_page(number):
    """A page with two columns of boxes, a row of cells and furniture."""
    fiducials = tuple(
        Fiducial(kind="aruco-4x4-250", id=8 * (number - 1) + i, rect=rect(x, y, 8, 8)) for i, (x, y) in enumerate(SPOTS)
    )
    codes = (
        CodeArea(kind="qr", rect=rect(172, 12, 12.5, 12.5)),
        CodeArea(kind="qr", rect=rect(25, 272, 12.5, 12.5)),
        CodeArea(kind="text", rect=rect(125, 280, 50, 5)),
    )
    spots = [(x, 40 + 9 * row) for row in range(25) for x in (28, 75, 128) if not (x == 75 and 8 < row < 16)]
    zones = [
        Zone(id=f"z{i}", question=f"q{i // 4}", option="a", multiple=False, kind=ZoneKind.MARK, rect=rect(x, y, 5, 5))
        for i, (x, y) in enumerate(spots)
    ]
    cells = tuple(rect(150 + 8 * i, 200, 6, 8) for i in range(4))
    zones.append(Zone(id="cells", question="year", kind=ZoneKind.COMB, rect=rect(150, 200, 30, 8), cells=cells))
    return PageLayout(
        number=number, size=A4, blank=f"page-{number}.png", fiducials=fiducials, codes=codes, zones=tuple(zones)
    )


def make_layout(name="tiny", pages=2):
    layout = Layout(
        questionnaire=name,
        version="1",
        language="en",
        variant="standard",
        digest="",
        filled=Filled.WITHDRAWN,
        pages=tuple(make_page(n + 1) for n in range(pages)),
    )
    return replace(layout, digest=pagecode.layout_digest(layout))


def px(value):
    return round(value * PPM)


def paste(gray, picture, area):
    x, y, w, h = px(area.x), px(area.y), px(area.w), px(area.h)
    gray[y : y + h, x : x + w] = cv2.resize(picture, (w, h), interpolation=cv2.INTER_NEAREST)


def draw_page(page, *, identity=None, payloads=None):
    """The printed page at 16 px per mm; with an identity (or two payloads) also the codes and the text id."""
    gray = np.full((px(page.size.h), px(page.size.w)), 255, np.uint8)
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_250)
    for mark in page.fiducials:
        paste(gray, dictionary.generateImageMarker(mark.id, 120), mark.rect)
    line = px(0.35)
    for box in [zone.rect for zone in page.zones if zone.kind is ZoneKind.MARK] + [
        cell for zone in page.zones for cell in zone.cells
    ]:
        x, y, right, bottom = px(box.x), px(box.y), px(box.right), px(box.bottom)
        gray[y:bottom, x:right] = 0
        gray[y + line : bottom - line, x + line : right - line] = 255
    rng = np.random.default_rng(page.number)
    for zone in page.zones:
        words = " ".join("".join(rng.choice(list("aeinrstlmodu"), int(rng.integers(2, 9)))) for _ in range(3))
        cv2.putText(
            gray,
            words,
            (px(zone.rect.right + 2), px(zone.rect.y + 4.2)),
            cv2.FONT_HERSHEY_SIMPLEX,
            1.5,
            0,
            4,
            cv2.LINE_AA,
        )
    if identity is not None or payloads is not None:
        codes = [area for area in page.codes if area.kind == "qr"]
        for area, payload in zip(codes, payloads or [pagecode.encode(identity)] * 2, strict=True):
            paste_code(gray, payload, area.rect)
    if identity is not None:
        text = pagecode.form_id(identity.digest, identity.instance)
        area = next(area.rect for area in page.codes if area.kind == "text")
        cv2.putText(gray, text, (px(area.x), px(area.bottom - 1)), cv2.FONT_HERSHEY_DUPLEX, 1.6, 0, 3, cv2.LINE_AA)
    return gray


def paste_code(gray, payload, area):
    code = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode, ec_level="Q", version=2)
    paste(gray, np.array(code.to_image(scale=1, add_quiet_zones=False)), area)


def blank_page(gray):
    return BlankPage(gray=gray, px_per_mm_x=gray.shape[1] / A4.w, px_per_mm_y=gray.shape[0] / A4.h)


@dataclass
class Scan:
    """A scan and its truth: `truth(points_mm)` gives the pixels of points (N, 2)."""

    image: PageImage
    truth: object

    def errors_mm(self, page_map, points_mm):
        wanted = self.truth(points_mm)
        return np.linalg.norm(page_map.to_mm(wanted) - page_map.to_mm(page_map.to_px(points_mm)), axis=1)


def scan(
    gray,
    *,
    dpi=300,
    turn=0.0,
    scale=1.0,
    blur_mm=0.06,
    noise=4.0,
    jpeg=None,
    bilevel=False,
    perspective=0.0,
    bend=None,
    seed=1,
    paper=225,
    margin=0.0,
):
    """Scan a print of 16 px per mm: `turn` in degrees (any), `bend(points_mm) -> offsets_mm` shifts the paper,
    `perspective` in share of the width.
    """
    rng = np.random.default_rng(seed)
    ppm = dpi / 25.4 * scale
    quarter = round(turn / 90) % 4
    out_w, out_h = (
        round(dpi / 25.4 * side * (1 + margin)) for side in ((A4.w, A4.h) if quarter % 2 == 0 else (A4.h, A4.w))
    )
    angle = np.radians(turn)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * ppm
    middle = np.array([A4.w / 2, A4.h / 2])
    affine = np.eye(3)
    affine[:2, :2] = rotation
    affine[:2, 2] = np.array([out_w / 2, out_h / 2]) - rotation @ middle
    p = perspective
    corners = np.float32([[0, 0], [out_w, 0], [out_w, out_h], [0, out_h]])
    moved = np.float32([[p * out_w, p * out_h], [out_w * (1 - p / 2), 0], [out_w, out_h], [0, out_h * (1 - p / 3)]])
    homography = cv2.getPerspectiveTransform(corners, moved).astype(np.float64) @ affine

    def truth(points_mm):
        points = np.asarray(points_mm, dtype=np.float64).reshape(-1, 2)
        points = points + (bend(points) if bend else 0)
        return cv2.perspectiveTransform(points.reshape(-1, 1, 2), homography).reshape(-1, 2)

    picture = cv2.GaussianBlur(gray, (0, 0), max(0.3, 0.5 * DPI / dpi / 1.5 + blur_mm * PPM * 0.5))
    grid = np.stack(np.meshgrid(np.arange(out_w), np.arange(out_h)), axis=-1).reshape(-1, 1, 2).astype(np.float64)
    mm = cv2.perspectiveTransform(grid, np.linalg.inv(homography)).reshape(-1, 2)
    if bend:
        source = mm
        for _ in range(4):
            source = mm - bend(source)
        mm = source
    x, y = (np.ascontiguousarray((mm * PPM - 0.5)[:, axis], dtype=np.float32).reshape(out_h, out_w) for axis in (0, 1))
    result = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=255).astype(
        np.float32
    )
    result = 30 + result / 255 * (paper - 30) + rng.normal(0, noise, result.shape).astype(np.float32)
    result = np.clip(result, 0, 255).astype(np.uint8)
    if bilevel:
        result = np.where(result > 140, 255, 0).astype(np.uint8)
    if jpeg:
        result = cv2.imdecode(cv2.imencode(".jpg", result, [cv2.IMWRITE_JPEG_QUALITY, jpeg])[1], cv2.IMREAD_GRAYSCALE)
    return Scan(image=PageImage(gray=result, dpi=float(dpi)), truth=truth)


def wipe(gray, *areas, margin=1.0):
    """A copy in which the areas are white."""
    gray = gray.copy()
    for area in areas:
        gray[px(area.y - margin) : px(area.bottom + margin), px(area.x - margin) : px(area.right + margin)] = 255
    return gray


def instance(layout, page=1, name="0000001"):
    return Identity(digest=layout.digest, instance=name, page=page, pages=len(layout.pages))


def box_centres(page):
    return np.array([(zone.rect.centre.x, zone.rect.centre.y) for zone in page.zones if zone.kind is ZoneKind.MARK])


@pytest.fixture(scope="session")
def layout():
    return make_layout()


@pytest.fixture(scope="session")
def printed(layout):
    """Page 1 as printed, at 16 px per mm, with codes."""
    return draw_page(layout.page(1), identity=instance(layout))


@pytest.fixture(scope="session")
def blank(layout):
    """Page 1 without codes, as a blank page."""
    return blank_page(draw_page(layout.page(1)))


@pytest.fixture(scope="session")
def check(layout, blank):
    """The landmarks of page 1."""
    return prepare_page(layout.page(1), blank)


@pytest.fixture(scope="session")
def kit():
    """The tools of this file, for the tests."""
    return SimpleNamespace(
        PPM=PPM,
        blank_page=blank_page,
        box_centres=box_centres,
        draw_page=draw_page,
        instance=instance,
        make_layout=make_layout,
        make_page=make_page,
        paste=paste,
        paste_code=paste_code,
        px=px,
        rect=rect,
        scan=scan,
        wipe=wipe,
    )
