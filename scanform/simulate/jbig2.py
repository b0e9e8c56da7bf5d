"""JBIG2 generic regions: the only coding of ITU-T T.88 (2000) that scanners use for whole pages, arithmetic or MMR."""

import struct

import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Gray

_QE = (
    "5601 1 1 1,3401 2 6 0,1801 3 9 0,0AC1 4 12 0,0521 5 29 0,0221 38 33 0,5601 7 6 1,5401 8 14 0,4801 9 14 0,3801 10 "
    "14 0,3001 11 17 0,2401 12 18 0,"
    "1C01 13 20 0,1601 29 21 0,5601 15 14 1,5401 16 14 0,5101 17 15 0,4801 18 16 0,3801 19 17 0,3401 20 18 0,3001 21 "
    "19 0,2801 22 19 0,2401 23 20 0,"
    "2201 24 21 0,1C01 25 22 0,1801 26 23 0,1601 27 24 0,1401 28 25 0,1201 29 26 0,1101 30 27 0,0AC1 31 28 0,09C1 32 "
    "29 0,08A1 33 30 0,0521 34 31 0,"
    "0441 35 32 0,02A1 36 33 0,0221 37 34 0,0141 38 35 0,0111 39 36 0,0085 40 37 0,0049 41 38 0,0025 42 39 0,0015 43 "
    "40 0,0009 44 41 0,0005 45 42 0,"
    "0001 45 43 0,5601 46 46 0"
)
"""T.88 table E.1: Qe, next state after the more and the less probable symbol, whether the symbols swap."""

_TYPICAL_CONTEXT = 0x9B25  # T.88, 6.2.5.7: context of the bit "this row is like the one above", template 0
_NOMINAL_AT = bytes((0x03, 0xFF, 0xFD, 0xFF, 0x02, 0xFE, 0xFE, 0xFE))


def page_segments(gray: Gray, *, mmr: bytes | None = None) -> bytes:
    """A page thresholded at 128, in the form embedded in PDF: page information (segment type 48) and an immediate
    lossless generic region (39), without file header and end segments (ISO 32000-1, 7.4.7). `mmr` holds T.6 data of the
    page; without it the region is arithmetic coded, template 0, typical rows skipped.
    """
    height, width = gray.shape
    region = struct.pack(">IIIIB", width, height, 0, 0, 0)
    coded = b"\x01" + mmr if mmr is not None else b"\x08" + _NOMINAL_AT + _arithmetic((gray < 128).astype(np.uint8))
    return _segment(0, 48, struct.pack(">IIIIBH", width, height, 0, 0, 0x01, 0)) + _segment(1, 39, region + coded)


def _segment(number: int, kind: int, data: bytes) -> bytes:
    """A segment header of T.88, 7.2 (no references, page 1) and its data."""
    return struct.pack(">IBBBI", number, kind, 0, 1, len(data)) + data


def _arithmetic(black: NDArray[np.uint8]) -> bytes:
    """The rows of a bitmap (H, W), 1 = black, coded with template 0 and typical prediction."""
    coder = _Coder()
    contexts = _contexts(black)
    above = np.zeros(black.shape[1], np.uint8)
    typical = 0
    for row, context in zip(black, contexts, strict=True):
        same = int(np.array_equal(row, above))
        coder.encode([_TYPICAL_CONTEXT], [same ^ typical])
        typical = same
        if not same:
            coder.encode(context.tolist(), row.tolist())
        above = row
    return coder.finish()


def _contexts(black: NDArray[np.uint8]) -> NDArray[np.int32]:
    """The 16 neighbours of each pixel as a number (T.88, figure 3, adaptive pixels at nominal positions); (H, W)."""
    height, width = black.shape
    padded = np.pad(black, ((2, 0), (4, 4))).astype(np.int32)
    places = [
        (0, -1),
        (0, -2),
        (0, -3),
        (0, -4),
        *((-1, dx) for dx in range(3, -4, -1)),
        *((-2, dx) for dx in range(2, -3, -1)),
    ]
    found = np.zeros((height, width), np.int32)
    for bit, (dy, dx) in enumerate(places):
        found |= padded[2 + dy : 2 + dy + height, 4 + dx : 4 + dx + width] << bit
    return found


class _Coder:
    """The MQ encoder of T.88, annex E.2."""

    def __init__(self) -> None:
        rows = [line.split() for line in _QE.split(",")]
        self._qe = [int(row[0], 16) for row in rows for _ in (0, 1)]
        # A state is 2 * index + more probable symbol.
        self._more = [2 * int(row[1]) + symbol for row in rows for symbol in (0, 1)]
        self._less = [2 * int(row[2]) + (symbol ^ int(row[3])) for row in rows for symbol in (0, 1)]
        self._states = [0] * (1 << 16)
        self._a, self._c, self._count, self._byte = 0x8000, 0, 12, -1
        self._out = bytearray()

    def encode(self, contexts: list[int], bits: list[int]) -> None:
        """Codes `bits`, each in its context."""
        states, table = self._states, self._qe
        a, c = self._a, self._c
        for context, bit in zip(contexts, bits, strict=True):
            state = states[context]
            qe = table[state]
            a -= qe
            if bit == state & 1:
                if a & 0x8000:
                    c += qe
                    continue
                a, c = (qe, c) if a < qe else (a, c + qe)
                states[context] = self._more[state]
            else:
                a, c = (a, c + qe) if a < qe else (qe, c)
                states[context] = self._less[state]
            a, c = self._renormalise(a, c)
        self._a, self._c = a, c

    def finish(self) -> bytes:
        """Flushes the coder; the coded data with its end marker."""
        top = self._c + self._a
        self._c |= 0xFFFF
        if self._c >= top:
            self._c -= 0x8000
        for _ in (0, 1):
            self._c = self._byte_out(self._c << self._count)
        if self._byte != 0xFF:
            self._push(0xFF)
        self._push(0xAC)
        return bytes(self._out) + bytes([self._byte])

    def _renormalise(self, a: int, c: int) -> tuple[int, int]:
        while True:
            a, c = a << 1, c << 1
            self._count -= 1
            if self._count == 0:
                c = self._byte_out(c)
            if a & 0x8000:
                return a, c

    def _byte_out(self, c: int) -> int:
        """Moves the topmost bits of the code register out, with carry and bit stuffing; returns the rest."""
        if self._byte != 0xFF and c >= 0x8000000:
            self._byte += 1
            if self._byte == 0xFF:
                c &= 0x7FFFFFF
        if self._byte == 0xFF:
            self._push(c >> 20)
            self._count = 7
            return c & 0xFFFFF
        self._push((c >> 19) & 0xFF)
        self._count = 8
        return c & 0x7FFFF

    def _push(self, byte: int) -> None:
        if self._byte >= 0:
            self._out.append(self._byte)
        self._byte = byte
