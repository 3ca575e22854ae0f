"""How a change is taken back, and done again."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from domain.ids import UserId
from domain.panoramas import invert_nodes, invert_panorama
from domain.panoramas.decide_checks import check_editor
from domain.panoramas.facts import (
    AccessChanged,
    Added,
    AnyFact,
    Archived,
    Change,
    Discarded,
    Forgotten,
    Moved,
    Opened,
    Origin,
    Removed,
    Renamed,
    Restored,
    Retitled,
    Synchronised,
    Withdrawn,
)
from domain.panoramas.invert_draft import Again
from domain.panoramas.invert_facts import inverse
from domain.panoramas.tree import Tree


def invert(facts: Iterable[AnyFact]) -> tuple[AnyFact, ...]:
    """Return the facts that undo these, the last one first. Raises ActionRefused for what nothing undoes.

    Applied right after `facts`, they restore every node's place, content and flags, and the panorama's name and
    access; the times at which nodes were touched go on.
    """
    return tuple(inverse(fact) for fact in reversed(tuple(facts)))


def take_back(tree: Tree, change: Change, user: UserId) -> tuple[AnyFact, ...]:
    """Return the facts by which `user` takes an earlier change back; none where nothing is left to do.

    Places are found by intention: a sibling that has gone is not built upon. Raises BuiltUpon where somebody has
    built on the change, ActionRefused for the first change, and like `decide` for access, archiving and limits.
    """
    return _adjusted(tree, invert(change.facts), user, change)


def do_again(tree: Tree, change: Change, user: UserId) -> tuple[AnyFact, ...]:
    """Return the facts by which `user` does a change again that was taken back; raises like `take_back`.

    `change` is the one that was taken back, not the one that took it back. Nodes keep their creator and time.
    """
    return _adjusted(tree, change.facts, user, change)


def _adjusted(tree: Tree, facts: Iterable[AnyFact], user: UserId, change: Change) -> tuple[AnyFact, ...]:
    check_editor(tree, user)
    draft = Again(tree, user, Origin(change.author, change.at, change.at))
    for fact in facts:
        _STEPS[type(fact)](draft, fact)
    return tuple(draft.facts)


_STEPS: Final[dict[type, Callable[[Again, Any], None]]] = {
    Opened: invert_panorama.open_again,
    Added: invert_nodes.add,
    Withdrawn: invert_nodes.withdraw,
    Moved: invert_nodes.move,
    Removed: invert_nodes.remove,
    Restored: invert_nodes.restore,
    Retitled: invert_nodes.retitle,
    Synchronised: invert_nodes.synchronise,
    Renamed: invert_panorama.rename,
    AccessChanged: invert_panorama.change_access,
    Archived: invert_panorama.archive,
    Forgotten: invert_panorama.forget_again,
    Discarded: invert_panorama.forget_again,
}
