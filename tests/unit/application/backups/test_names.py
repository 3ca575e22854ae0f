"""How the objects of a backup are called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.backups.names import MANIFESTS, OBJECTS, key_of, named, numbered, position_in, position_of
from domain.backups.manifests import Piece, Position
from ports.blob_checks import checked_name

positions = st.builds(Position, st.integers(1, 999_999), st.integers(1, 999_999_999_999))


@given(positions, positions)
def test_names_and_keys_sort_as_positions_do(one: Position, other: Position) -> None:
    """So that a listing is in order."""
    assert (numbered(MANIFESTS, one) < numbered(MANIFESTS, other)) is (one < other)
    assert (key_of(one) < key_of(other)) is (one < other)


@given(positions)
def test_a_name_tells_its_position(position: Position) -> None:
    """And every store takes it."""
    name = numbered(MANIFESTS, position)
    assert position_in(MANIFESTS, name) == position
    assert position_of(key_of(position)) == position
    checked_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "manifests/readme.txt",
        "manifests/000001/000000000/000000001000.json",
        "manifests/000001/000000000/000000000001.json.bak",
        "manifests/1/0/1.json",
    ],
)
def test_a_strange_name_tells_nothing(name: str) -> None:
    """Somebody else's object, or one in the wrong folder."""
    assert position_in(MANIFESTS, name) is None


def test_an_object_is_called_by_its_hash() -> None:
    """Beneath a folder of its first two digits."""
    assert named(OBJECTS, Piece("ab" + "0" * 62, 1)) == "objects/ab/ab" + "0" * 62
