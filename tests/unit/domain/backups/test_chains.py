"""Whether manifests make one chain."""

from datetime import timedelta

from msgspec.structs import replace

from domain.backups.chains import Chained, altered, arranged, holes, lost
from domain.backups.manifests import Span
from domain.backups.retention import Retention, kept
from tests.unit.domain.backups.chains import DAY, NOON, a_line, at, chained, positions, segment, snapshot


def without(line: list[Chained], *numbers: int) -> list[Chained]:
    """Return the line without the manifests of those numbers."""
    return [each for each in line if each.position.number not in numbers]


def test_a_chain_is_arranged_from_any_order() -> None:
    """Oldest first, nothing aside."""
    line = a_line(2)
    chain = arranged(reversed(line))
    assert (list(chain.line), chain.aside) == (line, ())
    assert chain.manifests[0].predecessor is None


def test_what_an_older_epoch_adds_later_is_aside() -> None:
    """The first manifest of an epoch says where the one before ended; what comes beyond leads nowhere."""
    first = chained(segment(1))
    second = chained(segment(2, after=first))
    late = chained(segment(3, after=second))
    taken_over = chained(segment(1, epoch=2, after=second))
    chain = arranged([late, taken_over, first, second])
    assert positions(chain.line) == [at(1), at(2), at(1, 2)]
    assert positions(chain.aside) == [at(3)]


def test_what_is_before_a_very_first_manifest_is_aside() -> None:
    """A chain that begins anew has no past."""
    old, new = chained(segment(1)), chained(segment(1, epoch=2))
    chain = arranged([old, new])
    assert (chain.line, chain.aside) == ((new,), (old,))


def test_an_altered_manifest_is_named() -> None:
    """The next one tells its hash; of the newest nobody knows."""
    line = a_line(1)
    line[2] = replace(line[2], sha256="f" * 64)
    assert altered(line) == [line[2].position]
    assert altered(a_line(1)) == []


def test_a_hole_is_named() -> None:
    """At the beginning, in the middle and where an epoch begins."""
    line = a_line(2)
    assert holes(line) == []
    assert holes(without(line, 1, 4, 5)) == [Span(at(1), at(1)), Span(at(4), at(5))]
    before = chained(segment(8, after=line[-1]))
    later = chained(segment(2, epoch=2, after=chained(segment(1, epoch=2, after=before))))
    assert holes([before, later])[-1] == Span(at(1, 2), at(1, 2))


def test_what_lies_between_a_hole_is_not_taken_for_altered() -> None:
    """A manifest that is missing has no hash to compare."""
    assert altered(without(a_line(2), 3)) == []


def test_what_has_been_given_up_is_not_lost() -> None:
    """A pruned chain has holes, none of which anybody misses."""
    line = a_line(60)
    staying = kept([each.manifest for each in line], Retention(), NOON)
    pruned = [each for each in line if each.position in staying]
    assert len(pruned) < len(line)
    assert holes(pruned)
    assert lost(pruned, Retention(), NOON) == []


def test_every_manifest_that_is_kept_is_missed() -> None:
    """Without any one segment that is kept, something is lost; the newest alone nobody can miss."""
    line = a_line(60)
    staying = kept([each.manifest for each in line], Retention(), NOON)
    pruned = [each for each in line if each.position in staying]
    for each in pruned[:-1]:
        if not each.manifest.is_snapshot:
            rest = [other for other in pruned if other != each]
            assert any(hole.first <= each.position <= hole.last for hole in lost(rest, Retention(), NOON))


def test_without_a_snapshot_everything_is_missed() -> None:
    """Nothing is given up before there is something to begin from."""
    line = [chained(segment(1, NOON - 30 * DAY))]
    line.append(chained(segment(5, NOON - 29 * DAY, after=chained(segment(4, NOON - 29 * DAY, after=line[0])))))
    assert lost(line, Retention(), NOON) == [Span(at(2), at(4))]


def test_a_link_names_position_and_hash() -> None:
    """Nothing else fits into the place of a predecessor."""
    one = chained(snapshot(4, NOON))
    other = chained(replace(snapshot(4, NOON), created=NOON + timedelta(seconds=1)))
    assert one.link.position == other.link.position
    assert one.link != other.link
