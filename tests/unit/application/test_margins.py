"""The times that keep data from being lost, as numbers: a test that uses a constant does not see it shrink."""

from datetime import timedelta

import pytest

from application.backups.pruning_plan import ORPHANED
from application.failover.control import PATIENCE
from application.failover.fence import PERIOD
from application.keys.vault import KEY_LIFETIME, VIEW_LIFETIME
from application.retention.purge import CONFIRMATION
from domain.epochs import CONFIRMED_FOR, FENCE_WAIT
from domain.keys import REST, SETTLING, STORED_WITHIN

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
DEADLINE = MINUTE
"""How long the last call to a storage may still take, at the most."""


@pytest.mark.parametrize(
    ("at_least", "seconds"),
    [
        (FENCE_WAIT, 20.0),
        (SETTLING, 10 * MINUTE),
        (CONFIRMATION, 15 * MINUTE),
        (REST, DAY),
        (ORPHANED, DAY),
    ],
)
def test_what_waits_for_others_waits_for_so_long_at_the_least(at_least: float | timedelta, seconds: float) -> None:
    """Each is what is promised in the documentation, for the slowest process that is still believed."""
    assert (at_least.total_seconds() if isinstance(at_least, timedelta) else at_least) >= seconds


@pytest.mark.parametrize(
    ("at_most", "seconds"),
    [
        (CONFIRMED_FOR, 15.0),
        (VIEW_LIFETIME, MINUTE),
        (KEY_LIFETIME, 5 * MINUTE),
        (STORED_WITHIN, 5 * MINUTE),
        (PERIOD, 5.0),
        (PATIENCE, 4.0),
    ],
)
def test_what_is_believed_is_believed_for_so_long_at_the_most(at_most: float | timedelta, seconds: float) -> None:
    """Whoever destroys something, or takes over, waits for longer."""
    assert (at_most.total_seconds() if isinstance(at_most, timedelta) else at_most) <= seconds


def test_each_wait_outlasts_what_it_waits_for() -> None:
    """By a margin for clocks that run at different speeds, where two machines are compared."""
    assert FENCE_WAIT >= CONFIRMED_FOR + 5
    assert SETTLING.total_seconds() >= VIEW_LIFETIME + STORED_WITHIN.total_seconds() + DEADLINE
    assert CONFIRMATION.total_seconds() >= KEY_LIFETIME + SETTLING.total_seconds()


def test_a_confirmation_is_renewed_before_it_ends_though_every_store_is_slow() -> None:
    """A site that is well is not read-only for a moment because one answer took as long as it may."""
    assert PERIOD + PATIENCE < CONFIRMED_FOR
    assert 2 * PERIOD <= CONFIRMED_FOR
