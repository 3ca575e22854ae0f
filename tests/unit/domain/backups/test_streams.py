"""Runs of versions, and the gaps between them."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from domain.backups.streams import Gap, Holdings, count, gaps, joined, runs_of, together
from domain.ids import PanoramaId, TenantId

TENANT = TenantId("a" * 24)
PANORAMA = PanoramaId("c" * 24)

versions = st.sets(st.integers(1, 30))


@given(versions)
def test_runs_hold_exactly_the_versions(held: set[int]) -> None:
    """In order, none touching the next."""
    runs = runs_of(sorted(held, reverse=True))
    assert {version for first, last in runs for version in range(first, last + 1)} == held
    assert all(last + 1 < first for (_, last), (first, _) in itertools.pairwise(runs))


@given(versions, versions)
def test_streams_come_together(one: set[int], other: set[int]) -> None:
    """Two backups hold together what either holds."""
    streams = [{TENANT: {PANORAMA: runs_of(held)}} for held in (one, other)]
    assert together(*streams) == {TENANT: {PANORAMA: runs_of(one | other)}}
    assert count(together(*streams)) == len(one | other)


@given(versions)
def test_a_gap_is_what_is_missing_below_the_newest(held: set[int]) -> None:
    """From the first version on."""
    found = gaps({TENANT: {PANORAMA: runs_of(held)}})
    missing = {version for gap in found for version in range(gap.first, gap.last + 1)}
    assert missing == set(range(1, max(held, default=0))) - held


def test_overlapping_runs_are_one() -> None:
    """What is shipped twice is held once."""
    assert joined([(1, 5), (3, 4), (6, 6)]) == ((1, 6),)


def test_a_gap_names_itself() -> None:
    """An operator is told where it is."""
    assert str(Gap(TENANT, PANORAMA, 4, 4)).endswith("lacks version 4")
    assert str(Gap(TENANT, PANORAMA, 4, 6)).endswith("lacks versions 4 to 6")


def test_what_is_added_is_held_together() -> None:
    """Gaps are told of the streams that something was added to, and of no others."""
    holdings, other = Holdings(), PanoramaId("d" * 24)
    assert holdings.add({TENANT: {PANORAMA: ((1, 3),), other: ((2, 2),)}}) == [Gap(TENANT, other, 1, 1)]
    assert holdings.add({TENANT: {PANORAMA: ((5, 5),)}}, {TENANT: {PANORAMA: ((1, 1),)}}) == [
        Gap(TENANT, PANORAMA, 4, 4)
    ]
    assert holdings.add({TENANT: {PANORAMA: ((4, 4),)}}) == []
