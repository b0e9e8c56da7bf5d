"""Short page descriptions are read without qpdf only where both see the same."""

import pikepdf
import pytest

from scanform.scan.files.limits import Limits
from scanform.scan.pdf.pdf_walk import _instructions, _plain_instructions


@pytest.mark.parametrize(
    "content",
    [
        b"q 595.44 0 0 842.04 0 0 cm /Im0 Do Q",
        b"q\n612 0 0 -.5e0 0 0 cm\n/Im0 Do\nQ\n",
        b"q 1 0 0 1 0 0 cm q 595 0 0 842 0 0 cm /X-1.b Do Q Q",
        b"  \r\n",
        b"q 595 0 0 +842. -.5 0 cm/Im0 Do Q",
        b"q 595 0 0 842 0 0 cm % a comment\n/Im0 Do Q",
        b"q 0 0 0 cm /Im0 Do Q",
        b"q 1 0 0 1 0 0 cm BI /W 1 ID x EI Q",
        b"q\x0b595 0 0 842 0 0 cm /Im0 Do Q",
        b"q 595 0 0 842 0 0 cm /Im#30 Do Q",
        b"BT 3 Tr (x) Tj ET q 595 0 0 842 0 0 cm /Im0 Do Q",
        b"q 595 0 0 842 0 0 cm /Im0 Do Q 5",
        b"q 595 0 0 842 0 0 cm Q " * 30,
    ],
)
def test_plain_words_mean_what_qpdf_reads(content: bytes) -> None:
    """Operators and operands are the same; where the short way gives up, the long one is taken."""
    plain = _plain_instructions(content)
    if plain is None:
        return
    scratch = pikepdf.Pdf.new()
    seen = [
        (str(one.operator), [_value(operand) for operand in one.operands])
        for one in pikepdf.parse_content_stream(scratch.make_stream(content))
    ]
    assert [(name, list(operands)) for name, operands in plain] == seen


def _value(operand: object) -> object:
    return str(operand) if isinstance(operand, pikepdf.Object) else float(str(operand))


def test_what_scanners_write_is_plain() -> None:
    """The usual description takes the short way; anything with other words, comments or odd white space does not."""
    assert _plain_instructions(b"q 595.44 0 0 842.04 0 0 cm /Im0 Do Q") is not None
    for other in (b"BT ET", b"q % Q", b"1 0 0 1 cm", b"/Im#30 Do", b"q\x0bQ", b"q Q " * 100, b"7"):
        assert _plain_instructions(other) is None
    scratch = pikepdf.Pdf.new()
    assert [name for name, _ in _instructions(scratch.make_stream(b"q /Im0 Do Q"), Limits())] == ["q", "Do", "Q"]
