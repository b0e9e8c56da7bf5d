"""Rows kept in a nameless temporary file, for formats that are slow to go through twice."""

import json
import tempfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

from scanform.formats.responses.csv_io import UNSET, Row

_BLOCK = 1 << 20  # bytes read at a time


class Spool:
    """Rows written once and gone through any number of times; nobody else can open the file, and it ends with this."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115  kept open for as long as the rows are
        for number, cells in rows:
            line = json.dumps([number, [None if cell is UNSET else cell for cell in cells]], ensure_ascii=False)
            self._file.write(line.encode("utf-8", "surrogatepass") + b"\n")
        self._file.flush()

    def __del__(self) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[Row]:
        at = 0
        while True:
            self._file.seek(at)
            lines = self._file.readlines(_BLOCK)
            if not lines:
                return
            at = self._file.tell()
            for line in lines:
                number, cells = json.loads(line.decode("utf-8", "surrogatepass"))
                yield number, tuple(UNSET if cell is None else cell for cell in cells)
