"""The laws of architecture.md, tried on many made-up stories."""

import contextlib
from collections.abc import Callable, Sequence

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
from domain.panoramas.facts import Added, AnyFact, Change, Withdrawn
from domain.panoramas.invert import do_again, invert, take_back
from domain.panoramas.tree import Tree
from tests.rounds import rounds
from tests.unit.domain.panoramas import asking
from tests.unit.domain.panoramas.building import EDITOR, OWNER, Story, tree_of
from tests.unit.domain.panoramas.observing import check_shape, observed
from tests.unit.domain.panoramas.reference import Branch, State, active, after_change, everything, find, replay

ASKED = st.lists(asking.COMMANDS, min_size=1, max_size=3)
INSTEAD = st.sampled_from(("", "", "", "", "undo", "redo", "undo newest", "remove and restore", "snapshot"))


class Panorama(RuleBasedStateMachine):
    """Two users shape one panorama; after each step the fast tree is held against the reference.

    There is one rule, because of several Hypothesis leaves most out in most stories.
    """

    def __init__(self) -> None:
        super().__init__()
        self.story, nodes = tree_of("a", 1, "b", 2)
        self.story.add(3, self.story.add("c", nodes[0]))
        self.state = replay(self.story.changes)
        self.snapshots = [encode_tree(self.story.tree)]

    @rule(asked=ASKED, instead=INSTEAD, back=st.integers(0, 20), user=asking.USERS)
    def go_on(self, asked: list[AnyCommand], instead: str, back: int, user: UserId) -> None:
        """Somebody asks for something, or something else happens."""
        others: dict[str, Callable[[int, UserId], None]] = {
            "undo": self.undo,
            "redo": self.redo,
            "undo newest": self.undo_newest,
            "remove and restore": self.remove_and_restore,
            "snapshot": self.snapshot,
        }
        if instead in others:
            others[instead](back, user)
        else:
            self.ask(asked, user)

    def ask(self, asked: list[AnyCommand], user: UserId) -> None:
        """What is asked for is refused, or done; a decision never changes the tree that it is about."""
        nodes = self.nodes()
        commands = [asking.meant(command, nodes) for command in asked]
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

    def undo_newest(self, _back: int, user: UserId) -> None:
        """What nobody has built upon is taken back exactly as the inverse says, and done again just so."""
        change, before = self.story.changes[-1], self.state
        with contextlib.suppress(DomainError):
            back = take_back(self.story.tree, change, user)
            assert [without_origin(fact) for fact in back] == [without_origin(fact) for fact in invert(change.facts)]
            self.commit(back, user)
            again = do_again(self.story.tree, change, user)
            self.commit(again, user)
            assert said(self.state) == said(before)

    def remove_and_restore(self, back: int, _user: UserId) -> None:
        """A removed subtree comes back whole, to where it was."""
        node, before = self.nodes()[-1 - back % len(self.nodes())], self.state
        with contextlib.suppress(DomainError):
            self.commit(decide(self.story.tree, [Remove(node)], OWNER, self.story.new_node).facts, OWNER)
            assert not self.story.tree.holds(node)
            self.commit(decide(self.story.tree, [Restore(node)], OWNER, self.story.new_node).facts, OWNER)
            assert said(self.state) == said(before)

    def snapshot(self, _back: int, _user: UserId) -> None:
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
TestPanorama.settings = settings(max_examples=rounds(120), stateful_step_count=25)


@settings(max_examples=rounds(40))
@given(
    asked=st.lists(asking.COMMANDS, min_size=6, max_size=6),
    answered=st.lists(asking.COMMANDS, min_size=6, max_size=6),
    turns=st.permutations((True, False) * 6),
)
def test_any_two_interleavings_end_in_a_valid_tree(
    asked: list[AnyCommand], answered: list[AnyCommand], turns: list[bool]
) -> None:
    """Whatever order two users' requests arrive in, each is refused or done, and the outcome is one tree."""
    story, nodes = tree_of("a", 1, "c", 2)
    nodes += [story.add(3, nodes[1]), story.add("d", nodes[0])]
    for order in (turns, [not turn for turn in turns]):
        requests = {True: iter(asked), False: iter(answered)}
        tree, changes = arrive(story, [(turn, asking.meant(next(requests[turn]), nodes)) for turn in order])
        check_shape(tree)
        assert observed(tree) == replay(changes)


@settings(max_examples=rounds(40))
@given(st.lists(asking.COMMANDS, min_size=1, max_size=6))
def test_a_removed_subtree_is_untouched_by_what_happens_meanwhile(asked: list[AnyCommand]) -> None:
    """Whatever others do while a subtree is removed, it comes back as it was."""
    story, nodes = tree_of("a", 1, "c")
    top = story.add("top", nodes[0])
    below = [story.add(7, top), story.add("deep", top)]
    deepest = story.add(8, below[0])
    whole = kept(observed(story.tree), top)
    story.do(Remove(top))
    for command in asked:
        with contextlib.suppress(DomainError):
            story.do(asking.meant(command, [story.root, *nodes, *below, deepest]))
    with contextlib.suppress(DomainError):
        story.do(Restore(top))
    assume(story.tree.holds(top))
    assert kept(observed(story.tree), top) == whole


def arrive(story: Story, requests: Sequence[tuple[bool, AnyCommand]]) -> tuple[Tree, list[Change]]:
    """Return what comes of requests that arrive one by one after a story so far, from the owner (True) or the other."""
    tree, changes = story.tree.frozen(), list(story.changes)
    for owners, command in requests:
        user = OWNER if owners else EDITOR
        with contextlib.suppress(DomainError):
            facts = decide(tree, [command], user, story.new_node).facts
            change = replace(changes[-1], version=tree.version + 1, author=user, facts=facts)
            apply_change(tree, change)
            changes.append(change)
    return tree, changes


def kept(state: State, node: NodeId) -> list[Branch]:
    """Return a subtree, depth-first, without the place that its top remembers."""
    branch = find(state.top, node)
    assert branch is not None
    return [replace(found, updated=state.created, children=(), removed=()) for found in active(branch)]


def without_origin(fact: AnyFact) -> AnyFact:
    """Leave out who made a node, and when, which an undo adds so that the node can come back the same."""
    return replace(fact, origin=None) if isinstance(fact, (Added, Withdrawn)) else fact


def said(state: State) -> State:
    """Leave out what goes on whatever is undone: versions, and when nodes were touched."""
    return replace(state, top=_untouched(state.top, state), version=0, administered=0, updated=state.created)


def _untouched(branch: Branch, state: State) -> Branch:
    children = tuple(_untouched(child, state) for child in branch.children)
    removed = tuple(_untouched(child, state) for child in branch.removed)
    return replace(branch, updated=state.created, children=children, removed=removed)
