"""Watch a panorama for the changes of everybody, other processes included."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Final

from application.panoramas.cache import Address
from application.panoramas.read import require_contiguous
from application.panoramas.repository import Panoramas
from domain.errors import PanoramaMissing
from domain.ids import PanoramaId, TenantId, UserId
from domain.panoramas.facts import Change
from ports.errors import PortError
from ports.sources import Sleep

PAGE: Final = 10
"""How many changes are in memory for one that listens, who may be slow to take them."""


class Watches:
    """One poll for each watched panorama and process, however many watch it."""

    def __init__(self, panoramas: Panoramas, sleep: Sleep, period: float = 0.5) -> None:
        """Ask the store every `period` seconds."""
        self._panoramas = panoramas
        self._sleep = sleep
        self._period = period
        self._watches: dict[Address, _Watch] = {}

    async def changes(
        self, tenant: TenantId, panorama: PanoramaId, user: UserId, after: int
    ) -> AsyncGenerator[list[Change], None]:
        """Yield the changes that follow version `after`, as they come, for as long as the caller listens.

        The caller may empty each list. Access is checked before each delivery: raises PanoramaMissing as soon as a
        change takes it away. Raises VersionMissing where what follows is folded away: whoever is so far behind has to
        load the panorama anew.
        """
        address = Address(tenant, panorama)
        watch = self._join(address)
        try:
            while True:
                newest = (await self._panoramas.visible(tenant, panorama, user)).tree.version
                changes = await self._panoramas.stream.forward(tenant, panorama, after, PAGE)
                require_contiguous(changes, after, newest)
                if changes:
                    after = changes[-1].version
                    yield changes
                else:
                    after = max(after, newest)
                    await watch.beyond(after)
        finally:
            self._leave(address, watch)

    def _join(self, address: Address) -> "_Watch":
        watch = self._watches.get(address)
        if watch is None:
            watch = self._watches[address] = _Watch()
            watch.poll = asyncio.create_task(self._poll(address, watch))
        watch.followers += 1
        return watch

    def _leave(self, address: Address, watch: "_Watch") -> None:
        watch.followers -= 1
        if not watch.followers and watch.poll is not None:
            watch.poll.cancel()
            del self._watches[address]

    async def _poll(self, address: Address, watch: "_Watch") -> None:
        """Look for newer versions. Where the store does not answer, the next turn asks again."""
        while True:
            with suppress(PortError):
                try:
                    watch.see((await self._panoramas.newest(*address)).tree.version)
                except PanoramaMissing:
                    watch.wake()
            await self._sleep(self._period)


class _Watch:
    """What the poll of one panorama has seen, and those who wait for more."""

    def __init__(self) -> None:
        self.followers = 0
        self.poll: asyncio.Task[None] | None = None
        self._version = 0
        self._moved = asyncio.Event()

    def see(self, version: int) -> None:
        if version > self._version:
            self._version = version
            self.wake()

    def wake(self) -> None:
        """Let all who wait look for themselves."""
        self._moved.set()
        self._moved = asyncio.Event()

    async def beyond(self, version: int) -> None:
        """Wait until there may be more than that version."""
        if self._version <= version:
            await self._moved.wait()
