"""A storage with several ways in, each of which can be shut while somebody is inside."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from application.credentials.kept import KeptAddress
from application.credentials.switching import Following, SwitchingStorage, open_following
from ports.errors import PermissionDenied, Unavailable
from ports.sources import Sleep
from tests.fakes.flaky import FlakyStorage
from tests.fakes.secrets import MemorySecretStore
from tests.fakes.sources import FakeRandom, FakeTime
from tests.fakes.storage import MemoryStorage

T = TypeVar("T")
NAME = "storage"
POLL = 30.0


class Door(FlakyStorage):
    """One login: every call waits at it while `waiting` is set, and none passes once the login is shut."""

    def __init__(self, world: "World", address: str) -> None:
        super().__init__(world.memory)
        self.address = address
        self.closed = False
        self.open = asyncio.Event()
        self.open.set()
        self._world = world

    async def close(self) -> None:
        assert not self.closed
        self.closed = True

    async def _step(
        self, method: str, call: Callable[[], Awaitable[T]], half: Callable[[], Awaitable[object]] | None = None
    ) -> T:
        await self.open.wait()
        if self.closed:
            raise Unavailable("closed")
        if self.address in self._world.shut:
            if half is not None:
                await half()
            raise PermissionDenied("shut")
        return await super()._step(method, call, half)


class World:
    """A secret with the address, a storage behind it, and every door that was opened to it."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.secrets = MemorySecretStore(self.time.clock)
        self.memory = MemoryStorage()
        self.shut: set[str] = set()
        """The addresses that nobody can log in by any more."""

        self.doors: list[Door] = []
        self.asked = 0
        """How often somebody has tried to log in."""

    async def put(self, address: str) -> None:
        """Make a newer version of the secret."""
        await self.secrets.put(NAME, address.encode())

    async def opened(self, sleep: Sleep | None = None) -> SwitchingStorage:
        """Open the storage as a process does that has just been started; without a sleep nobody follows by himself."""
        following = Following(
            kept=KeptAddress(self.secrets, NAME),
            open=self._open,
            leads_alike=leads_alike,
            poll=POLL,
            monotonic=self.time.monotonic,
            random=FakeRandom(),
            sleep=sleep or _for_ever,
        )
        return await open_following(following)

    @property
    def in_use(self) -> list[str]:
        """Return the addresses of the doors that are not closed."""
        return [door.address for door in self.doors if not door.closed]

    async def _open(self, address: str) -> Door:
        self.asked += 1
        await asyncio.sleep(0)
        if address in self.shut:
            raise PermissionDenied("shut")
        self.doors.append(Door(self, address))
        return self.doors[-1]


async def _for_ever(seconds: float) -> None:
    await asyncio.Event().wait()


def leads_alike(one: str, other: str) -> bool:
    """What stands behind the @ is the place."""
    return one.rpartition("@")[2] == other.rpartition("@")[2]
