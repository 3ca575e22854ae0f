"""What a manifest says, and where the next one stands."""

from datetime import UTC, datetime

import msgspec
import pytest
from msgspec.structs import replace

from domain.backups.manifests import Contents, Manifest, Piece, Position, Span, merged, next_position
from domain.ids import PanoramaId, TenantId
from tests.unit.domain.backups.chains import NOON, at, segment, snapshot

TENANT, OTHER = TenantId("a" * 24), TenantId("b" * 24)
PANORAMA = PanoramaId("c" * 24)


@pytest.mark.parametrize(
    ("newest", "epoch", "following"),
    [
        (None, 1, at(1)),
        (at(7), 1, at(8)),
        (at(7), 3, at(1, 3)),
        (at(7, 3), 1, None),
    ],
)
def test_a_position_follows_the_newest(newest: Position | None, epoch: int, following: Position | None) -> None:
    """Numbers go on within an epoch and begin again in a greater one; an epoch that is over has no next."""
    assert next_position(newest, epoch) == following


def test_positions_are_ordered_by_epoch_first() -> None:
    """Whatever an epoch still adds, the next one comes after it."""
    assert sorted([at(1, 2), at(9), at(10)]) == [at(9), at(10), at(1, 2)]
    assert str(at(27)) == "1.27"


def test_a_span_is_named_by_its_ends() -> None:
    """One manifest is not called several."""
    assert str(Span(at(3), at(3))) == "manifest 1.3"
    assert str(Span(at(3), at(9))) == "manifests 1.3 to 1.9"


def test_a_manifest_counts_what_it_names() -> None:
    """Records are those of its pieces, bytes those of every object, the indexes included."""
    pieces, index = (Piece("a", 100, 3), Piece("b", 50, 2)), Piece("c", 7)
    manifest = replace(segment(1), pieces=pieces, indexes=(index,))
    assert (manifest.records, manifest.size, manifest.objects) == (5, 157, (*pieces, index))


def test_a_snapshot_is_known_by_its_scan() -> None:
    """A manifest without one is a segment."""
    assert snapshot(5, NOON).is_snapshot
    assert not segment(5).is_snapshot


def test_a_manifest_comes_back_as_it_was() -> None:
    """Its bytes are JSON that an auditor can read, and the same for the same manifest."""
    contents = Contents({TENANT: (1, 2)}, {TENANT: {PANORAMA: ((1, 4),)}}, {TENANT: {PANORAMA: ((1, 1),)}})
    manifest = replace(snapshot(5, NOON), contents=contents, covered=datetime(2026, 1, 1, tzinfo=UTC))
    encoded = msgspec.json.encode(manifest)
    assert msgspec.json.decode(encoded, type=Manifest) == manifest
    assert msgspec.json.encode(msgspec.json.decode(encoded, type=Manifest)) == encoded


def test_parts_are_merged() -> None:
    """Each generation once, in order; streams whose runs touch become one."""
    one = Contents({TENANT: (2,), OTHER: (1,)}, {TENANT: {PANORAMA: ((1, 4),)}}, {})
    other = Contents({TENANT: (1, 2)}, {TENANT: {PANORAMA: ((5, 6),)}}, {OTHER: {PANORAMA: ((1, 1),)}})
    assert merged([one, other]) == Contents(
        {TENANT: (1, 2), OTHER: (1,)}, {TENANT: {PANORAMA: ((1, 6),)}}, {OTHER: {PANORAMA: ((1, 1),)}}
    )
    assert merged([]) == Contents()
