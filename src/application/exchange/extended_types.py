"""The types that MongoDB's extended JSON has beyond JSON, and the calls that its shells print for them.

Sources: the "MongoDB Extended JSON (v2)" specification for the `$` forms, canonical, relaxed and of version 1; what
mongoexport, the legacy shell, mongosh and Robo 3T print for the forms that look like calls.

Numbers, texts, dates, object ids and references are read as what they are. Every other type is OPAQUE, and so is what
is called or written like one of these and is none: nothing here has a use for it, and a member that has one is told.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import msgspec

from domain.moments import moment_at

_OBJECT_ID: Final = re.compile(r"[0-9a-fA-F]{24}")
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,4})?")
_DATE: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6}(?:000)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})"
)
_INT32: Final = 2**31
_INT64: Final = 2**63
_NOT_FINITE: Final[Mapping[str, float]] = {
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
    "NaN": float("nan"),
}


class ObjectId(msgspec.Struct, frozen=True):
    """24 hex characters, in lower case."""

    hex: str


class Reference(msgspec.Struct, frozen=True):
    """A DBRef: the document of a collection that has that `_id`."""

    collection: str
    id: object
    has_more: bool = False
    """Whether it had further members, such as the name of the database, which are left out."""


class Opaque(msgspec.Struct, frozen=True):
    """A value of a type that nothing here has a use for."""


OPAQUE: Final = Opaque()


def object_id(value: object) -> ObjectId | Opaque:
    """Return the object id that this text is."""
    return ObjectId(value.lower()) if isinstance(value, str) and _OBJECT_ID.fullmatch(value) else OPAQUE


def date(value: object) -> datetime | None:
    """Return the moment that this text (RFC 3339) or number (milliseconds since 1970) is; None if it is none."""
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return datetime.fromisoformat(value).astimezone(UTC)
        if type(value) is int:
            return moment_at(value)
    except (ValueError, OverflowError):
        return None
    return None


def call(name: str, arguments: list[object]) -> object:
    """Return what a shell's `name(arguments)` stands for."""
    if name in _REFERENCES and len(arguments) in _REFERENCE_ARGUMENTS:
        return _reference(*arguments[:2], has_more=len(arguments) > min(_REFERENCE_ARGUMENTS))
    known = _CALLS.get(name)
    return OPAQUE if known is None or len(arguments) != 1 else known(arguments[0])


def special(members: Mapping[str, object]) -> object:
    """Return what an object whose first member begins with `$` stands for."""
    if "$ref" in members and "$id" in members:
        return _reference(members["$ref"], members["$id"], has_more=len(members) > min(_REFERENCE_ARGUMENTS))
    if len(members) > 1:
        return OPAQUE
    ((name, value),) = members.items()
    known = _OPERATORS.get(name)
    return OPAQUE if known is None else known(value)


def whole_number(value: object) -> int | None:
    """Return a number of any type as an int; None if it is none, has a fraction, or is not exact as a double."""
    if type(value) is int:
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) <= _EXACT else None
    if isinstance(value, Decimal) and abs(value) < _INT64 and value == value.to_integral_value():
        return int(value)
    return None


def _long(value: object) -> int | Opaque:
    return _integer(value, _INT64)


def _int(value: object) -> int | Opaque:
    return _integer(value, _INT32)


def _integer(value: object, bound: int) -> int | Opaque:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    return value if type(value) is int and -bound <= value < bound else OPAQUE


def _double(value: object) -> float | Opaque:
    number = _decimal(value)
    return OPAQUE if isinstance(number, Opaque) else float(number)


def _decimal(value: object) -> Decimal | float | Opaque:
    """Return a decimal number, or a float for what is not finite."""
    if isinstance(value, float):
        return value
    text = str(value) if type(value) is int else value
    if not isinstance(text, str):
        return OPAQUE
    return Decimal(text) if _DECIMAL.fullmatch(text) else _NOT_FINITE.get(text, OPAQUE)


def _date(value: object) -> datetime | Opaque:
    return date(value) or OPAQUE


def _symbol(value: object) -> str | Opaque:
    return value if isinstance(value, str) else OPAQUE


def _undefined(_: object) -> None:
    return None


def _pointer(value: object) -> object:
    """Return the reference that an old pointer holds, whose collection is named with its database."""
    if not isinstance(value, Reference):
        return OPAQUE
    return msgspec.structs.replace(value, collection=value.collection.rpartition(".")[2])


def _reference(collection: object, identity: object, *, has_more: bool) -> Reference | Opaque:
    return Reference(collection, identity, has_more) if isinstance(collection, str) else OPAQUE


_EXACT: Final = 2**53
"""The largest number up to which every whole one is a double."""

_REFERENCES: Final = frozenset({"DBRef", "DBPointer"})
_REFERENCE_ARGUMENTS: Final = (2, 3, 4)
"""A collection and an id, and perhaps a database, and further members."""

_CALLS: Final[Mapping[str, Callable[[object], object]]] = {
    "ObjectId": object_id,
    "ObjectID": object_id,
    "Long": _long,
    "Long.fromString": _long,
    "Long.fromNumber": _long,
    "NumberLong": _long,
    "Int32": _int,
    "NumberInt": _int,
    "Double": _double,
    "Decimal128": _decimal,
    "Decimal128.fromString": _decimal,
    "NumberDecimal": _decimal,
    "ISODate": _date,
    "Date": _date,
    "BSONSymbol": _symbol,
    "Symbol": _symbol,
}

_OPERATORS: Final[Mapping[str, Callable[[object], object]]] = {
    "$oid": object_id,
    "$numberLong": _long,
    "$numberInt": _int,
    "$numberDouble": _double,
    "$numberDecimal": _decimal,
    "$date": _date,
    "$symbol": _symbol,
    "$undefined": _undefined,
    "$dbPointer": _pointer,
}
"""Those of one member that are read; a binary, a UUID, a timestamp, code, a regular expression and the smallest and
largest key are OPAQUE."""
