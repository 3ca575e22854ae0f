"""What is kept of a backup, and until when it is locked."""

from datetime import timedelta

from msgspec.structs import replace

from domain.backups.chains import Chained
from domain.backups.manifests import Manifest, Position, VaultCopy
from domain.backups.retention import Retention, began_before, kept, kept_copies, locked_until, locks, owns
from tests.unit.domain.backups.chains import DAY, HOUR, NOON, a_line, at, chained, segment, snapshot


def manifests(days: int) -> list[Manifest]:
    """Return the manifests of a line that is that many days long."""
    return [each.manifest for each in a_line(days)]


def staying(line: list[Manifest], retention: Retention | None = None) -> list[Manifest]:
    """Return what is kept of a line at noon."""
    positions = kept(line, retention or Retention(), NOON)
    return [each for each in line if each.position in positions]


def test_a_young_chain_is_kept_whole() -> None:
    """Before the first snapshot is as old as segments get, each moment needs everything."""
    line = manifests(6)
    assert staying(line) == line


def test_a_chain_without_snapshots_is_kept_whole() -> None:
    """However old it is, there is nothing else to begin from."""
    line = [each for each in manifests(40) if not each.is_snapshot]
    assert staying(line) == line


def test_each_moment_of_the_window_can_be_reached() -> None:
    """A snapshot that was whole before the window, and every segment since its scan began."""
    line = manifests(60)
    left = staying(line)
    base = max((each for each in left if each.is_snapshot and each.created <= NOON - 7 * DAY), key=_position)
    assert [each for each in line if began_before(base, each.position)] == [
        each for each in left if began_before(base, each.position)
    ]


def test_a_daily_is_kept_with_what_it_owns() -> None:
    """For 35 days the last snapshot of each day, and the segments without which it is not whole."""
    line = manifests(60)
    left = staying(line)
    days = {each.created.date() for each in left if each.is_snapshot and each.created > NOON - 35 * DAY}
    assert len(days) == 35
    for each in left:
        if each.is_snapshot:
            assert [s for s in line if owns(each, s.position)] == [s for s in left if owns(each, s.position)]


def test_of_several_snapshots_of_a_day_the_last_is_kept() -> None:
    """The others are of no use once any moment of their day can no longer be restored."""
    old = NOON - 20 * DAY
    earlier, later = snapshot(5, old), snapshot(9, old + HOUR)
    first = snapshot(3, old - 5 * DAY)
    line = [first, earlier, later, snapshot(13, NOON - 8 * DAY), snapshot(17, NOON)]
    assert staying(line) == [first, *line[2:]]


def test_a_monthly_is_kept_for_a_year() -> None:
    """The first snapshot of each month, back to the one that is a day short of too old."""
    months = {each.created.strftime("%Y-%m-%d") for each in staying(manifests(500)) if each.is_snapshot}
    assert {day for day in months if day.endswith("-01")} == {
        *(f"2025-{month:02}-01" for month in range(3, 13)),
        *("2026-01-01", "2026-02-01", "2026-03-01"),
    }


def test_the_newest_snapshot_is_kept_however_old() -> None:
    """Where snapshots have not been taken for years, the last one and all since leads to now."""
    line = [*manifests(1), segment(99, NOON)]
    line = [replace(each, created=each.created - 800 * DAY) for each in line]
    newest = [each for each in line if each.is_snapshot][-1]
    assert newest in staying(line)
    assert staying(line)[-1] == line[-1]


def test_a_snapshot_owns_what_was_shipped_during_its_scan() -> None:
    """Not what had been shipped when it began, and not what came after it was whole."""
    taken = snapshot(10, NOON, owned=3)
    assert [number for number in range(1, 12) if owns(taken, at(number))] == [7, 8, 9]
    assert [number for number in range(1, 12) if began_before(taken, at(number))] == [7, 8, 9, 10, 11]
    first = snapshot(3, NOON)
    assert owns(first, at(1))
    assert not owns(segment(5), at(4))
    assert not began_before(segment(5), at(6))


def test_locks_last_as_long_as_what_they_lock() -> None:
    """A segment for a week, the first snapshot of a month for a year, any other for 35 days."""
    first, second = snapshot(5, NOON), snapshot(9, NOON + DAY)
    assert locked_until(segment(1), [], Retention()) == NOON + 7 * DAY
    assert locked_until(first, [segment(1)], Retention()) == NOON + 366 * DAY
    assert locked_until(second, [first], Retention()) == NOON + 36 * DAY
    next_month = snapshot(13, NOON + 31 * DAY)
    assert locked_until(next_month, [first, second], Retention()) == NOON + 31 * DAY + 366 * DAY


def test_what_a_snapshot_owns_is_locked_as_long_as_the_snapshot() -> None:
    """Each manifest by its own time, or by the longest of those that own it."""
    line = [segment(1), segment(2), snapshot(3, NOON, owned=1), segment(4), snapshot(5, NOON + DAY, owned=1)]
    year, days = NOON + 366 * DAY, NOON + 36 * DAY
    assert locks(line, Retention()) == {at(1): NOON + 7 * DAY, at(2): year, at(3): year, at(4): days, at(5): days}
    both = [snapshot(3, NOON, owned=1), snapshot(4, NOON, owned=3)]
    assert locks([*line[:2], *both], Retention())[at(2)] == year


def copies(*ages: int) -> list[VaultCopy]:
    """Return copies of the vault of these ages in days, numbered from 1."""
    return [
        VaultCopy(position=at(number), site="aws", created=NOON - age * DAY, pieces=())
        for number, age in enumerate(ages, start=1)
    ]


def test_the_copy_that_every_store_has_is_kept() -> None:
    """Its time being over; of the others those that are young."""
    aged = copies(30, 20, 15, 1)
    assert kept_copies(aged, None, Retention(), NOON) == {at(1), at(2), at(3), at(4)}
    assert kept_copies(aged, at(2), Retention(), NOON) == {at(2), at(4)}
    assert kept_copies(aged, at(4), Retention(), NOON) == {at(4)}


def test_a_copy_is_kept_for_its_time() -> None:
    """However many newer ones there are."""
    assert kept_copies(copies(11, 10, 9, 1), at(4), Retention(), NOON) == {at(3), at(4)}
    longer = Retention(vault_copies=timedelta(days=10, seconds=1))
    assert kept_copies(copies(11, 10, 9, 1), at(4), longer, NOON) == {at(2), at(3), at(4)}


def test_a_line_of_the_tests_is_one() -> None:
    """What the other tests stand on."""
    line: list[Chained] = a_line(1)
    assert line == [chained(each.manifest) for each in line]


def _position(manifest: Manifest) -> Position:
    return manifest.position
