"""The connection to MongoDB, AWS KMS and Cloud KMS is cut, reset or stalled at every step of what goes over it."""

from collections.abc import Iterator

import pytest

from domain.ids import SYSTEM
from tests.fakes.house import TENANT, House
from tests.faults.beginnings import FirstRequest, Installation
from tests.faults.invariants import assert_consistent
from tests.faults.lines import (
    AwsKeysLine,
    GoogleKeysLine,
    Line,
    MongoLine,
    answered,
    at_each_step,
    harmed,
    lines,
    recovered,
)
from tests.faults.scenarios import Administration, Creation, Redo, Scenario, SmallEdit
from tests.servers.mongo.leftovers import FORGIVEN, collected
from tests.servers.proxy import Harm

OVER_MONGO: tuple[Scenario, ...] = (
    Creation(),
    SmallEdit(),
    Administration(),
    Redo(),
    Installation(),
    FirstRequest(),
)
OVER_KEYS: tuple[Scenario, ...] = (Installation(), FirstRequest())
"""Whatever else there is finds its data keys in memory."""

CASES = [
    *((MongoLine.name, scenario) for scenario in OVER_MONGO),
    *((line.name, scenario) for line in (AwsKeysLine, GoogleKeysLine) for scenario in OVER_KEYS),
]


pytestmark = FORGIVEN


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Leave no socket to the tests that follow."""
    with collected():
        yield


@pytest.fixture(scope="module")
def laid() -> Iterator[dict[str, Line]]:
    """Lay every line."""
    with lines() as each:
        yield each


async def tried(scenario: Scenario, line: Line, harm: Harm, step: int) -> bool:
    """Make the request with one harm to the line, and check what must hold; whether the harm struck at all."""
    with line.proxied() as proxy:
        async with line.places(proxy.port) as (far, near):
            survivor = House(near.storage, near.vault, managers=near.managers, seed=f"survivor of {step}")
            house = House(far.storage, far.vault, managers=far.managers, time=survivor.time)
            for tenant in (TENANT, SYSTEM):
                await survivor.vault.create(tenant)
            about = await scenario.prepare(house if isinstance(line, MongoLine) else survivor)
            answer, struck = await harmed(lambda: scenario.act(house, about), proxy, step, harm)
            await assert_consistent(survivor)
            seen = await scenario.seen(survivor, about)
            assert seen == scenario.after if answer is not None else seen in (scenario.before, scenario.after)
            again = await recovered(lambda: scenario.act(house, about))
            assert answer in (None, again), "the service that met the harm gives another answer"
            assert await scenario.seen(survivor, about) == scenario.after
            await assert_consistent(house)
            if isinstance(scenario, FirstRequest) and not isinstance(line, MongoLine):
                answered(answer)  # The other key manager opens what is needed.
            return struck


@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
@pytest.mark.parametrize(("line", "scenario"), CASES, ids=lambda part: getattr(part, "name", part))
async def test_no_harm_to_a_connection_loses_or_doubles(
    line: str, scenario: Scenario, harm: Harm, laid: dict[str, Line]
) -> None:
    """No acknowledged write is lost, no call outlasts its deadline, and the service recovers by itself."""
    over = laid[line]
    assert await at_each_step(lambda step: tried(scenario, over, harm, step), over.at_once)
