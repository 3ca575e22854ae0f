"""Makes trees and changes for tests, with ids and times that only count."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from domain.ids import ChangeId, IssueId, NodeId, PanoramaId, UserId
from domain.panoramas.apply import apply_change, begin
from domain.panoramas.commands import Add, AnyCommand, NodeRef, Place
from domain.panoramas.decide import decide, open_panorama
from domain.panoramas.facts import AnyFact, Change, Kind
from domain.panoramas.tree import Tree

OWNER = UserId("0" * 23 + "1")
EDITOR = UserId("0" * 23 + "2")
STRANGER = UserId("0" * 23 + "3")
PANORAMA = PanoramaId("f" * 24)
STARTED = datetime(2026, 1, 2, 3, 4, 5, 6_000, tzinfo=UTC)


class Story:
    """A panorama, and the changes that made it."""

    def __init__(self, facts: Sequence[AnyFact] | None = None) -> None:
        self._numbers = count(1)
        self.root = self.new_node()
        opened = open_panorama(PANORAMA, self.root, "Plan", OWNER)
        self.changes = [self.change((*opened, *(facts or ())), version=1)]
        self.tree = begin(self.changes[0])

    def new_node(self) -> NodeId:
        """Return the next id, in the form of an ObjectId."""
        number = next(self._numbers)
        return NodeId(f"{1_767_000_000 + number // 4:08x}aabbccddee{number:06x}")

    def change(self, facts: Sequence[AnyFact], *, user: UserId = OWNER, version: int = 0, at: int = 0) -> Change:
        """Return the next change, so many seconds (by default: versions) after the first one."""
        version = version or self.tree.version + 1
        return Change(
            version=version,
            id=ChangeId(f"{version:032x}"),
            author=user,
            at=STARTED + timedelta(seconds=at or version),
            facts=tuple(facts),
        )

    def commit(self, facts: Sequence[AnyFact], user: UserId = OWNER) -> Change:
        """Make these facts the next version."""
        change = self.change(facts, user=user)
        apply_change(self.tree, change)
        self.changes.append(change)
        return change

    def do(self, *commands: AnyCommand, user: UserId = OWNER) -> Change:
        """Decide and commit."""
        return self.commit(decide(self.tree, commands, user, self.new_node).facts, user)

    def add(self, content: str | int, under: NodeRef | None = None, after: NodeRef | None = None) -> NodeId:
        """Add a note or an issue, last unless `after` is given, and return it."""
        where = Place(under, after if after is not None else self.last(under))
        decision = decide(self.tree, [new(content, where, number=-1)], OWNER, self.new_node)
        self.commit(decision.facts)
        return decision.made[-1]

    def last(self, under: NodeRef | None) -> NodeId | None:
        """Return the last child of a node."""
        children = self.tree.children(self.root if under is None else NodeId(str(under)))
        return children[-1] if children else None

    def shown(self) -> list[str]:
        """Return the outline with dots for depth, as a reader would see it."""
        return ["." * depth + str(content) for _, depth, _, content, _ in self.tree.outline_rows()]


def new(content: str | int, place: Place | None = None, number: int | None = None) -> Add:
    """Ask for an issue if `content` is a number, else for a note."""
    place = place or Place()
    if isinstance(content, int):
        return Add(Kind.ISSUE, place, issue=IssueId(content), node=number)
    return Add(Kind.NOTE, place, title=content, node=number)


def tree_of(*contents: str | int) -> tuple[Story, list[NodeId]]:
    """Return a panorama of these nodes, all below the root, in this order."""
    story = Story()
    return story, [story.add(content) for content in contents]


def copied(tree: Tree) -> Tree:
    """Return a tree that the test may change."""
    return tree.frozen()
