"""Large trees that look like those of real people, the same in every run."""

import random
from datetime import timedelta

from domain.ids import IssueId, NodeId, PanoramaId, UserId
from domain.panoramas.apply import begin
from domain.panoramas.facts import Added, Change, Kind, Opened, Origin
from domain.panoramas.tree import Tree
from tests.unit.domain.panoramas.building import OWNER, STARTED, Story

_YEAR = 365 * 24 * 3600 * 1000


def planted(count: int) -> Tree:
    """Return a tree of `count` nodes."""
    return begin(planting(count))


def planting(count: int) -> Change:
    """Return the change that makes `count` nodes, as if at random moments of a year: four in five are issues."""
    chance = random.Random(count)
    story = Story()
    nodes, depths = [story.root], {story.root: 0}
    facts: list[Opened | Added] = [Opened(PanoramaId("f" * 24), story.root, "Plan", OWNER)]
    for number in range(count):
        parent = chance.choice(nodes[-2_000:])
        while depths[parent] > 8:
            parent = chance.choice(nodes)
        at = STARTED + timedelta(milliseconds=chance.randrange(_YEAR))
        node = NodeId(f"{int(at.timestamp()):08x}{chance.randrange(20):010x}{chance.randrange(1 << 24):06x}")
        touched = at + timedelta(milliseconds=chance.choice((0, chance.randrange(_YEAR))))
        origin = Origin(UserId(f"{chance.randrange(40):024x}"), at, touched)
        if chance.random() < 0.8:
            issue = IssueId(10_000 + chance.randrange(10 * count))
            facts.append(Added(node, Kind.ISSUE, parent, issue=issue, origin=origin))
        else:
            facts.append(Added(node, Kind.NOTE, parent, title=f"Note {number}", origin=origin))
        nodes.append(node)
        depths[node] = depths[parent] + 1
    first = story.changes[0]
    return Change(1, first.id, first.author, first.at, tuple(facts))
