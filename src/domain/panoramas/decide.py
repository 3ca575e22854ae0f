"""What follows from what somebody asks for: facts, or a refusal."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from domain.errors import LimitExceeded, PanoramaArchived
from domain.ids import NodeId, PanoramaId, UserId
from domain.panoramas import decide_copies, decide_nodes, decide_panorama
from domain.panoramas.commands import (
    Add,
    AnyCommand,
    Archive,
    Copy,
    Move,
    Reconcile,
    Remove,
    Rename,
    Restore,
    Retitle,
    SetAccess,
)
from domain.panoramas.decide_batch import Batch
from domain.panoramas.decide_checks import check_editor, check_name
from domain.panoramas.facts import AnyFact, Opened
from domain.panoramas.limits import ACTIONS
from domain.panoramas.tree import Tree


class Decision(msgspec.Struct, frozen=True):
    """What a batch of commands comes to; no facts where everything was so already."""

    facts: tuple[AnyFact, ...]
    made: dict[int, NodeId]
    """The nodes that were made, by the negative numbers that the commands gave them."""


def decide(tree: Tree, commands: Sequence[AnyCommand], user: UserId, new_node: Callable[[], NodeId]) -> Decision:
    """Decide one batch as a whole, each command against the tree as those before it leave it; `tree` is not changed.

    Raises the errors of domain.errors: PanoramaMissing, AccessRefused, PanoramaArchived, NodeMissing, ActionRefused,
    TextRefused and LimitExceeded. Takes time by what changes and by the depth, not by the size of the tree.
    """
    check_editor(tree, user)
    if len(commands) > ACTIONS:
        raise LimitExceeded("actions", ACTIONS)
    batch = Batch(tree, user, new_node)
    for command in commands:
        if batch.tree.archived and not isinstance(command, Archive):
            raise PanoramaArchived
        _STEPS[type(command)](batch, command)
    return Decision(tuple(batch.facts), batch.made)


def open_panorama(panorama: PanoramaId, root: NodeId, name: str, owner: UserId) -> tuple[AnyFact, ...]:
    """Return the facts of version 1. Raises TextRefused or LimitExceeded for a name that cannot be."""
    check_name(name)
    return (Opened(panorama, root, name, owner),)


_STEPS: Final[dict[type, Callable[[Batch, Any], None]]] = {
    Add: decide_nodes.add,
    Move: decide_nodes.move,
    Remove: decide_nodes.remove,
    Restore: decide_nodes.restore,
    Retitle: decide_nodes.retitle,
    Copy: decide_copies.copy,
    Reconcile: decide_copies.reconcile,
    Rename: decide_panorama.rename,
    SetAccess: decide_panorama.set_access,
    Archive: decide_panorama.archive,
}
