"""The commands that make many nodes at once."""

from domain.errors import ActionRefused
from domain.ids import IssueId
from domain.panoramas.commands import Copy, Reconcile
from domain.panoramas.decide_batch import Batch
from domain.panoramas.decide_checks import check_issue
from domain.panoramas.facts import Kind
from domain.panoramas.refusals import Refusal
from domain.panoramas.tree_outline import children, preorder
from domain.panoramas.tree_slots import KINDS


def copy(batch: Batch, command: Copy) -> None:
    """Make a copy of a node and of all below it that is not removed; a copy may go below what it is a copy of."""
    batch.check_number(command.copy)
    slots, top = batch.slots, batch.target_below_root(command.node)
    parent, after = batch.place(command.place)
    batch.check_room(parent, slots.size[top], slots.height[top])
    batch.spend(slots.size[top])
    twins = {slots.parent[top]: parent}
    for slot in list(preorder(slots, top)):
        above = twins[slots.parent[slot]]
        node = batch.new_node()
        title = slots.title[slot]
        content = IssueId(slots.issue[slot]) if title is None else title
        batch.add(node, KINDS[slots.kind[slot]], content, above, after if slot == top else slots.last[above])
        twins[slot] = batch.find(node)
        batch.synchronise(twins[slot], to=batch.is_synchronised(slot))
    if command.copy is not None:
        batch.made[command.copy] = slots.node[twins[top]]


def reconcile(batch: Batch, command: Reconcile) -> None:
    """Have a node's issue children be those that Jira names, each once, and note that they follow Jira."""
    slots, slot = batch.slots, batch.target_below_root(command.node)
    if not slots.issue[slot]:
        raise ActionRefused(Refusal.NOT_AN_ISSUE, slots.node[slot])
    for issue in command.issues:
        check_issue(issue)
    batch.spend(len(command.issues))
    batch.synchronise(slot, to=True)
    missing = dict.fromkeys(command.issues)
    for child in children(slots, slot):
        batch.spend(1)
        issue = IssueId(slots.issue[child])
        if issue in missing:
            del missing[issue]
        elif issue:
            batch.remove(child)
    for issue in missing:
        batch.add(batch.new_node(), Kind.ISSUE, issue, slot, slots.last[slot])
