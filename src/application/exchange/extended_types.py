"""The types that MongoDB's extended JSON has beyond JSON: object ids, long numbers, dates and references.

Sources: the "MongoDB Extended JSON (v2)" specification for the `$` forms, mongoexport's and the legacy mongo shell's
output for the forms that look like calls.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from domain.moments import moment_at

_OBJECT_ID: Final = re.compile(r"[0-9a-fA-F]{24}")
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_DATE: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6}(?:000)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})"
)
_INT32: Final = 2**31
_INT64: Final = 2**63
_REFERENCE: Final = 2
"""How many members a reference has."""


class ObjectId(msgspec.Struct, frozen=True):
    """24 hex characters, in lower case."""

    hex: str


class Reference(msgspec.Struct, frozen=True):
    """A DBRef: the document of a collection that has that `_id`."""

    collection: str
    id: object


def object_id(value: object) -> ObjectId | None:
    """Return the object id that this text is; None if it is none."""
    if isinstance(value, str) and _OBJECT_ID.fullmatch(value):
        return ObjectId(value.lower())
    return None


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


def call(name: str, arguments: list[object]) -> object | None:
    """Return what the shell's `name(arguments)` stands for; None if that has no meaning here."""
    known = _CALLS.get(name)
    if known is None or len(arguments) != known[0]:
        return None
    return known[1](*arguments)


def special(members: Mapping[str, object]) -> object | None:
    """Return what an object whose first member begins with `$` stands for; None if that has no meaning here."""
    names = tuple(members)
    if len(names) == 1 and names[0] in _OPERATORS:
        return _OPERATORS[names[0]](members[names[0]])
    if len(names) == _REFERENCE and "$ref" in members and "$id" in members:
        return _reference(members["$ref"], members["$id"])
    return None


def _long(value: object) -> int | None:
    return _integer(value, _INT64)


def _int(value: object) -> int | None:
    return _integer(value, _INT32)


def _integer(value: object, bound: int) -> int | None:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    return value if type(value) is int and -bound <= value < bound else None


def _reference(collection: object, identity: object) -> Reference | None:
    return Reference(collection, identity) if isinstance(collection, str) else None


_CALLS: Final[Mapping[str, tuple[int, Callable[..., object | None]]]] = {
    "ObjectId": (1, object_id),
    "NumberLong": (1, _long),
    "NumberInt": (1, _int),
    "ISODate": (1, date),
    "Date": (1, date),
    "DBRef": (2, _reference),
}

_OPERATORS: Final[Mapping[str, Callable[[object], object | None]]] = {
    "$oid": object_id,
    "$numberLong": _long,
    "$numberInt": _int,
    "$date": date,
}
