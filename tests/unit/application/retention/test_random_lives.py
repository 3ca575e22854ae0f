"""Sites come, go and return in any order, and processes die: nothing installed is lost, nothing ended is left."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from application.tenants.lifecycle import install_app, switch_app, uninstall_app
from domain.approvals import Request
from domain.errors import RetentionRefused
from domain.holds import in_force, place, release
from domain.ids import TenantId
from domain.retention import LIMIT
from domain.tenants import Installation, Tenant, TenantState, state
from ports.errors import NotFound
from tests.fakes.flaky import Died, Fault, FlakyStorage, Harm
from tests.fakes.house import House
from tests.fakes.retention import SITE, Office, opened
from tests.fakes.storage import MemoryStorage
from tests.rounds import rounds

DAY = timedelta(days=1)


class Issued(msgspec.Struct, frozen=True):
    """A callback that Jira has issued, and delivers when and as often as it likes."""

    kind: str
    at: datetime


class Life(msgspec.Struct):
    """What is known of one tenant that a callback was acknowledged for."""

    written: list[str] = []
    removed: datetime | None = None
    """When its removal was delivered; None while it is installed."""

    held: datetime | None = None
    """When it was last seen to be held."""


class Story:
    """One site, the processes that serve it, and what must be true of it."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.processes = [office, office.neighbour(seed="second")]
        self.issued: list[Issued] = []
        self.delivered: set[Issued] = set()
        self.lives: dict[TenantId, Life] = {}
        self.current: TenantId | None = None
        self.deaths = 0

    async def act(self, what: str, first: int, second: int) -> None:
        """Do what a word of the story says."""
        self.office.time.go_on(seconds=1)
        process = self.processes[first % len(self.processes)]
        match what:
            case "install" | "uninstall":
                self.issued.append(Issued(what, self.office.time.now))
                if second % 4:
                    await self.deliver(self.issued[-1], process)
            case "deliver" if self.issued:
                await self.deliver(self.issued[second % len(self.issued)], process)
            case "switch":
                await switch_app(SITE, self.office.time.now, process.tenants, enabled=bool(second % 3))
            case "write" if self.current is not None:
                await process.write(self.current, key := f"{len(self.lives[self.current].written)}")
                self.lives[self.current].written.append(key)
            case "die":
                await self.die(first, second)
            case "hold":
                await self.hold(process, second)
            case "days":
                for _ in range(second):
                    self.office.time.go_on(hours=24)
                    await self.processes[first % len(self.processes)].turn()
        await self.check()

    async def deliver(self, callback: Issued, process: Office) -> None:
        """Have a process handle a callback; one that is the newest of all decides where the site stands."""
        newest = all(callback.at >= other.at for other in self.delivered)
        self.delivered.add(callback)
        if callback.kind == "uninstall":
            await uninstall_app(SITE, callback.at, process.tenants)
            if newest and self.current is not None:
                self.lives[self.current].removed = self.office.time.now
                self.current = None
            return
        told = Installation(alias=SITE, issued=callback.at, secret=f"secret {callback.at}")
        tenant = await install_app(told, process.tenants, process.time.clock)
        if newest:
            assert tenant is not None, "the newest callback of all is an installation, and was void"
            self.current = tenant
            if self.lives and tenant not in self.lives:
                SEEN["returned"] += 1
            self.lives.setdefault(tenant, Life()).removed = None

    async def die(self, first: int, second: int) -> None:
        """Have a process die at some step of its turn, and start it anew."""
        self.deaths += 1
        house, fault = self.office.house, Fault(1 + second, Harm.DEATH_AFTER if second % 2 else Harm.DEATH_BEFORE)
        flaky = House(
            FlakyStorage(house.storage, fault),
            house.vault_storage,
            time=house.time,
            seed="dies",
            managers=house.managers,
        )
        try:
            await Office(flaky, self.office.copies).turn()
        except Died:
            SEEN["died"] += 1
        self.processes[first % len(self.processes)] = self.office.neighbour(seed=f"after death {self.deaths}")

    async def hold(self, process: Office, second: int) -> None:
        """Place a hold on some life, or release it."""
        if not self.lives:
            return
        tenant = list(self.lives)[second % len(self.lives)]
        request = Request(reason="r", at=self.office.time.now)

        def step(before: Tenant | None) -> Tenant | None:
            if before is None or before.purging is not None:
                return before
            change = place if in_force(before.holds) is None else release
            return replace(before, holds=change(before.holds, request))

        with suppress(RetentionRefused):
            await process.tenants.change(tenant, step)

    async def check(self) -> None:
        """What must hold at any moment."""
        fresh = self.office.neighbour(seed=f"fresh {self.office.time.now}")
        view = await fresh.tenants.by_alias(SITE)
        if self.current is not None:
            assert view is not None
            assert view.tenant.id == self.current
            assert state(view.tenant) in {TenantState.INSTALLED, TenantState.DISABLED}
            for key in self.lives[self.current].written:
                assert await fresh.read(self.current, key) == "made by a user"
        elif view is not None:
            assert state(view.tenant) in {TenantState.UNINSTALLED, TenantState.PURGING}
        for tenant, life in self.lives.items():
            if tenant != self.current:
                await self.check_ended(tenant, life, fresh)

    async def check_ended(self, tenant: TenantId, life: Life, fresh: Office) -> None:
        """A life that has ended is whole while it is held, and gone when its time is over."""
        view, now = await fresh.tenants.get(tenant), self.office.time.now
        if view is not None and in_force(view.tenant.holds) is not None:
            life.held = now
            for key in life.written:
                assert await fresh.read(tenant, key) == "made by a user"
        elif life.removed is not None and now > max(life.removed + LIMIT, (life.held or life.removed) + 3 * DAY):
            assert await fresh.left(tenant) == []
            assert (await fresh.receipt(tenant)).shredded is not None
            with pytest.raises(NotFound):
                await fresh.house.vault.active(tenant)
            SEEN["ended"] += 1


WORDS = {"install": 2, "uninstall": 2, "deliver": 2, "switch": 1, "write": 2, "die": 1, "hold": 1, "days": 3}
SEEN: Counter[str] = Counter()
"""What has come about in all stories, so that none is told in vain."""


def test_no_order_of_events_loses_or_leaves_anything() -> None:
    """Callbacks late and doubled, returns before and after the purge, holds, deaths in the middle of turns."""
    told()
    assert min(SEEN[what] for what in ("ended", "returned", "died")) >= 10, SEEN


@settings(max_examples=rounds(40))
@given(
    st.lists(
        st.tuples(
            st.sampled_from([word for word, weight in WORDS.items() for _ in range(weight)]),
            st.integers(0, 9),
            st.integers(0, 20),
        ),
        min_size=20,
        max_size=60,
    )
)
def told(words: Sequence[tuple[str, int, int]]) -> None:
    """Live through a story, and a month more."""

    async def live() -> None:
        story = Story(await opened(House(MemoryStorage(), MemoryStorage())))
        await story.act("install", 0, 1)
        for what, first, second in words:
            await story.act(what, first, second)
        await story.act("days", 0, 35)

    asyncio.run(live())
