"""The panorama itself: its name, who may see and change it, and archiving."""

import pytest

from domain.errors import (
    AccessRefused,
    ActionRefused,
    DomainError,
    LimitExceeded,
    PanoramaArchived,
    PanoramaMissing,
    TextRefused,
)
from domain.ids import UserId
from domain.panoramas.access import EVERYONE, Access
from domain.panoramas.commands import AnyCommand, Archive, Remove, Rename, SetAccess
from domain.panoramas.decide import decide, open_panorama
from domain.panoramas.facts import AccessChanged, AnyFact, Archived, Opened, Renamed
from domain.panoramas.invert import do_again, take_back
from domain.panoramas.limits import ACTIONS, NAME
from domain.panoramas.refusals import Refusal
from tests.unit.domain.panoramas.building import EDITOR, OWNER, PANORAMA, STRANGER, Story, new

ONE_EDITOR = Access(viewers=frozenset({STRANGER}), editors=frozenset({EDITOR}))


def asked(story: Story, user: UserId, *commands: AnyCommand) -> tuple[AnyFact, ...]:
    """Decide without doing."""
    return decide(story.tree, commands, user, story.new_node).facts


def test_a_panorama_opens_with_a_name() -> None:
    """Version 1 says what it is called and whose it is."""
    story = Story()
    assert open_panorama(PANORAMA, story.root, "Plan", OWNER) == (Opened(PANORAMA, story.root, "Plan", OWNER),)
    tree = story.tree
    assert (tree.id, tree.root, tree.name, tree.owner) == (PANORAMA, story.root, "Plan", OWNER)
    assert (tree.access, tree.archived, tree.version, tree.administered) == (EVERYONE, False, 1, 1)


@pytest.mark.parametrize(("name", "error"), [("", TextRefused), ("a\tb", TextRefused), ("x" * 256, LimitExceeded)])
def test_a_name_is_text(name: str, error: type[DomainError]) -> None:
    """Names have the same characters as titles, on opening and on renaming."""
    story = Story()
    with pytest.raises(error) as refused:
        open_panorama(PANORAMA, story.root, name, OWNER)
    assert refused.value.args[0] == "name"
    with pytest.raises(error):
        story.do(Rename(name))
    story.do(Rename("x" * NAME))


def test_an_editor_renames() -> None:
    """The fact has both names; the same name again makes none."""
    story = Story()
    assert story.do(Rename("New"), user=EDITOR).facts == (Renamed("Plan", "New"),)
    assert story.tree.name == "New"
    assert story.do(Rename("New")).facts == ()


def test_the_owner_sets_access() -> None:
    """The fact has both; the same again makes none."""
    story = Story()
    assert story.do(SetAccess(ONE_EDITOR)).facts == (AccessChanged(EVERYONE, ONE_EDITOR),)
    assert story.tree.access == ONE_EDITOR
    assert story.do(SetAccess(ONE_EDITOR)).facts == ()


@pytest.mark.parametrize("command", [SetAccess(EVERYONE), SetAccess(ONE_EDITOR), Archive(), Archive(archived=False)])
def test_only_the_owner_administers(command: AnyCommand) -> None:
    """An editor may do neither, even if it would change nothing."""
    with pytest.raises(AccessRefused):
        asked(Story(), EDITOR, command)


@pytest.mark.parametrize(
    "access", [Access(viewers=frozenset({UserId("Eve")})), Access(editors=frozenset({UserId("")}))]
)
def test_an_access_list_has_ids(access: Access) -> None:
    """Nobody is named by anything but an id."""
    with pytest.raises(ActionRefused) as refused:
        asked(Story(), OWNER, SetAccess(access))
    assert refused.value.reason == Refusal.USER


def test_who_may_not_edit_is_refused() -> None:
    """A viewer is told so; who may not view is not told that there is a panorama."""
    story = Story()
    change = story.do(new("a"))
    story.do(SetAccess(ONE_EDITOR))
    story.do(new("b"), user=EDITOR)
    nobody = UserId("9" * 24)
    for user, error in ((STRANGER, AccessRefused), (nobody, PanoramaMissing)):
        with pytest.raises(error):
            asked(story, user)
        with pytest.raises(error):
            take_back(story.tree, change, user)
        with pytest.raises(error):
            do_again(story.tree, change, user)


def test_an_archived_panorama_takes_nothing_but_being_brought_back() -> None:
    """Not even a change that would change nothing, nor an undo."""
    story = Story()
    change = story.do(new("a"))
    assert story.do(Archive()).facts == (Archived(to=True),)
    states = [story.tree.archived]
    for command in (new("b"), Rename("Plan"), Archive(), Remove("0" * 24), SetAccess(EVERYONE)):
        with pytest.raises(PanoramaArchived):
            asked(story, OWNER, command)
    with pytest.raises(PanoramaArchived):
        take_back(story.tree, change, OWNER)
    assert story.do(Archive(archived=False), new("b")).facts[0] == Archived(to=False)
    states.append(story.tree.archived)
    assert states == [True, False]
    assert story.do(Archive(archived=False)).facts == ()


def test_archiving_ends_a_batch() -> None:
    """Later actions of the same batch see the panorama archived."""
    with pytest.raises(PanoramaArchived):
        asked(Story(), OWNER, Archive(), new("a"))


def test_a_tree_knows_when_it_was_administered() -> None:
    """The version of the last change to name, access or archiving; nodes do not count."""
    story = Story()
    expected = [1]
    for command in (new("a"), Rename("New"), new("b"), SetAccess(ONE_EDITOR), Archive(), Archive(archived=False)):
        story.do(command)
        expected.append(story.tree.administered)
    assert expected == [1, 1, 3, 3, 5, 6, 7]
    assert story.tree.updated == story.changes[-1].at
    assert story.tree.created == story.changes[0].at


def test_a_batch_has_an_end() -> None:
    """One action more than the limit is refused, whatever the actions are."""
    story = Story()
    assert asked(story, OWNER, *[Rename("Plan")] * ACTIONS) == ()
    with pytest.raises(LimitExceeded) as refused:
        asked(story, OWNER, *[Rename("Plan")] * (ACTIONS + 1))
    assert (refused.value.what, refused.value.limit) == ("actions", ACTIONS)
