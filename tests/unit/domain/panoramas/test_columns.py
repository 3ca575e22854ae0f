"""Trees as bytes: the same tree comes back, or the damage is noticed."""

from datetime import timedelta

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import IssueId, NodeId, UserId
from domain.panoramas.access import Access
from domain.panoramas.broken import BrokenStream
from domain.panoramas.columns import decode_tree, encode_tree
from domain.panoramas.columns_ids import pack_ids, unpack_ids
from domain.panoramas.columns_numbers import (
    pack_integers,
    pack_naturals,
    pack_steps,
    unpack_integers,
    unpack_naturals,
    unpack_steps,
)
from domain.panoramas.commands import Archive, Copy, Place, Reconcile, Remove, Rename, Restore, SetAccess
from domain.panoramas.invert import take_back
from domain.panoramas.tree import Tree
from tests.unit.domain.panoramas.building import EDITOR, OWNER, STARTED, Story, new, tree_of
from tests.unit.domain.panoramas.observing import check_shape, observed
from tests.unit.domain.panoramas.planting import planted


def rich() -> Story:
    """A panorama with some of everything."""
    story, (first, second, third) = tree_of("first", 7, "third")
    story.do(Reconcile(second, (IssueId(1), IssueId(2**63 - 1))), user=EDITOR)
    below = story.add("بعد", first)
    story.do(Remove(below), Remove(third))
    strange = story.do(new("strange"))
    story.do(Remove(story.tree.children(second)[0]))
    story.do(Copy(second, Place(None, second)))
    behind = story.add("behind", None, story.tree.children(story.root)[0])
    story.do(Remove(behind))
    story.commit(take_back(story.tree, strange, OWNER))
    story.do(Rename("🌲"), SetAccess(Access(viewers=frozenset({OWNER, EDITOR}))), Archive())
    return story


def test_a_tree_comes_back() -> None:
    """With all that it says, and in order inside."""
    story = rich()
    tree = decode_tree(encode_tree(story.tree))
    assert observed(tree) == observed(story.tree)
    check_shape(tree)
    assert tree.outline_rows() == story.tree.outline_rows()
    assert encode_tree(tree) == encode_tree(story.tree)


def test_a_decoded_tree_goes_on() -> None:
    """What comes next fits it, restoring what was removed before it was encoded included."""
    story = rich()
    story.tree = decode_tree(encode_tree(story.tree))
    story.do(Archive(archived=False), *(Restore(node) for node in removed(story.tree)), new(1))
    check_shape(story.tree)
    assert len(story.tree) == story.tree.total - 1


def test_an_empty_panorama_comes_back() -> None:
    """Nothing but a root."""
    story = Story()
    tree = decode_tree(encode_tree(story.tree))
    assert observed(tree) == observed(story.tree)
    assert tree.outline_rows() == []


def test_damage_never_makes_a_tree_that_is_none() -> None:
    """Whichever bit is turned or byte is lost: it is noticed, or the bytes tell another sound tree."""
    data = encode_tree(rich().tree)
    damaged = [
        data[:at] + bytes((data[at] ^ 1 << bit,)) + data[at + 1 :] for at in range(len(data)) for bit in (0, 3, 7)
    ]
    damaged += [data[:at] + data[at + 1 :] for at in range(len(data))] + [data[:at] for at in range(len(data))]
    noticed = 0
    for bad in damaged:
        try:
            tree = decode_tree(bad)
        except BrokenStream:
            noticed += 1
        else:
            check_shape(tree)
            observed(tree)
    assert noticed > len(damaged) // 3


KINDS, FLAGS, DEPTHS, IDS, CREATED, UPDATED, CREATORS, USERS, ISSUES, TITLES, PLACES = range(11)
FAR = 2**62
SAME, COUNTED, PROCESS = pack_naturals([0] * 4), pack_steps([1, 2, 3, 4]), b"abcde"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (KINDS, b""),
        (KINDS, b"\0\2\0\2"),
        (KINDS, b"\1\2\0\3"),
        (KINDS, b"\1\2\0\2\2"),
        (FLAGS, b"\1\0\0\1"),
        (FLAGS, b"\0\2\0\1"),
        (FLAGS, b"\0\0\0\4"),
        (FLAGS, b"\0\0\0"),
        (DEPTHS, pack_naturals([0, 1, 3, 3])),
        (DEPTHS, pack_naturals([0, 1, 0, 1])),
        (DEPTHS, pack_naturals([1, 1, 1, 1])),
        (DEPTHS, pack_naturals([0, 1, 1])),
        (DEPTHS, pack_naturals([0, 1, 1, 1 << 20])),
        (DEPTHS, b""),
        (DEPTHS, b"\x09" + bytes(36)),
        (IDS, (COUNTED, SAME, pack_steps([1, 2, 3, 1 << 24]), PROCESS)),
        (IDS, (COUNTED, SAME, pack_steps([1, 2, 3, -1]), PROCESS)),
        (IDS, (pack_steps([1, 2, 3, 1 << 32]), SAME, COUNTED, PROCESS)),
        (IDS, (COUNTED, pack_naturals([0, 0, 0, 1]), COUNTED, PROCESS)),
        (IDS, (COUNTED, SAME, COUNTED, PROCESS + b"f")),
        (IDS, (SAME, SAME, SAME, PROCESS)),
        (CREATED, pack_steps([0, 0, 0, FAR])),
        (CREATED, pack_steps([0, 0, -FAR, 0])),
        (UPDATED, pack_integers([0, 0, 0, FAR])),
        (UPDATED, pack_integers([1, 1, 1])),
        (CREATORS, pack_naturals([0, 0, 0, 1])),
        (USERS, ()),
        (USERS, (OWNER, OWNER)),
        (ISSUES, pack_steps([0])),
        (ISSUES, pack_steps([1, 2])),
        (ISSUES, pack_naturals([2**64 - 1])),
        (TITLES, ("a", "b", "c")),
        (TITLES, ()),
        (PLACES, (pack_naturals([1]), ())),
        (PLACES, (pack_naturals([1]), ("no id",))),
        (PLACES, (pack_naturals([6]), ())),
        (PLACES, (pack_naturals([2, 2]), ())),
    ],
)
def test_a_column_that_no_tree_has_is_noticed(column: int, value: object) -> None:
    """Lengths, ranges, doubles, gaps and what dangles; the tree is a root, two notes, one removed, and an issue."""
    story, (_, _, last) = tree_of("a", 7, "b")
    story.do(Remove(last))
    snapshot = msgspec.msgpack.decode(encode_tree(story.tree))
    snapshot[2][column] = value
    with pytest.raises(BrokenStream):
        decode_tree(msgspec.msgpack.encode(snapshot))


def test_the_columns_of_ids_above_are_sound() -> None:
    """What the cases above differ from is accepted."""
    story, (_, _, last) = tree_of("a", 7, "b")
    story.do(Remove(last))
    snapshot = msgspec.msgpack.decode(encode_tree(story.tree))
    snapshot[2][IDS] = (COUNTED, SAME, COUNTED, PROCESS)
    assert decode_tree(msgspec.msgpack.encode(snapshot)).root == "000000016162636465000001"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (5, 0),
        (5, 2),
        (8, 0),
        (7, STARTED - timedelta(seconds=9)),
        (7, STARTED.replace(tzinfo=None).isoformat()),
        (1, 3),
    ],
)
def test_a_header_that_no_tree_has_is_noticed(field: int, value: object) -> None:
    """Versions and times in order, and each of its type."""
    story = Story()
    story.do(new("a"))
    story.do(Rename("x"))
    snapshot = msgspec.msgpack.decode(encode_tree(story.tree))
    snapshot[1][field] = value
    with pytest.raises(BrokenStream):
        decode_tree(msgspec.msgpack.encode(snapshot))


def test_a_header_of_before_there_was_any_discarding_is_read() -> None:
    """What does not say so is not discarded."""
    tree = Story().tree
    snapshot = msgspec.msgpack.decode(encode_tree(tree))
    del snapshot[1][9]
    assert observed(decode_tree(msgspec.msgpack.encode(snapshot))) == observed(tree)


def test_another_format_is_noticed() -> None:
    """A later format says so in front."""
    snapshot = msgspec.msgpack.decode(encode_tree(Story().tree))
    with pytest.raises(BrokenStream):
        decode_tree(msgspec.msgpack.encode([2, *snapshot[1:]]))


@given(st.lists(st.integers(0, 2**64 - 1)))
def test_naturals_come_back(numbers: list[int]) -> None:
    """However many bytes they take."""
    assert list(unpack_naturals(pack_naturals(numbers), len(numbers))) == numbers


@given(st.lists(st.integers(-(2**62), 2**62 - 1)))
def test_integers_come_back(numbers: list[int]) -> None:
    """By themselves and by their steps."""
    assert unpack_integers(pack_integers(numbers), len(numbers)) == numbers
    assert unpack_steps(pack_steps(numbers), len(numbers)) == numbers


@given(st.lists(st.binary(min_size=12, max_size=12).map(lambda plain: NodeId(plain.hex())), min_size=1))
def test_ids_come_back(ids: list[NodeId]) -> None:
    """Whether they are ObjectIds or any other twelve bytes."""
    columns, seconds = pack_ids(ids)
    assert unpack_ids(columns, len(ids)) == (ids, list(seconds))
    assert [f"{second:08x}" for second in seconds] == [node[:8] for node in ids]


def test_a_node_takes_thirty_bytes_at_the_most() -> None:
    """Of a panorama shaped by several people over a year, once compressed as records are."""
    tree = planted(20_000)
    assert len(zstandard.compress(encode_tree(tree), 1)) <= 30 * 20_000


def removed(tree: Tree) -> list[NodeId]:
    """Return what was removed, what is above first."""
    slots = tree.slots
    gone = [slots.node[slot] for slot in range(slots.end) if slots.flags[slot] & 1]
    return sorted(gone, key=lambda node: slots.parent[slots.slot_of.get(node, 0)])


def test_users_are_kept_by_number() -> None:
    """Who made what is the same after decoding."""
    tree = decode_tree(encode_tree(rich().tree))
    assert {node.creator for node in tree.walk()} == {UserId(OWNER), UserId(EDITOR)}
