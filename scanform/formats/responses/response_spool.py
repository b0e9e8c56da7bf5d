"""Responses of one file with the facts of their tool, kept in a nameless temporary file instead of in memory."""

import pickle
import tempfile
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import overload

from scanform.model.response import Response
from scanform.model.source import SourceFacts


class ResponseSpool(Sequence[Response]):
    """Responses in the order of their file, written once, with different ids."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  kept open for as long as the responses are
        self._starts = array("q")
        self._places: dict[str, int] = {}
        self._out: set[str] = set()
        self._end = 0

    def __del__(self) -> None:
        self._file.close()

    def add(self, response: Response, facts: SourceFacts) -> None:
        """Keep a response; of a second one with the same id nothing is kept, and if it differs, of the first neither."""
        known = self._places.get(response.id)
        if known is not None:
            if self._read(known)[0] != response:
                self._out.add(response.id)
            return
        content = pickle.dumps((response, facts), protocol=pickle.HIGHEST_PROTOCOL)
        self._places[response.id] = len(self._starts)
        self._starts.append(self._end)
        self._file.seek(self._end)
        self._file.write(content)
        self._end += len(content)

    def _read(self, place: int) -> tuple[Response, SourceFacts]:
        self._file.seek(self._starts[place])
        found: tuple[Response, SourceFacts] = pickle.load(self._file)  # noqa: S301  what this object wrote itself
        return found

    @property
    def ids(self) -> Sequence[str]:
        """The ids of the responses."""
        return [name for name in self._places if name not in self._out]

    def pairs(self) -> Iterator[tuple[Response, SourceFacts]]:
        """The responses with their facts, one after the other."""
        for name, place in self._places.items():
            if name not in self._out:
                yield self._read(place)

    def __iter__(self) -> Iterator[Response]:
        return (response for response, _ in self.pairs())

    def __len__(self) -> int:
        return len(self._places) - len(self._out)

    @overload
    def __getitem__(self, index: int) -> Response: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Response]: ...
    def __getitem__(self, index: int | slice) -> Response | Sequence[Response]:
        if isinstance(index, slice):
            return [self._read(self._places[name])[0] for name in self.ids[index]]
        return self._read(self._places[self.ids[index]])[0]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(one == two for one, two in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # responses are added: no hash lasts

    @property
    def facts(self) -> "SpooledFacts":
        """The facts by id."""
        return SpooledFacts(self)

    def facts_of(self, name: str) -> SourceFacts:
        """The facts of one response, of those that differ among themselves the first."""
        return self._read(self._places[name])[1]

    def holds(self, name: object) -> bool:
        """Whether a response of this id was added."""
        return name in self._places

    def names(self) -> Iterator[str]:
        """The ids of all that were added, those that are not taken included."""
        return iter(self._places)


class SpooledFacts(Mapping[str, SourceFacts]):
    """The facts of the responses of a file, by id."""

    def __init__(self, spool: ResponseSpool) -> None:
        self._spool = spool

    def __getitem__(self, name: str) -> SourceFacts:
        try:
            return self._spool.facts_of(name)
        except KeyError as error:
            raise KeyError(name) from error

    def __iter__(self) -> Iterator[str]:
        return self._spool.names()

    def __contains__(self, name: object) -> bool:
        return self._spool.holds(name)

    def __len__(self) -> int:
        return sum(1 for _ in self._spool.names())
