"""Python looks for garbage in cycles seldom, and still does."""

import gc
from collections.abc import Iterator

import pytest

from entrypoints.collecting import collect_seldom


@pytest.fixture
def thresholds() -> Iterator[None]:
    """Leave it as it was."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_it_looks_seldom_but_it_looks(thresholds: None) -> None:
    """Far less often than by default; never would keep every cycle."""
    assert gc.isenabled()
    before = gc.get_threshold()
    collect_seldom()
    new, *older = gc.get_threshold()
    assert new > 10 * before[0]
    assert all(0 < each <= 100 for each in older)
