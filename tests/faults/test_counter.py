"""Edits are numbered, the site is lost at any moment, and another takes over: what was promised is there."""

from collections import Counter
from collections.abc import Callable

import pytest

from entrypoints.sandbox.keys import SandboxKeys
from tests.faults.counter import Round
from tests.rounds import rounds, soak
from tests.summaries import PROPERTY


@pytest.mark.timeout(rounds(300))
async def test_counter_survives_the_loss_of_a_cloud(record_property: Callable[[str, object], None]) -> None:
    """Every edit acknowledged more than 60 s before is there, in order, none twice and none invented."""
    happened: Counter[str] = Counter()
    keys = SandboxKeys()
    for number in range(rounds(150)):
        life = Round(number if soak() == 1 else hash((number, "soak")), keys)
        await life.live()
        happened += life.happened
    told = ", ".join(f"{count} {what}" for what, count in sorted(happened.items()))
    record_property(PROPERTY, f"the counter, {rounds(150)} sites lost: {told}; none that was promised")
    assert happened["edits lost"] > 0, "sites are lost before they have shipped everything"
    assert happened["failover killed"] > 0
