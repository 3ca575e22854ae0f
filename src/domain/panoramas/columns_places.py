"""The places that removed nodes remember."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from domain.ids import NodeId
from domain.panoramas.broken import BrokenStream
from domain.panoramas.columns_numbers import pack_naturals, unpack_naturals

_FIRST: Final = 0
_STRANGE: Final = 1
_KNOWN: Final = 2
_ID: Final = re.compile("[0-9a-f]{24}")


class PlaceColumns(msgspec.Struct, array_like=True, frozen=True):
    """For each removed node: 0 for the first place, 1 for behind the next one of `strange`, else 2 + a position."""

    places: bytes
    strange: tuple[NodeId, ...]
    """Siblings that are no longer known."""


def pack_places(places: Sequence[NodeId | None], positions: Mapping[NodeId, int]) -> PlaceColumns:
    """Return the places as columns; `positions` tells where in the row each known node stands."""
    strange: list[NodeId] = []
    numbers: list[int] = []
    for after in places:
        if after is None:
            numbers.append(_FIRST)
        elif (position := positions.get(after)) is not None:
            numbers.append(_KNOWN + position)
        else:
            numbers.append(_STRANGE)
            strange.append(after)
    return PlaceColumns(pack_naturals(numbers), tuple(strange))


def unpack_places(columns: PlaceColumns, count: int, nodes: Sequence[NodeId]) -> list[NodeId | None]:
    """Return the `count` places that were packed; `nodes` is the row.

    Raises BrokenStream if they are not so many or no ids, IndexError for a position behind the row.
    """
    strange = iter(columns.strange)
    numbers = unpack_naturals(columns.places, count)
    if numbers.count(_STRANGE) != len(columns.strange) or not all(map(_ID.fullmatch, columns.strange)):
        raise BrokenStream("remembered siblings that are no nodes")
    return [_place(number, strange, nodes) for number in numbers]


def _place(number: int, strange: Iterator[NodeId], nodes: Sequence[NodeId]) -> NodeId | None:
    if number == _FIRST:
        return None
    return next(strange) if number == _STRANGE else nodes[number - _KNOWN]
