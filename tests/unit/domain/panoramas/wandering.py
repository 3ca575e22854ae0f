"""Requests at random, most of them possible: what somebody might do who tries everything."""

import random
from collections.abc import Sequence

from domain.ids import IssueId, NodeId
from domain.panoramas.access import Access
from domain.panoramas.commands import (
    AnyCommand,
    Archive,
    Copy,
    Move,
    Place,
    Reconcile,
    Remove,
    Rename,
    Restore,
    Retitle,
    SetAccess,
)
from tests.unit.domain.panoramas.building import new

_TITLES = ("Now", "Next", "Later", "بعد", "🌲")


def command(chance: random.Random, nodes: Sequence[NodeId]) -> AnyCommand:
    """Return something to ask for, about some of these nodes."""
    node = chance.choice(nodes)
    issues = tuple(IssueId(issue) for issue in chance.sample(range(1, 6), chance.randrange(4)))
    adding = [new(chance.randint(1, 5), _place(chance, nodes)), new(chance.choice(_TITLES), _place(chance, nodes))]
    shaping: list[AnyCommand] = [
        Move(node, _place(chance, nodes)),
        Remove(node),
        Restore(node, chance.choice((None, _place(chance, nodes)))),
        Copy(node, _place(chance, nodes)),
        Retitle(node, chance.choice(_TITLES)),
        Reconcile(node, issues),
    ]
    administering: list[AnyCommand] = [
        Rename(chance.choice(_TITLES)),
        SetAccess(Access(editors=chance.choice((None, None, frozenset())))),
        Archive(archived=chance.random() < 0.2),
    ]
    weighted: list[tuple[int, Sequence[AnyCommand]]] = [
        (3, adding),
        (7, [shaping[0]]),
        (8, shaping),
        (2, administering),
    ]
    (chosen,) = chance.choices([among for _, among in weighted], [weight for weight, _ in weighted])
    return chance.choice(chosen)


def _place(chance: random.Random, nodes: Sequence[NodeId]) -> Place:
    return Place(chance.choice((None, *nodes)), chance.choice((None, *nodes)))
