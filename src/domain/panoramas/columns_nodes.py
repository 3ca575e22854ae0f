"""All nodes of a tree, active and removed, as columns.

The nodes stand in one row, each before those below it, so that their depths alone tell how they hang together.
"""

from array import array
from typing import Final

import msgspec

from domain.ids import UserId
from domain.panoramas.broken import BrokenStream
from domain.panoramas.columns_ids import IdColumns, pack_ids, unpack_ids
from domain.panoramas.columns_links import enter_issues, hang, ordered
from domain.panoramas.columns_numbers import (
    pack_integers,
    pack_naturals,
    pack_steps,
    unpack_integers,
    unpack_naturals,
    unpack_steps,
)
from domain.panoramas.columns_places import PlaceColumns, pack_places, unpack_places
from domain.panoramas.facts import Kind
from domain.panoramas.limits import ISSUE
from domain.panoramas.moments import to_moment
from domain.panoramas.tree_slots import CODES, KINDS, REMOVED, ROOT, SYNCHRONISED, Slots, empty_slots

_SECOND: Final = 1_000_000
_ISSUE_CODE: Final = CODES[Kind.ISSUE]


class NodeColumns(msgspec.Struct, array_like=True, frozen=True):
    """What is known of the nodes."""

    kinds: bytes
    flags: bytes
    depths: bytes
    """Below the root, as if all that was removed had come back."""

    ids: IdColumns
    created: bytes
    """Microseconds after the second in the id."""

    updated: bytes
    """Microseconds after `created`."""

    creators: bytes
    users: tuple[UserId, ...]
    """By the number that stands for each in `creators`."""

    issues: bytes
    """Of the issue nodes only."""

    titles: tuple[str, ...]
    """Of the others, without the root."""

    places: PlaceColumns
    """Of the removed nodes only."""


def pack_nodes(slots: Slots) -> NodeColumns:
    """Return the nodes as columns."""
    order, depths = ordered(slots)
    ids = [slots.node[slot] for slot in order]
    id_columns, seconds = pack_ids(ids)
    created = [slots.created[slot] for slot in order]
    places = [slots.places.get(slot, None) for slot in order if slots.flags[slot] & REMOVED]
    return NodeColumns(
        kinds=bytes([slots.kind[slot] for slot in order]),
        flags=bytes([slots.flags[slot] for slot in order]),
        depths=pack_naturals(depths),
        ids=id_columns,
        created=pack_steps([at - second * _SECOND for at, second in zip(created, seconds, strict=True)]),
        updated=pack_integers(slots.updated[slot] - at for slot, at in zip(order, created, strict=True)),
        creators=pack_naturals([slots.creator[slot] for slot in order]),
        users=tuple(slots.creators[number] for number in range(slots.authors)),
        issues=pack_steps([slots.issue[slot] for slot in order if slots.issue[slot]]),
        titles=tuple(title for slot in order if (title := slots.title[slot]) is not None),
        places=pack_places(places, {node: position for position, node in enumerate(ids)} if places else {}),
    )


def unpack_nodes(columns: NodeColumns) -> Slots:
    """Return the nodes that were packed.

    Raises BrokenStream, ValueError, OverflowError, IndexError or struct.error for columns that no tree has.
    """
    count = len(columns.kinds)
    _check_kinds(columns)
    slots = empty_slots()
    slots.end = slots.known = count
    slots.kind, slots.flags = array("B", columns.kinds), array("B", columns.flags)
    slots.node, seconds = unpack_ids(columns.ids, count)
    _sign(slots, columns, seconds)
    del seconds
    _fill(slots, columns)
    # What stays is made after what was needed for a moment has gone, whose memory it would else keep in pieces.
    slots.slot_of = index = dict(zip(slots.node, range(count), strict=True))
    if len(index) != count:
        raise BrokenStream("a node that stands twice")
    removed = [slot for slot in range(count) if columns.flags[slot] & REMOVED]
    slots.places = dict(zip(removed, unpack_places(columns.places, len(removed), slots.node), strict=True))
    hang(slots, unpack_naturals(columns.depths, count))
    enter_issues(slots, index.values())
    return slots


def _check_kinds(columns: NodeColumns) -> None:
    """A root is a group without flags; only issues follow Jira."""
    if not columns.kinds or columns.kinds[ROOT] != CODES[Kind.GROUP] or columns.flags[:1] != b"\0":
        raise BrokenStream("a row without a root")
    allowed = {(code, flag) for code in range(len(KINDS)) for flag in (0, REMOVED)}
    allowed |= {(_ISSUE_CODE, SYNCHRONISED), (_ISSUE_CODE, SYNCHRONISED | REMOVED)}
    if not allowed.issuperset(zip(columns.kinds, columns.flags, strict=True)):
        raise BrokenStream("a kind or flag that there is not")


def _sign(slots: Slots, columns: NodeColumns, seconds: list[int]) -> None:
    count = slots.end
    after = unpack_steps(columns.created, count)
    created = [second * _SECOND + more for second, more in zip(seconds, after, strict=True)]
    updated = [at + more for at, more in zip(created, unpack_integers(columns.updated, count), strict=True)]
    for extreme in (min(created), max(created), min(updated), max(updated)):
        to_moment(extreme)
    creators = unpack_naturals(columns.creators, count)
    if max(creators) >= len(columns.users) or len(set(columns.users)) != len(columns.users):
        raise BrokenStream("a creator that there is not, or stands twice")
    slots.created, slots.updated, slots.creator = array("q", created), array("q", updated), array("i", creators)
    slots.creators, slots.authors = list(columns.users), len(columns.users)
    slots.number_of = {user: number for number, user in enumerate(columns.users)}


def _fill(slots: Slots, columns: NodeColumns) -> None:
    """Give issue nodes their issues, and the others but the root their titles."""
    count = slots.end
    at_issues = [slot for slot in range(count) if columns.kinds[slot] == _ISSUE_CODE]
    at_titles = [slot for slot in range(1, count) if columns.kinds[slot] != _ISSUE_CODE]
    issues = unpack_steps(columns.issues, len(at_issues))
    if issues and not 0 < min(issues) <= max(issues) <= ISSUE:
        raise BrokenStream("an issue that cannot be")
    issue = array("q", [0]) * count
    titles: list[str | None] = [None] * count
    for slot, number in zip(at_issues, issues, strict=True):
        issue[slot] = number
    for slot, text in zip(at_titles, columns.titles, strict=True):
        titles[slot] = text
    slots.issue, slots.title = issue, titles
