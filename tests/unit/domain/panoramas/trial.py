"""A panorama that two users shape, and that is held against the reference at each step."""

import contextlib
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from domain.errors import ActionRefused, DomainError
from domain.ids import SERVICE, NodeId, UserId
from domain.panoramas.apply import apply_change, begin
from domain.panoramas.columns import decode_tree, encode_tree
from domain.panoramas.commands import AnyCommand, Remove, Restore
from domain.panoramas.decide import decide
from domain.panoramas.facts import Added, AnyFact, Forgotten, Withdrawn
from domain.panoramas.forgetting import forgettable, waiting_since
from domain.panoramas.invert import do_again, invert, take_back
from tests.unit.domain.panoramas.building import OWNER, tree_of
from tests.unit.domain.panoramas.observing import check_shape, observed
from tests.unit.domain.panoramas.reference import Branch, State, after_change, everything, removed, replay


class Trial:
    """Each method is something that happens, and a law that must hold then."""

    def __init__(self) -> None:
        self.story, nodes = tree_of("a", 1, "b", 2)
        self.story.add(3, self.story.add("c", nodes[0]))
        self.state = replay(self.story.changes)
        self.snapshots = [encode_tree(self.story.tree)]

    def ask(self, commands: Sequence[AnyCommand], user: UserId) -> None:
        """What is asked for is refused, or done; a decision never changes the tree that it is about."""
        before = encode_tree(self.story.tree)
        facts: Sequence[AnyFact] = ()
        with contextlib.suppress(DomainError):
            facts = decide(self.story.tree, commands, user, self.story.new_node).facts
        assert encode_tree(self.story.tree) == before
        self.commit(facts, user)

    def undo(self, back: int, user: UserId) -> None:
        """Any change is taken back, or refused because somebody has built on it; never half."""
        change = self.story.changes[-1 - back % len(self.story.changes)]
        with contextlib.suppress(DomainError):
            self.commit(take_back(self.story.tree, change, user), user)

    def redo(self, back: int, user: UserId) -> None:
        """Any change is done again, or refused."""
        change = self.story.changes[-1 - back % len(self.story.changes)]
        with contextlib.suppress(DomainError):
            self.commit(do_again(self.story.tree, change, user), user)

    def undo_newest(self, user: UserId) -> None:
        """What nobody has built upon is taken back exactly as the inverse says, and done again just so."""
        change, before = self.story.changes[-1], self.state
        with contextlib.suppress(DomainError):
            back = take_back(self.story.tree, change, user)
            assert [without_origin(fact) for fact in back] == [without_origin(fact) for fact in invert(change.facts)]
            self.commit(back, user)
            again = do_again(self.story.tree, change, user)
            self.commit(again, user)
            assert said(self.state) == said(before)

    def remove_and_restore(self, back: int) -> None:
        """A removed subtree comes back whole, to where it was."""
        node, before = self.nodes()[-1 - back % len(self.nodes())], self.state
        with contextlib.suppress(DomainError):
            self.commit(decide(self.story.tree, [Remove(node)], OWNER, self.story.new_node).facts, OWNER)
            assert not self.story.tree.holds(node)
            self.commit(decide(self.story.tree, [Restore(node)], OWNER, self.story.new_node).facts, OWNER)
            assert said(self.state) == said(before)

    def forget(self, back: int) -> None:
        """What was removed up to some moment is gone for good; nobody who reads the tree sees a difference."""
        changes = self.story.changes
        through, rows = changes[-1 - back % len(changes)].at, self.story.tree.outline_rows()
        waiting = waiting_since(self.story.tree)
        facts = forgettable(self.story.tree, through, 10_000)
        assert bool(facts) == (waiting is not None and waiting <= through)
        if not facts:
            return
        kept = {branch.node for branch in everything(self.state.top)} - _nodes(facts)
        assert {branch.node for branch in removed(self.state.top) if branch.updated > through} <= kept
        with pytest.raises(ActionRefused):
            invert(facts)
        change = self.story.commit(facts, SERVICE)
        self.state = after_change(self.state, change)
        assert self.story.tree.outline_rows() == rows
        assert {branch.node for branch in everything(self.state.top)} == kept
        assert forgettable(self.story.tree, through, 10_000) == ()

    def snapshot(self) -> None:
        """What is encoded decodes to the same."""
        data = encode_tree(self.story.tree)
        assert observed(decode_tree(data)) == self.state
        self.snapshots.append(data)

    def check(self) -> None:
        """The fast tree says what the reference says, and is one tree."""
        assert observed(self.story.tree) == self.state
        check_shape(self.story.tree)

    def finish(self) -> None:
        """Replaying a stream from its beginning equals any snapshot and what came after it."""
        changes = self.story.changes
        for tree in (begin(changes[0]), *map(decode_tree, self.snapshots)):
            for change in changes[tree.version :]:
                apply_change(tree, change)
            assert observed(tree) == self.state
            check_shape(tree)

    def nodes(self) -> list[NodeId]:
        """All nodes that there are, removed ones too."""
        return [branch.node for branch in everything(self.state.top)]

    def commit(self, facts: Sequence[AnyFact], user: UserId) -> None:
        """Make the next version, after a look at whether its inverse would restore this one exactly."""
        before, trial = self.state, self.story.tree.frozen()
        change = self.story.commit(facts, user)
        self.state = after_change(before, change)
        apply_change(trial, change)
        assert observed(trial) == self.state
        apply_change(trial, replace(change, version=change.version + 1, facts=invert(facts)))
        assert said(observed(trial)) == said(before)
        check_shape(trial)


def without_origin(fact: AnyFact) -> AnyFact:
    """Leave out who made a node, and when, which an undo adds so that the node can come back the same."""
    return replace(fact, origin=None) if isinstance(fact, (Added, Withdrawn)) else fact


def _nodes(facts: Sequence[Forgotten]) -> set[NodeId]:
    return {node for fact in facts for node in (fact.node, *fact.below)}


def said(state: State) -> State:
    """Leave out what goes on whatever is undone: versions, and when nodes were touched."""
    return replace(state, top=_untouched(state.top, state), version=0, administered=0, updated=state.created)


def _untouched(branch: Branch, state: State) -> Branch:
    children = tuple(_untouched(child, state) for child in branch.children)
    removed = tuple(_untouched(child, state) for child in branch.removed)
    return replace(branch, updated=state.created, children=children, removed=removed)
