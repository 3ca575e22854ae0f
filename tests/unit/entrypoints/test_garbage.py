"""How seldom the garbage collector runs."""

import gc
from collections.abc import Iterator

import pytest

from entrypoints.garbage import collect_seldom, leave_alone_what_stays


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_a_page_of_records_is_not_looked_through_while_it_is_made() -> None:
    """Thousands of objects that are kept cause no collection; a cycle is found later nevertheless."""
    collect_seldom()
    gc.collect()
    before = [each["collections"] for each in gc.get_stats()]
    kept = [[number] for number in range(10_000)]
    assert [each["collections"] for each in gc.get_stats()] == before
    kept += [[number] for number in range(50_000)]
    assert gc.get_stats()[0]["collections"] > before[0]


def test_what_stays_is_left_alone() -> None:
    """Whatever there is by then is never looked at again."""
    stays = [object()]
    leave_alone_what_stays()
    assert gc.get_freeze_count() > 0
    assert not any(each is stays for each in gc.get_objects())
