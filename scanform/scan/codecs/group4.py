"""Group 4 fax (ITU-T T.6), decoded with a proof that the decoder was in step with the data up to their end.

After a wrong code libtiff continues as best it can, takes the end of the data for the end of the page and reports only
part of that. A decoder out of step ends at another bit or in another row. So the end mark of the data is replaced by
one more row, whose codes do not depend on the row before: if it comes out complete, as the row after the last one, all
bits were read, and gave exactly the expected number of rows.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from scanform.imaging.page_image import Gray
from scanform.scan.codecs.fax_file import as_tiff, decode_tiff
from scanform.scan.codecs.libtiff_messages import complaint, native_messages

_END = 0x001001
_END_BITS = 24
"""EOFB, the end of a facsimile block (T.6, 2.4.1.1): 000000000001 twice."""
_HORIZONTAL = "001"
_RUNS: tuple[tuple[int, str, int, str], ...] = (
    (8, "10011", 6, "0010"),
    (15, "110101", 9, "000100"),
    (10, "00111", 5, "0011"),
    (13, "000011", 10, "0000100"),
    (9, "10100", 7, "00011"),
    (12, "001000", 4, "011"),
    (17, "101011", 8, "000101"),
)
"""Runs of white and black with their codes (T.4, table 2): a row that no scan contains by chance."""
_LAST = "".join(_HORIZONTAL + white + black for _, white, _, black in _RUNS) + "000000000001" * 2
LEAST_WIDTH = sum(white + black for white, _, black, _ in _RUNS) + 1


def decode_group4(strips: Sequence[bytes], *, width: int, rows: Sequence[int]) -> Gray | None:
    """The strips of a page, `rows` each, as grey (H, W): white runs 255, black runs 0; None if the proof fails or is
    not possible.

    A failed proof says nothing about the data: some encoders omit the end mark, or write another number of rows than
    they declare.
    """
    if width < LEAST_WIDTH or len(strips) != len(rows) or not strips:
        return None
    ends = [end_mark(strip) for strip in strips]
    gray = _proved(strips, ends, width=width, rows=rows)
    if gray is not None:
        return gray
    first = [first_end(strip) for strip in strips]  # other data may follow: Pillow passes the rest of its file
    return None if first == ends else _proved(strips, first, width=width, rows=rows)


def _proved(strips: Sequence[bytes], ends: Sequence[int | None], *, width: int, rows: Sequence[int]) -> Gray | None:
    proved = [_with_last_row(strip, end) for strip, end in zip(strips, ends, strict=True) if end is not None]
    if len(proved) < len(strips):
        return None
    high = max(rows) + 1
    with native_messages() as messages:
        gray = decode_tiff(as_tiff(proved, width=width, rows=high, group=-1))
    blocks = gray.reshape(len(strips), high, width)
    if complaint(messages) or not all(
        np.array_equal(block[count], _last_row(width)) for block, count in zip(blocks, rows, strict=True)
    ):
        return None
    return (
        blocks[0, : rows[0]]
        if len(strips) == 1
        else np.concatenate([block[:count] for block, count in zip(blocks, rows, strict=True)])
    )


def end_mark(data: bytes) -> int | None:
    """The bit at which the end mark begins if only padding follows it, else None; of several in a row, as a Sharp
    copier writes, the first.
    """
    tail = data[-64:].rstrip(b"\x00\r\n") if len(data) > 64 else data.rstrip(b"\x00\r\n")
    last = int.from_bytes(tail, "big")
    if not last:
        return None
    padding = (last & -last).bit_length() - 1
    marks = 0
    while last >> (padding + marks * _END_BITS) & ((1 << _END_BITS) - 1) == _END:
        marks += 1
    if not marks:
        return None
    return 8 * (max(0, len(data) - 64) + len(tail)) - padding - marks * _END_BITS


def first_end(data: bytes) -> int | None:
    """The bit at which the first end mark begins, whatever follows it: no code holds as many zeros (T.6, 2.4.1.1)."""
    found = [at for shift in range(8) if (at := _mark_at(data, shift)) is not None]
    return min(found) if found else None


def up_to_end(data: bytes) -> bytes:
    """The data without what follows their first end mark."""
    end = first_end(data)
    return data if end is None else data[: (end + _END_BITS + 7) // 8]


def _mark_at(data: bytes, shift: int) -> int | None:
    """The first bit of the first end mark that begins `shift` bits into a byte."""
    mark, mask = (number << (8 - shift) for number in (_END, (1 << _END_BITS) - 1))
    middle, at = mark.to_bytes(4, "big")[1:3], -1
    while (at := data.find(middle, at + 1)) >= 0:
        if at and int.from_bytes(data[at - 1 : at + 3].ljust(4, b"\0"), "big") & mask == mark:
            return 8 * (at - 1) + shift
    return None


def _with_last_row(data: bytes, end: int) -> bytes:
    """The data with the codes of one more row and an end mark from bit `end` on."""
    whole, left = divmod(end, 8)
    bits = (format(data[whole], "08b")[:left] if left else "") + _LAST
    bits += "0" * (-len(bits) % 8)
    return data[:whole] + int(bits, 2).to_bytes(len(bits) // 8, "big")


@lru_cache(maxsize=16)
def _last_row(width: int) -> Gray:
    row, at = np.full(width, 255, np.uint8), 0
    for white, _, black, _ in _RUNS:
        row[at + white : at + white + black] = 0
        at += white + black
    return row
