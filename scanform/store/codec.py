"""Model values to and from JSON: frozen dataclasses, enums, tuples, optional values and plain ones.

Absent values and empty tuples are left out, which keeps a page of a hundred fields small.
"""

import types
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")

Decoder = Callable[[object], object]


def to_plain(value: object) -> object:
    """What json.dumps accepts, for any value of the model."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        found = ((name, getattr(value, name)) for name in _names(type(value)))
        return {name: to_plain(item) for name, item in found if item is not None and item != ()}
    return value


def to_object(value: object) -> dict[str, object]:
    """A dataclass as a JSON object."""
    return cast(dict[str, object], to_plain(value))


def to_list(values: tuple[object, ...]) -> list[object]:
    """A tuple of dataclasses as a JSON list."""
    return [to_plain(value) for value in values]


def from_plain(kind: type[T], data: object) -> T:
    """The model value of type `kind` from the output of `to_plain`; raises KeyError or ValueError for anything else."""
    return cast(T, _decoder(cast(Hashable, kind))(data))


def from_list(kind: type[T], data: list[object]) -> tuple[T, ...]:
    """A tuple of model values."""
    decode = _decoder(cast(Hashable, kind))
    return tuple(cast(T, decode(item)) for item in data)


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _decoder(kind: Hashable) -> Decoder:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        inner = _decoder(next(item for item in arguments if item is not type(None)))
        return lambda data: None if data is None else inner(data)
    if origin is tuple:
        return _tuple_decoder(arguments)
    if isinstance(kind, type) and is_dataclass(kind):
        return _dataclass_decoder(kind)
    if isinstance(kind, type) and issubclass(kind, Enum | float):
        return cast(Decoder, kind)
    return lambda data: data


def _tuple_decoder(arguments: tuple[Hashable, ...]) -> Decoder:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        inner = _decoder(arguments[0])
        return lambda data: tuple(inner(item) for item in cast(list[object], data))
    parts = [_decoder(argument) for argument in arguments]
    return lambda data: tuple(part(item) for part, item in zip(parts, cast(list[object], data), strict=True))


def _dataclass_decoder(kind: type) -> Decoder:
    hints = get_type_hints(kind)
    decoders = {name: _decoder(hints[name]) for name in _names(kind)}
    empty_tuples = frozenset(name for name in decoders if get_origin(hints[name]) is tuple)

    def decode(data: object) -> object:
        given = cast(dict[str, object], data)
        values = {name: decoders[name](item) for name, item in given.items()}
        for name in empty_tuples - given.keys():
            values[name] = ()
        return kind(**values)

    return decode
