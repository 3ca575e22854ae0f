"""Ids are new each time, in the forms that the domain's words promise."""

import re

from application.ids import Ids
from tests.fakes.sources import FakeRandom, FakeTime

SIX_BEFORE_THE_COUNTER_ENDS = (0xFFFFFA).to_bytes(3, "big")


def test_object_ids_sort_as_they_are_made() -> None:
    """Nodes made later have larger ids, within a second by the counter and beyond by the clock."""
    time = FakeTime()
    ids = Ids(time.clock, bytes)
    made = []
    for _ in range(5):
        made += [ids.node(), ids.node()]
        time.go_on(seconds=1)
    assert made == sorted(set(made))
    assert all(re.fullmatch("[0-9a-f]{24}", each) for each in [*made, ids.panorama()])


def test_the_counter_begins_again_without_repeating_an_id() -> None:
    """After 2^24 ids the counter is at its first value again, in the same form."""
    ids = Ids(FakeTime().clock, lambda size: SIX_BEFORE_THE_COUNTER_ENDS if size == 3 else bytes(size))
    made = [ids.node() for _ in range(12)]
    assert len(set(made)) == 12
    assert all(len(each) == 24 for each in made)


def test_users_tenants_changes_and_attempts_are_random() -> None:
    """They hold nothing but chance, in the lengths that are promised."""
    ids = Ids(FakeTime().clock, FakeRandom())
    assert [len(each) for each in (ids.user(), ids.tenant(), ids.change(), ids.attempt())] == [24, 24, 32, 16]
    assert len({ids.change() for _ in range(1_000)}) == 1_000
