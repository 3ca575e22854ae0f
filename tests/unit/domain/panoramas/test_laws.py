"""The laws of architecture.md, tried on many made-up stories."""

import contextlib
import random
from collections.abc import Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from msgspec.structs import replace

from domain.errors import DomainError
from domain.ids import NodeId, UserId
from domain.panoramas.apply import apply_change
from domain.panoramas.commands import AnyCommand, Remove, Restore
from domain.panoramas.decide import decide
from domain.panoramas.facts import Change
from domain.panoramas.tree import Tree
from tests.rounds import rounds
from tests.unit.domain.panoramas import asking, wandering
from tests.unit.domain.panoramas.building import EDITOR, OWNER, Story, tree_of
from tests.unit.domain.panoramas.observing import check_shape, observed
from tests.unit.domain.panoramas.reference import Branch, State, active, find, replay
from tests.unit.domain.panoramas.trial import Trial

ASKED = st.lists(asking.COMMANDS, min_size=1, max_size=3)
HAPPENINGS = ("", "", "", "", "", "undo", "redo", "undo newest", "remove and restore", "snapshot", "forget")
INSTEAD = st.sampled_from(HAPPENINGS)


class Panorama(RuleBasedStateMachine):
    """One rule only, because of several Hypothesis leaves most out in most stories."""

    def __init__(self) -> None:
        super().__init__()
        self.trial = Trial()

    @rule(asked=ASKED, instead=INSTEAD, back=st.integers(0, 20), user=asking.USERS)
    def go_on(self, asked: list[AnyCommand], instead: str, back: int, user: UserId) -> None:
        """Somebody asks for something, or something else happens."""
        nodes = self.trial.nodes()
        happen(self.trial, [asking.meant(command, nodes) for command in asked], instead, back, user)

    def teardown(self) -> None:
        """At the end of each story."""
        self.trial.finish()


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


@pytest.mark.parametrize("seed", range(rounds(25)))
def test_the_laws_hold_in_long_stories(seed: int) -> None:
    """Longer stories than Hypothesis tells, each another one."""
    chance, trial = random.Random(seed), Trial()
    for _ in range(60):
        asked = [wandering.command(chance, trial.nodes()) for _ in range(chance.choice((1, 1, 2, 3)))]
        happen(trial, asked, chance.choice(HAPPENINGS), chance.randrange(10), chance.choice((OWNER, OWNER, EDITOR)))
    trial.finish()
    assert len(trial.story.changes) > 10, "most of what is asked for is refused"


def happen(trial: Trial, commands: Sequence[AnyCommand], instead: str, back: int, user: UserId) -> None:
    """Let one thing happen, and check that all is well."""
    match instead:
        case "undo":
            trial.undo(back, user)
        case "redo":
            trial.redo(back, user)
        case "undo newest":
            trial.undo_newest(user)
        case "remove and restore":
            trial.remove_and_restore(back)
        case "snapshot":
            trial.snapshot()
        case "forget":
            trial.forget(back)
        case _:
            trial.ask(commands, user)
    trial.check()
