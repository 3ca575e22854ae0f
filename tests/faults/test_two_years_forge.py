"""A site that uses the app on Forge never ends, and one that left is gone on time, whatever happens in two years."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from application.tenants.silence import ENDED
from domain.retention import LIMIT
from domain.tenants import is_served
from tests.fakes.forge import forge_call
from tests.faults.forge_years import FORGE_SITES, ForgeSite, ForgeWorld
from tests.faults.two_years import DAYS, Event
from tests.rounds import rounds
from tests.summaries import PROPERTY

WEEK: Final = 7

KINDS: Final = {
    "install": 6,
    "leave": 5,
    "tell leaving": 3,
    "repeat": 2,
    "platform": 3,
    "clock": 1,
    "down": 2,
    "keys": 1,
    "restart": 1,
    "crash": 4,
}

ALWAYS: Final = (
    Event(100, "leave", 1, 1),
    Event(105, "install", 1, 0),
    Event(200, "leave", 2, 2),
    Event(215, "install", 2, 1),
    Event(300, "leave", 3, 0),
    Event(300, "leave", 4, 1),
    Event(400, "platform", 0, 0),
    Event(430, "keys", 3, 0),
    Event(460, "down", 3, 0),
    Event(500, "clock", 0, 3),
    Event(540, "restart", 0, 0),
    Event(550, "repeat", 1, 0),
    Event(560, "crash", 2, 1),
)
"""What happens in every life, so that the simplest has something of each: sites that return within days, or do not."""

SEEN: Counter[str] = Counter()
"""What has come about in all lives together, so that none is lived in vain."""

events = st.lists(
    st.builds(
        Event,
        st.integers(0, DAYS - 1),
        st.sampled_from([kind for kind, weight in KINDS.items() for _ in range(weight)]),
        st.integers(0, 20),
        st.integers(0, 20),
    ),
    min_size=100,
    max_size=200,
)


class ForgeWatch:
    """Looks at the stores each evening."""

    def __init__(self, world: ForgeWorld) -> None:
        self.world = world

    async def look(self) -> None:
        """Check all that must hold on any day on which something can be opened."""
        if self.world.keys_are_out or any(manager.failure for manager in self.world.managers):
            return
        for site in self.world.sites:
            if site.is_known:
                await self._check_used(site)
        if self.world.day % WEEK == 0:
            await self._check_gone()

    async def _check_used(self, site: ForgeSite) -> None:
        """A site that uses the app is served, and has what its users have made."""
        office = self.world.process().office
        assert site.tenant is not None
        view = await office.tenants.get(site.tenant)
        assert view is not None
        assert is_served(view.tenant), (self.world.day, site)
        assert view.tenant.alias == forge_call(self.world.time.now, site.cloud).alias
        written = sorted(self.world.written[view.tenant.id], key=int)
        for key in written if self.world.day % WEEK == 0 else written[-1:]:
            assert await office.read(view.tenant.id, key) == "made by a user", (self.world.day, site, key)
            self.world.seen["times data was read back"] += 1

    async def _check_gone(self) -> None:
        """Nothing is left of a site a month after it was heard last, and the days that could not be counted."""
        for left in self.world.lost:
            bad = len({day for day in self.world.bad_days if day >= left.day - 1})
            if (self.world.time.now - left.heard).days - bad > LIMIT.days:
                assert await self.world.process().office.left(left.tenant) == [], (self.world.day, left)
                self.world.seen["times no trace was found"] += 1


@settings(max_examples=rounds(2), suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])
@given(events)
def lived(happenings: list[Event]) -> None:
    """Live through two years."""

    async def live() -> None:
        world = ForgeWorld()
        await world.begin()
        watch = ForgeWatch(world)
        by_day = defaultdict[int, list[Event]](list)
        for event in (*ALWAYS, *happenings):
            by_day[event.day].append(event)
        for day in range(DAYS):
            await world.live(by_day[day])
            await watch.look()
        SEEN.update(world.seen)

    asyncio.run(live())


@pytest.mark.timeout(rounds(600))
def test_two_years_of_sites_on_forge(record_property: Callable[[str, object], None]) -> None:
    """Outages, downtimes, re-installations, late events, crashes, wrong clocks: all is served, or gone, on time."""
    lived()
    happened = ", ".join(f"{count} {what}" for what, count in sorted(SEEN.items()))
    record_property(PROPERTY, f"two years of {FORGE_SITES} sites on Forge, lived {rounds(2)} times: {happened}")
    needed = (
        ENDED,
        "re-installations",
        "new lives",
        "platform outages",
        "platform-silent",
        "downtimes",
        "told leaving",
        "late events",
        "returns",
        "times data was read back",
        "times no trace was found",
        "sites purged",
        "key outages",
        "clock steps",
        "restarts",
        "crashes",
    )
    assert all(SEEN[what] for what in needed), SEEN
