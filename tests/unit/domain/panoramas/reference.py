"""What facts mean, as plainly as it can be said: the oracle for the fast tree.

Every step copies the whole state; nothing is counted or remembered that follows from something else.
"""

from datetime import datetime
from functools import singledispatch

from msgspec import Struct
from msgspec.structs import replace

from domain.ids import IssueId, NodeId, UserId
from domain.panoramas.access import EVERYONE, Access
from domain.panoramas.facts import (
    AccessChanged,
    Added,
    AnyFact,
    Archived,
    Change,
    Discarded,
    Forgotten,
    Kind,
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


class Branch(Struct, frozen=True):
    """A node with what hangs below it; a removed one, kept by its parent, says behind which sibling it was."""

    node: NodeId
    kind: Kind
    issue: IssueId | None
    title: str | None
    creator: UserId
    created: datetime
    updated: datetime
    synchronised: bool
    place: NodeId | None
    children: tuple["Branch", ...]
    removed: tuple["Branch", ...]


class State(Struct, frozen=True):
    """A panorama at one version."""

    top: Branch
    name: str
    owner: UserId
    access: Access
    archived: bool
    discarded: bool
    version: int
    administered: int
    created: datetime
    updated: datetime


def replay(changes: list[Change]) -> State:
    """Return what a whole stream comes to."""
    first = changes[0]
    opened = first.facts[0]
    assert isinstance(opened, Opened)
    origin = Origin(first.author, first.at, first.at)
    top = _new(opened.root, Kind.GROUP, None, None, origin)
    state = State(top, opened.name, opened.owner, EVERYONE, archived=False, discarded=False, version=1,
                  administered=1, created=first.at, updated=first.at)  # fmt: skip
    for fact in first.facts[1:]:
        state = after_fact(fact, state, first)
    for change in changes[1:]:
        state = after_change(state, change)
    return state


def after_change(state: State, change: Change) -> State:
    """Return the next version."""
    assert change.version == state.version + 1
    assert not state.discarded
    state = replace(state, version=change.version, updated=change.at)
    for fact in change.facts:
        state = after_fact(fact, state, change)
    return state


@singledispatch
def after_fact(fact: AnyFact, state: State, change: Change) -> State:
    """Return the state with one more fact."""
    raise NotImplementedError


@after_fact.register
def _(fact: Added, state: State, change: Change) -> State:
    assert find(state.top, fact.node) is None
    origin = fact.origin or Origin(change.author, change.at, change.at)
    branch = _new(fact.node, fact.kind, fact.issue, fact.title, origin)
    return replace(state, top=_with_child(state.top, branch, fact.parent, fact.after))


@after_fact.register
def _(fact: Withdrawn, state: State, change: Change) -> State:
    branch, top = _without_child(state.top, fact.node, fact.parent, fact.after)
    assert (branch.kind, branch.issue, branch.title) == (fact.kind, fact.issue, fact.title)
    assert not branch.children
    assert not branch.removed
    assert not branch.synchronised
    return replace(state, top=top)


@after_fact.register
def _(fact: Moved, state: State, change: Change) -> State:
    if is_removed(state.top, fact.node):
        branch, top = _without_removed(state.top, fact.node, fact.from_parent, fact.from_after)
        branch = replace(branch, place=fact.to_after, updated=change.at)
        return replace(state, top=_with_removed(top, branch, fact.to_parent))
    branch, top = _without_child(state.top, fact.node, fact.from_parent, fact.from_after)
    branch = replace(branch, updated=change.at)
    return replace(state, top=_with_child(top, branch, fact.to_parent, fact.to_after))


@after_fact.register
def _(fact: Removed, state: State, change: Change) -> State:
    branch, top = _without_child(state.top, fact.node, fact.parent, fact.after)
    branch = replace(branch, place=fact.after, updated=change.at)
    return replace(state, top=_with_removed(top, branch, fact.parent))


@after_fact.register
def _(fact: Restored, state: State, change: Change) -> State:
    branch, top = _without_removed(state.top, fact.node, fact.parent, fact.after)
    branch = replace(branch, place=None, updated=change.at)
    return replace(state, top=_with_child(top, branch, fact.parent, fact.after))


@after_fact.register
def _(fact: Retitled, state: State, change: Change) -> State:
    branch = _found(state.top, fact.node)
    assert branch.title == fact.from_title
    changed = replace(branch, title=fact.to_title, updated=change.at)
    return replace(state, top=_replaced(state.top, changed))


@after_fact.register
def _(fact: Synchronised, state: State, change: Change) -> State:
    branch = _found(state.top, fact.node)
    assert branch.synchronised is not fact.to
    changed = replace(branch, synchronised=fact.to, updated=change.at)
    return replace(state, top=_replaced(state.top, changed))


@after_fact.register
def _(fact: Renamed, state: State, change: Change) -> State:
    assert state.name == fact.from_name
    return replace(state, name=fact.to_name, administered=change.version)


@after_fact.register
def _(fact: AccessChanged, state: State, change: Change) -> State:
    assert state.access == fact.from_access
    return replace(state, access=fact.to_access, administered=change.version)


@after_fact.register
def _(fact: Archived, state: State, change: Change) -> State:
    assert state.archived is not fact.to
    return replace(state, archived=fact.to, administered=change.version)


@after_fact.register
def _(fact: Forgotten, state: State, change: Change) -> State:
    assert is_removed(state.top, fact.node)
    gone = _found(state.top, fact.node)
    assert sorted(fact.below) == sorted(branch.node for branch in everything(gone)[1:])
    return replace(state, top=_pruned(state.top, fact.node))


@after_fact.register
def _(fact: Discarded, state: State, change: Change) -> State:
    assert state.archived
    return replace(state, discarded=True, administered=change.version)


def find(branch: Branch, node: NodeId) -> Branch | None:
    """Return a node, active or removed."""
    if branch.node == node:
        return branch
    return next((found for child in (*branch.children, *branch.removed) if (found := find(child, node))), None)


def is_removed(branch: Branch, node: NodeId) -> bool:
    """Whether a node was itself removed."""
    if any(child.node == node for child in branch.removed):
        return True
    return any(is_removed(child, node) for child in (*branch.children, *branch.removed))


def active(branch: Branch) -> list[Branch]:
    """Return a node and all active ones below it, depth-first."""
    return [branch, *(found for child in branch.children for found in active(child))]


def everything(branch: Branch) -> list[Branch]:
    """Return a node and all below it, removed ones too."""
    return [branch, *(found for child in (*branch.children, *branch.removed) for found in everything(child))]


def removed(branch: Branch) -> list[Branch]:
    """Return all nodes below one that were themselves removed."""
    return [found for each in everything(branch) for found in each.removed]


def _new(node: NodeId, kind: Kind, issue: IssueId | None, title: str | None, origin: Origin) -> Branch:
    return Branch(node, kind, issue, title, origin.creator, origin.created, origin.updated,
                  synchronised=False, place=None, children=(), removed=())  # fmt: skip


def _found(top: Branch, node: NodeId) -> Branch:
    branch = find(top, node)
    assert branch is not None
    return branch


def _replaced(top: Branch, changed: Branch) -> Branch:
    if top.node == changed.node:
        return changed
    children = tuple(_replaced(child, changed) for child in top.children)
    removed = tuple(_replaced(child, changed) for child in top.removed)
    return replace(top, children=children, removed=removed)


def _pruned(top: Branch, node: NodeId) -> Branch:
    children = tuple(_pruned(child, node) for child in top.children)
    removed = tuple(_pruned(child, node) for child in top.removed if child.node != node)
    return replace(top, children=children, removed=removed)


def _with_child(top: Branch, branch: Branch, parent: NodeId, after: NodeId | None) -> Branch:
    assert parent in {found.node for found in active(top)}
    above = _found(top, parent)
    names = [child.node for child in above.children]
    at = 0 if after is None else names.index(after) + 1
    return _replaced(top, replace(above, children=(*above.children[:at], branch, *above.children[at:])))


def _without_child(top: Branch, node: NodeId, parent: NodeId, after: NodeId | None) -> tuple[Branch, Branch]:
    assert node in {found.node for found in active(top)}
    above = _found(top, parent)
    names = [child.node for child in above.children]
    at = names.index(node)
    assert after == (names[at - 1] if at else None)
    return above.children[at], _replaced(
        top, replace(above, children=(*above.children[:at], *above.children[at + 1 :]))
    )


def _with_removed(top: Branch, branch: Branch, parent: NodeId) -> Branch:
    above = _found(top, parent)
    removed = sorted((*above.removed, branch), key=lambda child: child.node)
    return _replaced(top, replace(above, removed=tuple(removed)))


def _without_removed(top: Branch, node: NodeId, parent: NodeId, after: NodeId | None) -> tuple[Branch, Branch]:
    above = _found(top, parent)
    (branch,) = (child for child in above.removed if child.node == node)
    assert branch.place == after
    left = tuple(child for child in above.removed if child.node != node)
    return branch, _replaced(top, replace(above, removed=left))
