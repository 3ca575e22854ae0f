"""The laws of architecture.md, tried on many made-up stories."""

import contextlib
from collections.abc import Sequence

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from domain.errors import DomainError
from domain.ids import NodeId, UserId
from domain.panoramas.apply import apply_change, begin
from domain.panoramas.columns import decode_tree, encode_tree
from domain.panoramas.commands import AnyCommand, Remove, Restore
from domain.panoramas.decide import decide
from domain.panoramas.facts import AnyFact, Change
from domain.panoramas.invert import do_again, invert, take_back
from domain.panoramas.tree import Tree
from tests.rounds import rounds
from tests.unit.domain.panoramas import asking
from tests.unit.domain.panoramas.building import EDITOR, OWNER, Story, tree_of
from tests.unit.domain.panoramas.observing import check_shape, observed
from tests.unit.domain.panoramas.reference import Branch, State, active, after_change, everything, find, replay


class Panorama(RuleBasedStateMachine):
    """Two users shape one panorama; after each step the fast tree is held against the reference."""

    def __init__(self) -> None:
        super().__init__()
        self.story = Story()
        self.state = replay(self.story.changes)
        self.snapshots = [encode_tree(self.story.tree)]

    @rule(data=st.data(), user=asking.USERS, count=st.integers(1, 4))
    def ask(self, data: st.DataObject, user: UserId, count: int) -> None:
        """What is asked for is refused, or done; a decision never changes the tree that it is about."""
        nodes = self.nodes()
        commands = [data.draw(asking.commands(nodes)) for _ in range(count)]
        before = encode_tree(self.story.tree)
        facts: Sequence[AnyFact] = ()
        with contextlib.suppress(DomainError):
            facts = decide(self.story.tree, commands, user, self.story.new_node).facts
        assert encode_tree(self.story.tree) == before
        self.commit(facts, user)

    @rule(data=st.data(), user=asking.USERS)
    def undo(self, data: st.DataObject, user: UserId) -> None:
        """Any change is taken back, or refused because somebody has built on it; never half."""
        change = data.draw(st.sampled_from(self.story.changes))
        with contextlib.suppress(DomainError):
            self.commit(take_back(self.story.tree, change, user), user)

    @rule(data=st.data(), user=asking.USERS)
    def redo(self, data: st.DataObject, user: UserId) -> None:
        """Any change is done again, or refused."""
        change = data.draw(st.sampled_from(self.story.changes))
        with contextlib.suppress(DomainError):
            self.commit(do_again(self.story.tree, change, user), user)

    @rule(user=asking.USERS)
    def undo_newest(self, user: UserId) -> None:
        """What nobody has built upon is taken back exactly as the inverse says, and done again just so."""
        change, before = self.story.changes[-1], self.state
        with contextlib.suppress(DomainError):
            back = take_back(self.story.tree, change, user)
            assert back == invert(change.facts)
            self.commit(back, user)
            again = do_again(self.story.tree, change, user)
            self.commit(again, user)
            assert said(self.state) == said(before)

    @rule(data=st.data())
    def remove_and_restore(self, data: st.DataObject) -> None:
        """A removed subtree comes back whole, to where it was."""
        node = data.draw(st.sampled_from(self.nodes()))
        before = self.state
        with contextlib.suppress(DomainError):
            self.commit(decide(self.story.tree, [Remove(node)], OWNER, self.story.new_node).facts, OWNER)
            assert not self.story.tree.holds(node)
            self.commit(decide(self.story.tree, [Restore(node)], OWNER, self.story.new_node).facts, OWNER)
            assert said(self.state) == said(before)

    @rule()
    def snapshot(self) -> None:
        """What is encoded decodes to the same."""
        data = encode_tree(self.story.tree)
        assert observed(decode_tree(data)) == self.state
        self.snapshots.append(data)

    @invariant()
    def fast_equals_reference(self) -> None:
        """The fast tree says what the reference says, and is one tree."""
        assert observed(self.story.tree) == self.state
        check_shape(self.story.tree)

    def teardown(self) -> None:
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


TestPanorama = Panorama.TestCase
TestPanorama.settings = settings(max_examples=rounds(50), stateful_step_count=20)


@settings(max_examples=rounds(60))
@given(data=st.data(), turns=st.lists(st.booleans(), min_size=8, max_size=8))
def test_any_two_interleavings_end_in_a_valid_tree(data: st.DataObject, turns: list[bool]) -> None:
    """Whatever order two users' requests arrive in, each is refused or done, and the outcome is one tree."""
    story, nodes = tree_of("a", 1, "c", 2)
    nodes += [story.add(3, nodes[1]), story.add("d", nodes[0])]
    requests = {user: [data.draw(asking.commands(nodes)) for _ in turns] for user in (OWNER, EDITOR)}
    orders = [turns, [not turn for turn in turns]]
    for order in orders:
        tree, changes = arrive(story, [requests[OWNER if turn else EDITOR][at] for at, turn in enumerate(order)])
        check_shape(tree)
        assert observed(tree) == replay(changes)


@settings(max_examples=rounds(60))
@given(data=st.data())
def test_a_removed_subtree_is_untouched_by_what_happens_meanwhile(data: st.DataObject) -> None:
    """Whatever others do while a subtree is removed, it comes back as it was."""
    story, nodes = tree_of("a", 1, "c")
    top = story.add("top", nodes[0])
    below = [story.add(7, top), story.add("deep", top)]
    deepest = story.add(8, below[0])
    whole = kept(observed(story.tree), top)
    story.do(Remove(top))
    for _ in range(6):
        command = data.draw(asking.commands([story.root, *nodes, *below, deepest]))
        with contextlib.suppress(DomainError):
            story.do(command)
    with contextlib.suppress(DomainError):
        story.do(Restore(top))
    assume(story.tree.holds(top))
    assert kept(observed(story.tree), top) == whole


def arrive(story: Story, commands: Sequence[AnyCommand]) -> tuple[Tree, list[Change]]:
    """Return what comes of requests that arrive one by one after a story so far."""
    tree, changes = story.tree.frozen(), list(story.changes)
    for command in commands:
        with contextlib.suppress(DomainError):
            facts = decide(tree, [command], OWNER, story.new_node).facts
            change = replace(changes[-1], version=tree.version + 1, facts=facts)
            apply_change(tree, change)
            changes.append(change)
    return tree, changes


def kept(state: State, node: NodeId) -> list[Branch]:
    """Return a subtree, depth-first, without the place that its top remembers."""
    branch = find(state.top, node)
    assert branch is not None
    return [replace(found, updated=state.created, children=(), removed=()) for found in active(branch)]


def said(state: State) -> State:
    """Leave out what goes on whatever is undone: versions, and when nodes were touched."""
    return replace(state, top=_untouched(state.top, state), version=0, administered=0, updated=state.created)


def _untouched(branch: Branch, state: State) -> Branch:
    children = tuple(_untouched(child, state) for child in branch.children)
    removed = tuple(_untouched(child, state) for child in branch.removed)
    return replace(branch, updated=state.created, children=children, removed=removed)
