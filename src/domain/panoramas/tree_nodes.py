"""How nodes come to be and are forgotten, and how those of one issue are found."""

from collections.abc import Iterator

from domain.ids import IssueId, NodeId, UserId
from domain.panoramas.facts import Kind
from domain.panoramas.tree_slots import CODES, NONE, Slots


def author_number(slots: Slots, user: UserId) -> int:
    """Return the number that stands for a user, who gets one if there is none yet."""
    number = slots.number_of.get(user, NONE)
    if number == NONE:
        number = slots.authors
        slots.creators.append(user)
        slots.number_of[user] = number
        slots.authors += 1
    return number


def new_slot(slots: Slots, node: NodeId, kind: Kind, issue: IssueId | None, title: str | None) -> int:
    """Return the slot of a new node that hangs nowhere yet; who made it and when is for the caller to fill in."""
    slot = slots.free
    if slot == NONE:
        slot = slots.end
        _append_blank(slots)
        slots.end += 1
    else:
        slots.free = slots.behind[slot]
    slots.node[slot] = node
    slots.kind[slot] = CODES[kind]
    slots.title[slot] = title
    slots.slot_of[node] = slot
    slots.known += 1
    if issue is not None:
        _enter_issue(slots, slot, issue)
    return slot


def forget(slots: Slots, slot: int) -> None:
    """Let the slot of a node that hangs nowhere, and that nothing hangs below, be used again."""
    del slots.slot_of[slots.node[slot]]
    if slots.issue[slot]:
        _leave_issue(slots, slot)
    slots.node[slot] = NodeId("")
    slots.title[slot] = None
    slots.flags[slot], slots.size[slot], slots.height[slot] = 0, 1, 0
    slots.parent[slot] = NONE
    slots.behind[slot] = slots.free
    slots.free = slot
    slots.known -= 1


def slots_of_issue(slots: Slots, issue: IssueId) -> Iterator[int]:
    """Go through the nodes that stand for an issue, removed ones too."""
    slot = slots.head_of.get(issue, NONE)
    while slot != NONE:
        yield slot
        slot = slots.issue_behind[slot]


def _append_blank(slots: Slots) -> None:
    for zeros in (slots.kind, slots.flags, slots.issue, slots.creator, slots.created, slots.updated):
        zeros.append(0)
    for links in (slots.parent, slots.first, slots.last, slots.before, slots.behind):
        links.append(NONE)
    slots.size.append(1)
    slots.height.append(0)
    slots.buried.append(0)
    slots.issue_before.append(NONE)
    slots.issue_behind.append(NONE)
    slots.node.append(NodeId(""))
    slots.title.append(None)


def _enter_issue(slots: Slots, slot: int, issue: IssueId) -> None:
    head = slots.head_of.get(issue, NONE)
    slots.issue[slot] = issue
    slots.issue_before[slot] = NONE
    slots.issue_behind[slot] = head
    if head != NONE:
        slots.issue_before[head] = slot
    slots.head_of[issue] = slot


def _leave_issue(slots: Slots, slot: int) -> None:
    issue, before, behind = IssueId(slots.issue[slot]), slots.issue_before[slot], slots.issue_behind[slot]
    slots.issue[slot] = 0
    if behind != NONE:
        slots.issue_before[behind] = before
    if before != NONE:
        slots.issue_behind[before] = behind
    elif behind != NONE:
        slots.head_of[issue] = behind
    else:
        del slots.head_of[issue]
