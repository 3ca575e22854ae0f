"""What of a chain is taken to restore a whole site as of a moment."""

from datetime import timedelta

from msgspec.structs import replace

from domain.backups.chains import Chained
from domain.backups.manifests import Piece, Scan, Span
from domain.backups.restoring import Past, Plan, planned
from tests.unit.domain.backups.chains import HOUR, NOON, at, chained, segment

MINUTE = timedelta(minutes=1)


def a_chain(*snapshots: int) -> list[Chained]:
    """Return nine manifests, one an hour; those named are snapshots, whose scan began after the third before them."""
    line: list[Chained] = []
    for number in range(1, 10):
        moment = NOON + (number - 1) * HOUR
        manifest = replace(segment(number, moment, after=line[-1] if line else None), covered=moment)
        if number in snapshots:
            scan = Scan("s", at(number - 3), at(number - 1), moment - 2 * HOUR, moment - MINUTE)
            manifest = replace(manifest, scan=scan)
        line.append(chained(replace(manifest, pieces=(Piece("aa", 10, 1),))))
    return line


def shape(plan: Plan | None) -> list[tuple[int, str, bool, bool]]:
    """Return of each step the number of its manifest and what is taken of it."""
    assert plan is not None
    return [(step.manifest.position.number, step.past.name, step.rest, step.backed_up) for step in plan.steps]


def test_the_newest_moment_takes_everything_whole() -> None:
    """From the newest snapshot on; the chain goes on after its last manifest, and so it does for a later moment."""
    line = a_chain(5)
    plan = planned(line, None)
    assert shape(plan) == [(number, "ALL", True, True) for number in (5, 3, 4, 6, 7, 8, 9)]
    assert plan is not None
    assert (plan.follows, plan.is_past, plan.size, plan.gaps) == (at(9), False, 70, ())
    later = planned(line, NOON + 100 * HOUR)
    assert later is not None
    assert (later.follows, later.is_past) == (at(9), False)


def test_a_moment_divides_the_chain() -> None:
    """Made by then: whole; made later: up to the moment; and beyond the recovery point only what is no past."""
    plan = planned(a_chain(5), NOON + 6 * HOUR + MINUTE)
    assert plan is not None
    assert shape(plan) == [
        *((number, "ALL", True, True) for number in (5, 3, 4, 6, 7)),
        (8, "UNTIL", True, False),
        (9, "NONE", True, False),
    ]
    assert (plan.follows, plan.is_past) == (at(7), True)


def test_a_moment_before_a_snapshot_takes_no_snapshot_that_is_later() -> None:
    """What lies beyond the recovery point is taken from segments."""
    assert shape(planned(a_chain(5), NOON + HOUR)) == [
        (1, "ALL", True, True),
        (2, "ALL", True, True),
        (3, "UNTIL", True, False),
        *((number, "NONE", True, False) for number in (4, 6, 7, 8, 9)),
    ]


def test_the_newest_moment_is_not_offered_across_a_gap() -> None:
    """Unless a snapshot lies beyond it."""
    line = a_chain(9)
    assert planned([each for each in line if each.position != at(8)], None) is None
    assert planned([each for each in line if each.position != at(2)], None) is not None
    assert planned([], None) is None


def test_what_is_no_past_is_taken_from_beyond_a_gap() -> None:
    """From the newest recovery point alone: what was deleted within the gap is not brought back."""
    line = [each for each in a_chain(9) if each.position != at(4)]
    plan = planned(line, NOON + HOUR)
    assert plan is not None
    assert shape(plan) == [
        (1, "ALL", False, False),
        (2, "ALL", False, False),
        (3, "UNTIL", False, False),
        *((number, "NONE", True, False) for number in (9, 7, 8)),
    ]
    assert (plan.follows, plan.gaps) == (None, (Span(at(4), at(4)),))


def test_where_nothing_leads_beyond_a_gap_whatever_is_there_is_taken() -> None:
    """And the gap is named."""
    line = [each for each in a_chain() if each.position != at(6)]
    plan = planned(line, NOON + HOUR)
    assert plan is not None
    assert shape(plan) == [
        (1, "ALL", True, False),
        (2, "ALL", True, False),
        (3, "UNTIL", True, False),
        *((number, Past.NONE.name, True, False) for number in (4, 5, 7, 8, 9)),
    ]
    assert (plan.follows, plan.gaps) == (None, (Span(at(6), at(6)),))
