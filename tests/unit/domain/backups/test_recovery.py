"""Which moments can be restored, and what it takes."""

from datetime import timedelta
from functools import cache

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.backups.chains import Chained
from domain.backups.manifests import Manifest, Scan
from domain.backups.recovery import RecoveryPoint, Window, recovery_point, windows
from domain.backups.retention import Retention, began_before, kept
from tests.unit.domain.backups.chains import DAY, HOUR, NOON, a_line, at, chained, segment

MINUTE = timedelta(minutes=1)


def covering(line: list[Chained]) -> list[Manifest]:
    """Return the manifests of a line, each segment of which covers everything up to when it was made."""
    made: list[Chained] = []
    for each in line:
        after = None if not made else made[-1].link
        made.append(chained(replace(each.manifest, covered=each.manifest.created, predecessor=after)))
    return [each.manifest for each in made]


def numbers(point: RecoveryPoint | None) -> tuple[int | None, list[int]]:
    """Return the number of the snapshot, and those of the segments."""
    assert point is not None
    snapshot = None if point.snapshot is None else point.snapshot.position.number
    return snapshot, [each.position.number for each in point.segments]


def a_chain() -> list[Manifest]:
    """Return nine manifests, one an hour: the fifth is a snapshot whose scan began after the second."""
    line = [chained(segment(1, NOON))]
    for number in range(2, 10):
        manifest = segment(number, NOON + (number - 1) * HOUR, after=line[-1])
        if number == 5:
            manifest = replace(manifest, scan=Scan("s", at(2), at(4), NOON + HOUR, NOON + 3 * HOUR))
        line.append(chained(manifest))
    return covering(line)


def test_the_newest_moment_takes_the_newest_snapshot() -> None:
    """And every segment since its scan began."""
    point = recovery_point(a_chain())
    assert numbers(point) == (5, [3, 4, 6, 7, 8, 9])
    assert point is not None
    assert (point.position, point.covered) == (at(9), NOON + 8 * HOUR)


def test_a_moment_takes_the_segments_up_to_the_first_that_covers_more() -> None:
    """One that covers the moment exactly may lack what was acknowledged at that very moment."""
    line = a_chain()
    assert numbers(recovery_point(line, NOON + 6 * HOUR)) == (5, [3, 4, 6, 7, 8])
    assert numbers(recovery_point(line, NOON + 6 * HOUR - MINUTE)) == (5, [3, 4, 6, 7])


def test_a_moment_inside_a_scan_is_restored_from_before() -> None:
    """The snapshot is whole from the fourth manifest on."""
    line = a_chain()
    assert numbers(recovery_point(line, NOON + 3 * HOUR)) == (5, [3, 4, 6])
    assert numbers(recovery_point(line, NOON + 3 * HOUR - MINUTE)) == (None, [1, 2, 3, 4])


def test_a_moment_beyond_the_newest_is_the_newest() -> None:
    """Before the first there is nothing."""
    line = a_chain()
    assert recovery_point(line, NOON + 99 * HOUR) == recovery_point(line)
    assert numbers(recovery_point(line, NOON)) == (None, [1, 2])
    assert recovery_point(line, NOON - MINUTE) is None


def test_nothing_leads_anywhere_without_a_beginning() -> None:
    """No manifests at all, or the beginning given up and no whole snapshot since."""
    assert recovery_point([]) is None
    assert windows([]) == []
    line = a_chain()
    for first in (3, 4):
        assert recovery_point(line[first:]) is None
        assert windows(line[first:]) == []


def test_a_snapshot_of_the_beginning_needs_everything() -> None:
    """Its scan began before there was a manifest."""
    line = a_chain()
    scan = Scan("s", None, at(4), NOON, NOON + 3 * HOUR)
    line = covering([chained(replace(each, scan=scan) if each.scan else each) for each in line])
    assert numbers(recovery_point(line)) == (5, [1, 2, 3, 4, 6, 7, 8, 9])
    assert recovery_point(line[1:]) is None


def test_what_is_given_up_leaves_the_moments_of_snapshots() -> None:
    """Long ago only the moment at which each was whole."""
    _, left = pruned()
    found = windows(left)
    assert found[-1].last == NOON
    assert found[-1].first <= NOON - 7 * DAY
    assert all(window.first == window.last for window in found[:-1])
    assert len(found) > 28
    for window in found[:-1]:
        point = recovery_point(left, window.first)
        assert point is not None
        assert point.covered == window.first
        assert recovery_point(left, window.first + MINUTE) is None


@cache
def pruned() -> tuple[list[Manifest], list[Manifest]]:
    """Return a chain of 60 days, and what is kept of it."""
    line = covering(a_line(60))
    return line, [each for each in line if each.position in kept(line, Retention(), NOON)]


@given(st.integers(0, 60 * 24), st.integers(0, 60))
def test_whatever_leads_to_a_moment_is_whole(hours: int, minutes: int) -> None:
    """It is contiguous from a snapshot that was whole by then, covers the moment, and no more than that takes."""
    moment = NOON - timedelta(hours=hours, minutes=minutes)
    line, left = pruned()
    point = recovery_point(left, moment)
    assert (point is not None) is any(window.first <= moment <= window.last for window in windows(left))
    if point is None:
        return
    assert point.snapshot is not None
    assert point.snapshot.scan is not None
    assert [each.position for each in point.segments] == [
        each.position
        for each in line
        if not each.is_snapshot and began_before(point.snapshot, each.position) and each.position <= point.position
    ]
    assert point.snapshot.scan.until <= point.position
    assert point.covered is not None
    assert point.covered >= moment


def test_a_window_is_a_span_of_time() -> None:
    """From the first moment that anything covers to the last."""
    assert windows(a_chain()) == [Window(NOON, NOON + 8 * HOUR)]
    uncovered = [replace(each, covered=None) for each in a_chain()]
    assert windows(uncovered) == []
    assert recovery_point(uncovered) is not None
