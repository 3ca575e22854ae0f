"""How each fact about a node is made true in a tree that has gone on since."""

from msgspec.structs import replace

from domain.errors import BuiltUpon
from domain.panoramas.facts import Added, Moved, Origin, Removed, Restored, Retitled, Synchronised, Withdrawn
from domain.panoramas.invert_draft import Again
from domain.panoramas.moments import to_moment
from domain.panoramas.refusals import Built
from domain.panoramas.tree_shape import is_within
from domain.panoramas.tree_slots import NONE


def add(draft: Again, fact: Added) -> None:
    """Make a node again that was withdrawn."""
    parent = draft.parent(fact.parent)
    if draft.find(fact.node) != NONE:
        raise BuiltUpon(Built.RESTORED, fact.node)
    content = fact.issue if fact.title is None else fact.title
    draft.add(fact.node, fact.kind, content, parent, draft.behind(parent, fact.after), fact.origin or draft.origin)


def withdraw(draft: Again, fact: Withdrawn) -> None:
    """Forget a node that is as it was made; the fact keeps who made it and when."""
    slot, slots = draft.active_below(fact.node, fact.parent), draft.slots
    if slots.first[slot] != NONE or slots.buried[slot]:
        raise BuiltUpon(Built.CHILDREN, fact.node)
    if slots.title[slot] != fact.title:
        raise BuiltUpon(Built.RETITLED, fact.node)
    if draft.is_synchronised(slot):
        raise BuiltUpon(Built.SYNCHRONISED, fact.node)
    origin = Origin(
        creator=slots.creators[slots.creator[slot]],
        created=to_moment(slots.created[slot]),
        updated=to_moment(slots.updated[slot]),
    )
    draft.record(replace(fact, after=draft.name(slots.before[slot]), origin=origin))


def move(draft: Again, fact: Moved) -> None:
    """Bring a node from where it is still to where it is to be again; a removed one only remembers that place."""
    slot = draft.kept(fact.node)
    if draft.is_removed(slot):
        _remember(draft, slot, fact)
        return
    draft.active_below(fact.node, fact.from_parent)
    parent = draft.parent(fact.to_parent)
    if is_within(draft.slots, parent, slot):
        raise BuiltUpon(Built.BELOW_ITSELF, fact.node)
    draft.move(slot, parent, draft.behind(parent, fact.to_after, slot))


def remove(draft: Again, fact: Removed) -> None:
    """Take a node out that is where it was."""
    draft.remove(draft.active_below(fact.node, fact.parent))


def restore(draft: Again, fact: Restored) -> None:
    """Bring a node back that is still removed from there."""
    slot, parent = draft.kept(fact.node), draft.parent(fact.parent)
    if not draft.is_removed(slot):
        raise BuiltUpon(Built.RESTORED, fact.node)
    if draft.slots.parent[slot] != parent:
        raise BuiltUpon(Built.MOVED, fact.node)
    draft.restore(slot, parent, draft.behind(parent, fact.after))


def retitle(draft: Again, fact: Retitled) -> None:
    """Give a node another title that still has this one."""
    if draft.slots.title[draft.active(fact.node)] != fact.from_title:
        raise BuiltUpon(Built.RETITLED, fact.node)
    draft.record(fact)


def synchronise(draft: Again, fact: Synchronised) -> None:
    """Have an issue's children follow Jira again, or no longer, where that is still to be done."""
    if draft.is_synchronised(draft.active(fact.node)) == fact.to:
        raise BuiltUpon(Built.SYNCHRONISED, fact.node)
    draft.record(fact)


def _remember(draft: Again, slot: int, fact: Moved) -> None:
    """A place that can no longer be remembered, because its parent has gone or is now below the node, is left out."""
    if draft.slots.parent[slot] != draft.find(fact.from_parent):
        raise BuiltUpon(Built.MOVED, fact.node)
    parent = draft.find(fact.to_parent)
    if parent != NONE and not is_within(draft.slots, parent, slot):
        draft.remember(slot, parent, fact.to_after)
