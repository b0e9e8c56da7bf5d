"""Determines whether a PDF page is one picture and nothing else: a small parser of page descriptions (ISO 32000-1, 8
and 9).
"""

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import pikepdf

from scanform.scan.files.errors import NotOneImageError
from scanform.scan.files.limits import Limits
from scanform.scan.pdf.pdf_file import Box, page_box

Operand = pikepdf.Object | float | str
Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
COVERS_ALL = 0.995
"""Minimum fraction of the page for an opaque picture to hide everything drawn before it."""
COVERS_ENOUGH = 0.5
"""A picture on a smaller fraction of the page is a part of it (a logo), not the scan."""
_GENERIC = frozenset({"/FlateDecode", "/LZWDecode", "/ASCII85Decode", "/ASCIIHexDecode", "/RunLengthDecode"})
_DEPTH = 6
_INVISIBLE = 3
_WATCHED = (
    "q Q cm Do Tr Tj TJ ' \" Tf gs re m l c v y h W W* n f F f* B B* b b* s S sh g rg k sc scn cs BDC BI ID EI INLINE "
    "IMAGE"
)
_PAINTS = frozenset({"f", "F", "f*", "B", "B*", "b", "b*", "s", "S", "sh"})
_TEXT = frozenset({"Tj", "TJ", "'", '"'})
_PATH = frozenset({"m", "l", "c", "v", "y"})
_SHORT = 256
"""Maximum bytes of a page description that is first tried as the few plain words that scanners write around a picture.
"""
_PLAIN_WORD = re.compile(
    rb"(?P<number>[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))|(?P<name>/[A-Za-z0-9_.-]+)|(?P<operator>q|Q|cm|Do)"
)
_OPERANDS = {"q": 0, "Q": 0, "cm": 6, "Do": 1}
_UNSEEN_ANNOTATIONS = frozenset({"/Link", "/Popup"})
_HIDDEN, _NO_VIEW = 2, 32


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedImage:
    """A picture and its position: `matrix` maps the unit square to points."""

    image: pikepdf.Object
    matrix: Matrix


@dataclass(frozen=True, slots=True)
class _State:
    """The part of the graphics state that matters here."""

    ctm: Matrix = IDENTITY
    clip: Box | None = None
    render_mode: int = 0
    type3: bool = False
    black: bool = True


def sole_image(page: pikepdf.Page, limits: Limits) -> PlacedImage | None:
    """The one picture that is everything visible on `page`, or None if the page has to be rendered.

    Invisible text (searchable PDFs) and anything under the picture are ignored; annotations, form fields, layers,
    masks, transparency, clipping that cuts, several pictures: None.
    """
    if any(_annotation_shows(note) for note in _annotations(page)):
        return None
    walker = _Walker(page_box(page), limits)
    try:
        walker.run(page.Contents, page.obj.get("/Resources"), 0)
    except (
        NotOneImageError,
        pikepdf.PdfError,
        AttributeError,
        KeyError,
        TypeError,
        ValueError,
        IndexError,
        zlib.error,
    ):
        return None
    return walker.result()


class _Walker:
    """Reads operators and keeps what is visible: at most one picture, or the fact that there is something else."""

    def __init__(self, box: Box | None, limits: Limits) -> None:
        self.box, self.limits, self.operators = box, limits, 0
        self.state, self.stack = _State(), list[_State]()
        self.visible: list[PlacedImage | None] = []
        self.rects: list[Box] = []
        self.crooked = self.clipping = False

    def result(self) -> PlacedImage | None:
        only = self.visible[0] if len(self.visible) == 1 else None
        return only if only is not None and self._fraction_covered(only.matrix) >= COVERS_ENOUGH else None

    def run(self, contents: pikepdf.Object, resources: pikepdf.Object | None, depth: int) -> None:
        if depth > _DEPTH:
            raise NotOneImageError
        for name, operands in _instructions(contents, self.limits):
            self.operators += 1
            if self.operators > self.limits.max_operators:
                raise NotOneImageError
            self.step(name, operands, resources, depth)

    def step(self, name: str, operands: Sequence[Operand], resources: pikepdf.Object | None, depth: int) -> None:
        if name == "Do":
            self.draw(_resource(resources, "/XObject", operands[0]), resources, depth)
        elif name == "q":
            self.stack.append(self.state)
        elif name == "Q":
            self.state = self.stack.pop() if self.stack else self.state
        elif name in _TEXT:
            if self.state.render_mode != _INVISIBLE or self.state.type3:
                self.visible.append(None)
        elif name in _PAINTS or name == "n":
            self.end_path(painted=name != "n")
        elif name in {"INLINE IMAGE", "BI"} or (name == "BDC" and str(operands[0]) == "/OC"):
            raise NotOneImageError
        else:
            self.change_state(name, operands, resources)

    def change_state(self, name: str, operands: Sequence[Operand], resources: pikepdf.Object | None) -> None:
        state = self.state
        if name == "cm":
            self.state = replace(state, ctm=multiply(_matrix(operands), state.ctm))
        elif name == "Tr":
            self.state = replace(state, render_mode=int(operands[0]))
        elif name == "Tf":
            self.state = replace(
                state, type3=str(_resource(resources, "/Font", operands[0]).get("/Subtype")) == "/Type3"
            )
        elif name == "gs":
            _check_plain(_resource(resources, "/ExtGState", operands[0]))
        elif name == "re":
            x, y, w, h = (float(value) for value in operands)
            self.rects.append(_bounds(multiply((w, 0, 0, h, x, y), state.ctm)))
            self.crooked = self.crooked or (bool(state.ctm[1] or state.ctm[2]) and bool(state.ctm[0] or state.ctm[3]))
        elif name in _PATH:
            self.crooked = True
        elif name in {"W", "W*"}:
            self.clipping = True
        elif name in {"g", "rg", "k", "sc", "scn", "cs"}:
            self.state = replace(state, black=_is_black(name, operands))

    def end_path(self, *, painted: bool) -> None:
        if painted:
            self.visible.append(None)
        if self.clipping:
            if self.crooked or len(self.rects) != 1:
                raise NotOneImageError
            self.state = replace(self.state, clip=_common(self.state.clip, self.rects[0]))
        self.rects, self.crooked, self.clipping = [], False, False

    def draw(self, drawn: pikepdf.Object, resources: pikepdf.Object | None, depth: int) -> None:
        if "/OC" in drawn:
            raise NotOneImageError
        if str(drawn.get("/Subtype")) == "/Form":
            outer, depth_of_stack = self.state, len(self.stack)
            inner = multiply(_matrix(drawn.get("/Matrix", IDENTITY)), outer.ctm)
            left, bottom, right, top = (float(value) for value in drawn["/BBox"])
            box = _bounds(multiply((right - left, 0.0, 0.0, top - bottom, left, bottom), inner))
            self.state = replace(outer, ctm=inner, clip=_common(outer.clip, box))
            self.run(drawn, drawn.get("/Resources", resources), depth + 1)
            del self.stack[depth_of_stack:]
            self.state = outer
            return
        self.draw_image(drawn)

    def draw_image(self, image: pikepdf.Object) -> None:
        stencil = bool(image.get("/ImageMask", False))
        placed = PlacedImage(image=image, matrix=self.state.ctm)
        if not self._fraction_covered(placed.matrix):
            return  # beside the page, invisible
        if (
            "/SMask" in image
            or "/Mask" in image
            or int(image.get("/SMaskInData", 0))
            or (stencil and not self.state.black)
        ):
            raise NotOneImageError
        if self._clipped(placed.matrix):
            raise NotOneImageError
        if not stencil and self._fraction_covered(placed.matrix) >= COVERS_ALL:
            self.visible.clear()
        self.visible.append(placed)

    def _fraction_covered(self, matrix: Matrix) -> float:
        """Fraction of the page that a picture covers; 1 if the page has no usable box."""
        if self.box is None:
            return 1.0
        overlap = _common(_bounds(matrix), self.box)
        return _area(overlap) / _area(self.box)

    def _clipped(self, matrix: Matrix) -> bool:
        """Whether the clipping path hides more than a rim of the part of the picture on the page."""
        if self.state.clip is None:
            return False
        shown = _bounds(matrix) if self.box is None else _common(_bounds(matrix), self.box)
        return _area(_common(shown, self.state.clip)) < COVERS_ALL * _area(shown)


def multiply(first: Matrix, then: Matrix) -> Matrix:
    """The matrix that applies `first`, and `then` to the result (row vectors, as in PDF)."""
    a, b, c, d, e, f = first
    m, n, o, p, q, r = then
    return (a * m + b * o, a * n + b * p, c * m + d * o, c * n + d * p, e * m + f * o + q, e * n + f * p + r)


def _instructions(contents: pikepdf.Object, limits: Limits) -> Iterator[tuple[str, Sequence[Operand]]]:
    """Operators with their operands, of one stream or an array of streams that count as one."""
    parts = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
    data = b"\n".join(bounded_bytes(part, limits.max_stream_bytes) for part in parts)
    if len(data) > limits.max_stream_bytes:
        raise NotOneImageError
    plain = _plain_instructions(data)
    if plain is not None:
        yield from plain
        return
    scratch = pikepdf.Pdf.new()
    for instruction in pikepdf.parse_content_stream(scratch.make_stream(data), _WATCHED):
        yield str(instruction.operator), list(instruction.operands)


def _plain_instructions(data: bytes) -> list[tuple[str, Sequence[Operand]]] | None:
    """The instructions of a short page description of numbers, names and q, Q, cm, Do, all separated by white space;
    None for any other.
    """
    if len(data) > _SHORT or b"\v" in data:  # white space for Python, not for PDF
        return None
    found: list[tuple[str, Sequence[Operand]]] = []
    operands: list[Operand] = []
    for word in data.split():
        match = _PLAIN_WORD.fullmatch(word)
        if match is None:
            return None
        if match.lastgroup != "operator":
            operands.append(float(word) if match.lastgroup == "number" else word.decode("ascii"))
            continue
        operator = word.decode("ascii")
        if len(operands) != _OPERANDS[operator]:
            return None
        found.append((operator, operands))
        operands = []
    return None if operands else found


def bounded_bytes(stream: pikepdf.Object, limit: int) -> bytes:
    """The decoded content of a stream of at most `limit` bytes; raises NotOneImageError if decoding is not safe."""
    names = filters(stream)
    if names == ["/FlateDecode"] and "/DecodeParms" not in stream:
        data = zlib.decompressobj().decompress(stream.read_raw_bytes(), limit + 1)
    elif not names:
        data = stream.read_raw_bytes()
    elif (
        set(names) <= _GENERIC and len(stream.read_raw_bytes()) * 1032 <= 4 * limit
    ):  # the highest ratio of Flate (RFC 1951)
        data = stream.read_bytes()
    else:
        raise NotOneImageError
    if len(data) > limit:
        raise NotOneImageError
    return bytes(data)


def filters(stream: pikepdf.Object) -> list[str]:
    """The names of the filters of a stream, outermost first."""
    value = stream.get("/Filter")
    if value is None:
        return []
    return [str(name) for name in value] if isinstance(value, pikepdf.Array) else [str(value)]


def _annotations(page: pikepdf.Page) -> list[pikepdf.Object]:
    value = page.obj.get("/Annots")
    return list(value) if isinstance(value, pikepdf.Array) else []


def _annotation_shows(note: pikepdf.Object) -> bool:
    """Whether a viewer shows this annotation; those without an appearance count too, because poppler draws ink from its
    strokes.
    """
    if not isinstance(note, pikepdf.Dictionary):
        return False
    try:
        flags = int(note.get("/F", 0))
    except (TypeError, ValueError):
        flags = 0
    return str(note.get("/Subtype")) not in _UNSEEN_ANNOTATIONS and not flags & (_HIDDEN | _NO_VIEW)


def _resource(resources: pikepdf.Object | None, group: str, name: Operand) -> pikepdf.Object:
    if resources is None:
        raise NotOneImageError
    found: pikepdf.Object = resources[group][str(name)]
    return found


_PLAIN_STATE: tuple[tuple[str, Callable[[pikepdf.Object], bool]], ...] = (
    ("/ca", lambda value: float(value) == 1),
    ("/CA", lambda value: float(value) == 1),
    ("/SMask", lambda value: str(value) == "/None"),
    ("/BM", lambda value: str(value) in {"/Normal", "/Compatible"}),
    ("/TR", lambda value: str(value) == "/Identity"),
    ("/TR2", lambda value: str(value) in {"/Identity", "/Default"}),
)


def _check_plain(state: pikepdf.Object) -> None:
    if not all(is_plain(state[key]) for key, is_plain in _PLAIN_STATE if key in state):
        raise NotOneImageError


def _is_black(name: str, operands: Sequence[Operand]) -> bool:
    values = [float(value) for value in operands] if name in {"g", "rg", "k"} else []
    return (name in {"g", "rg"} and not any(values)) or (name == "k" and values[3:] == [1.0])


def _matrix(values: object) -> Matrix:
    a, b, c, d, e, f = (float(value) for value in values)  # type: ignore[attr-defined]  # a pikepdf array or a list
    return (a, b, c, d, e, f)


def _bounds(matrix: Matrix) -> Box:
    """The bounding box of the unit square under `matrix`."""
    a, b, c, d, e, f = matrix
    xs, ys = (e, e + a, e + c, e + a + c), (f, f + b, f + d, f + b + d)
    return (min(xs), min(ys), max(xs), max(ys))


def _common(first: Box | None, second: Box) -> Box:
    if first is None:
        return second
    left, bottom = max(first[0], second[0]), max(first[1], second[1])
    return (left, bottom, max(left, min(first[2], second[2])), max(bottom, min(first[3], second[3])))


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
