"""Two key managers, a store, and vaults upon them; and key managers and stores that are not as they should be."""

import asyncio

import msgspec

from application.keys.recovery import RecoveryKey
from application.keys.vault import KeyVault
from domain.ids import TenantId
from domain.keys import DATA_KEY, Generation
from ports.keys import KeyManager, KeyState
from ports.storage import Record, Ref, Storage
from tests.fakes.flaky import FlakyStorage
from tests.fakes.keys import FakeKeyManager
from tests.fakes.sources import FakeRandom, FakeTime
from tests.fakes.storage import MemoryStorage

TENANT = TenantId("aaaaaaaaaaaaaaaaaaaaaaaa")
FIRST = Ref(TENANT, DATA_KEY, "000001")


class Scene:
    """Two key managers, a store, and vaults of several processes upon them."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.storage = MemoryStorage()
        self.east, self.west = FakeKeyManager("east"), FakeKeyManager("west")
        self.vault = self.process("first")

    def process(
        self,
        seed: str,
        storage: Storage | None = None,
        managers: list[KeyManager] | None = None,
        recovery: RecoveryKey | None = None,
    ) -> KeyVault:
        """Return another process's vault."""
        return KeyVault(
            storage or self.storage,
            [self.east, self.west] if managers is None else managers,
            clock=self.time.clock,
            monotonic=self.time.monotonic,
            random=FakeRandom(seed),
            recovery=recovery,
        )

    async def generation(self, number: int = 1) -> Generation:
        """Return what is stored of a generation."""
        record = await self.storage.get(Ref(TENANT, DATA_KEY, f"{number:06d}"))
        assert record is not None
        return msgspec.msgpack.decode(record.body or b"", type=Generation)

    async def store(self, generation: Generation, rev: int = 1) -> None:
        """Store a generation, as the maintenance run does."""
        body = msgspec.msgpack.encode(generation)
        await self.storage.put(Record(Ref(TENANT, DATA_KEY, f"{generation.number:06d}"), rev, body, self.time.now))


class Waits(FlakyStorage):
    """Lets all others have their turn before each write."""

    async def put(self, record: Record) -> None:
        await asyncio.sleep(0)
        await super().put(record)


class Mute(FakeKeyManager):
    """Never answers."""

    given_up = 0

    async def unwrap(self, wrap: bytes, context: bytes) -> bytes:
        await self._wait()
        return b""

    async def describe(self) -> KeyState:
        await self._wait()
        return await super().describe()

    async def _wait(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.given_up += 1


class Short(FakeKeyManager):
    """Opens every wrap to 31 bytes."""

    async def unwrap(self, wrap: bytes, context: bytes) -> bytes:
        return (await super().unwrap(wrap, context))[1:]


class Defective(FakeKeyManager):
    """Has a defect in each call, whatever its port says."""

    async def wrap(self, plain: bytes, context: bytes) -> bytes:
        raise ZeroDivisionError

    async def unwrap(self, wrap: bytes, context: bytes) -> bytes:
        raise ZeroDivisionError

    async def rewrap(self, wrap: bytes, context: bytes) -> bytes:
        raise ZeroDivisionError

    async def describe(self) -> KeyState:
        raise ZeroDivisionError

    async def close(self) -> None:
        raise ZeroDivisionError
