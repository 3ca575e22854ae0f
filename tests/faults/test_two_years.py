"""Keys rotate and tenants end on time, and nobody loses anything, whatever happens in two years."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from application.panoramas.lists import panoramas_of_issue
from domain.ids import SYSTEM, IssueId
from domain.keys import DATA_KEY, Generation, State
from domain.retention import LIMIT
from domain.rotation import LONGEST
from domain.tenants import is_served
from ports.errors import NotFound
from tests.fakes.house import ANN
from tests.faults.two_years import DAYS, SITES, Event, Life, World
from tests.rounds import rounds
from tests.summaries import PROPERTY

A_TURN: Final = timedelta(days=1)
"""Maintenance has its turns each morning."""

WEEK: Final = 7
"""Days between two looks at what has ended long ago."""

A_DAY: Final = timedelta(days=1)
"""What happens within a day is noticed at its end."""

KINDS: Final = {"install": 4, "remove": 3, "edit": 2, "outage": 2, "crash": 6, "clock": 2, "restart": 1, "rotate": 1}

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
    min_size=40,
    max_size=120,
)


class Watch:
    """Looks at the stores each evening."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.reader = world.process()
        self.born: dict[tuple[str, int], datetime] = {}
        self.states: dict[tuple[str, int], State] = {}

    async def look(self) -> None:
        """Check all that must hold on any day."""
        self._note_generations()
        self._check_ages()
        if all(manager.failure for manager in self.world.managers):
            return  # Nothing can be opened today; nothing is lost either, as another day shows.
        if self.world.day % 10 == 0:
            self.reader = self.world.process()
        for number, life in enumerate(self.world.sites):
            if life is not None:
                await self._check_whole(number, life)
        for life in self.world.lives if self.world.day % WEEK == 0 else ():
            if life.ended is not None and self.world.time.now - life.ended > LIMIT:
                await self._check_gone(life)

    def _note_generations(self) -> None:
        for record in self.world.vault.records.values():
            if record.ref.kind == DATA_KEY and record.body:
                generation = msgspec.msgpack.decode(record.body, type=Generation)
                name = (record.ref.tenant, generation.number)
                self.born.setdefault(name, self.world.time.now - A_DAY)
                self.states[name] = generation.state

    def _check_ages(self) -> None:
        """No body in live storage is sealed under an old generation, and what it is sealed under is there."""
        served = {SYSTEM, *(life.tenant for life in self.world.sites if life is not None)}
        for record in self.world.storage.records.values():
            if not record.body or not record.generation:
                continue
            name = (record.ref.tenant, record.generation)
            assert self.world.time.now - self.born[name] <= LONGEST + A_TURN + A_DAY, (name, record.ref.kind)
            if record.ref.tenant in served:
                assert self.states[name] is not State.DESTROYED, "a generation was destroyed that was needed"

    async def _check_whole(self, site: int, life: Life) -> None:
        """An installed tenant has all that its users were told is stored."""
        view = await self.reader.office.tenants.by_alias(f"jira:{site}")
        assert view is not None
        assert view.tenant.id == life.tenant
        assert is_served(view.tenant)
        if life.panorama is not None:
            tree = (await self.reader.house.panoramas.newest(life.tenant, life.panorama)).tree
            assert [node.title if node.issue is None else node.issue for node in tree.walk()] == life.shown
            for issue in life.shown[:: -max(2, len(life.shown) // 8 * 2)]:
                await self._check_found(life, issue)

    async def _check_found(self, life: Life, shown: str | int) -> None:
        """Every issue leads to its panorama, under whichever index key."""
        if isinstance(shown, int):
            hits = await panoramas_of_issue(life.tenant, ANN, IssueId(shown), self.reader.house.panoramas)
            assert [hit.panorama for hit in hits] == [life.panorama]
            self.world.seen["issues found"] += 1

    async def _check_gone(self, life: Life) -> None:
        """Nothing of a tenant is readable a month after its end, from an old copy of the storage neither."""
        fresh = self.world.process()
        assert await fresh.office.left(life.tenant) == []
        for record in list(life.kept.values())[:3]:
            if record.body and record.generation:
                with pytest.raises(NotFound):
                    await fresh.house.records.open(record, object)
        self.world.seen["times no trace was found"] += 1


@settings(max_examples=rounds(3), suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])
@given(events)
def lived(happenings: list[Event]) -> None:
    """Live through two years."""

    async def live() -> None:
        world = World()
        await world.begin()
        watch = Watch(world)
        by_day = defaultdict[int, list[Event]](list)
        for event in happenings:
            by_day[event.day].append(event)
        for site in range(SITES):
            await world.install(site, site)
        for day in range(DAYS):
            await world.live(by_day[day])
            await watch.look()
        SEEN.update(world.seen)
        SEEN["days"] += DAYS

    asyncio.run(live())


@pytest.mark.timeout(rounds(600))
def test_two_years_of_whatever_may_happen(record_property: Callable[[str, object], None]) -> None:
    """Installs, removals, returns, outages, deaths, wrong clocks, stale processes: all is kept, or gone, on time."""
    lived()
    happened = ", ".join(f"{count} {what}" for what, count in sorted(SEEN.items()))
    record_property(PROPERTY, f"two years, lived {rounds(3)} times: {happened}")
    needed = ("installs", "returns", "data keys made", "data keys destroyed", "sites purged", "crashes", "outages")
    assert all(SEEN[what] for what in needed), SEEN
