"""The inverse of each fact."""

from collections.abc import Callable
from typing import Any, Final

from domain.errors import ActionRefused
from domain.panoramas.facts import (
    AccessChanged,
    Added,
    AnyFact,
    Archived,
    Discarded,
    Forgotten,
    Moved,
    Opened,
    Removed,
    Renamed,
    Restored,
    Retitled,
    Synchronised,
    Withdrawn,
)
from domain.panoramas.refusals import Refusal


def inverse(fact: AnyFact) -> AnyFact:
    """Return the fact that undoes this one; its own inverse is this one.

    Raises ActionRefused for what nothing undoes: Opened, Forgotten and Discarded.
    """
    return _INVERSES[type(fact)](fact)


def _added(fact: Added) -> Withdrawn:
    return Withdrawn(fact.node, fact.kind, fact.parent, fact.after, fact.issue, fact.title, fact.origin)


def _withdrawn(fact: Withdrawn) -> Added:
    return Added(fact.node, fact.kind, fact.parent, fact.after, fact.issue, fact.title, fact.origin)


def _moved(fact: Moved) -> Moved:
    return Moved(fact.node, fact.to_parent, fact.from_parent, fact.to_after, fact.from_after)


def _opened(_fact: Opened) -> AnyFact:
    raise ActionRefused(Refusal.OPENED)


def _gone(_fact: Forgotten | Discarded) -> AnyFact:
    raise ActionRefused(Refusal.FORGOTTEN)


_INVERSES: Final[dict[type, Callable[[Any], AnyFact]]] = {
    Opened: _opened,
    Added: _added,
    Withdrawn: _withdrawn,
    Moved: _moved,
    Removed: lambda fact: Restored(fact.node, fact.parent, fact.after),
    Restored: lambda fact: Removed(fact.node, fact.parent, fact.after),
    Retitled: lambda fact: Retitled(fact.node, fact.to_title, fact.from_title),
    Synchronised: lambda fact: Synchronised(fact.node, not fact.to),
    Renamed: lambda fact: Renamed(fact.to_name, fact.from_name),
    AccessChanged: lambda fact: AccessChanged(fact.to_access, fact.from_access),
    Archived: lambda fact: Archived(not fact.to),
    Forgotten: _gone,
    Discarded: _gone,
}
