"""How the suite holds an adapter: what it must open, and what it may ask beyond the port."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol, TypeVar

from pymongo import AsyncMongoClient

from adapters.mongo import MongoStorage, open_mongo, prepare_mongo
from adapters.sqlite import SqliteStorage, open_sqlite
from application.credentials.kept import KeptAddress
from application.credentials.switching import Following, SwitchingStorage, open_following
from ports.errors import Unsupported
from ports.storage import Storage
from tests.contract.storage.sqlite.breakable import breaking, open_breakable
from tests.drivers import broken, unexpected
from tests.fakes.flaky import FlakyStorage
from tests.fakes.secrets import MemorySecretStore
from tests.fakes.sources import FakeRandom, FakeTime
from tests.fakes.storage import MemoryStorage
from tests.patience import patience
from tests.servers.mongo.listening import listening
from tests.servers.mongo.starting import Server

T = TypeVar("T")


class Harness(Protocol):
    """One adapter with an empty store of its own."""

    name: str
    """What the adapter is called in reports."""

    lax: Mapping[str, str]
    """The laws that this engine cannot be held to here, each with the reason; the run's report says so."""

    @property
    def store(self) -> Storage:
        """The open store; after `reopen` the newly opened one."""

    async def reopen(self) -> None:
        """Close the store and open it again, as a new process would find it."""

    async def elsewhere(self) -> Storage:
        """Open the same store as a process on another machine; raises Unsupported where that cannot be."""

    def broken(self) -> AbstractContextManager[None]:
        """Have the driver raise what nobody expects of it."""

    def round_trips(self) -> int:
        """How often writes have gone to the engine so far."""

    async def close(self) -> None:
        """Close the store."""


class MemoryHarness:
    """The fake, or one of its broken subclasses; reopening finds the same object."""

    name = "memory"
    lax: Mapping[str, str] = MappingProxyType({})

    def __init__(self, store: MemoryStorage) -> None:
        self._memory = store

    @property
    def store(self) -> Storage:
        return self._memory

    async def reopen(self) -> None:
        await self._memory.close()

    async def elsewhere(self) -> Storage:
        raise Unsupported("another machine does not see this memory")

    @contextmanager
    def broken(self) -> Iterator[None]:
        self._memory.broken = unexpected()
        yield
        self._memory.broken = None

    def round_trips(self) -> int:
        return self._memory.round_trips

    async def close(self) -> None:
        await self._memory.close()


class SqliteHarness:
    """A file in the test's own directory."""

    name = "sqlite"
    lax: Mapping[str, str] = MappingProxyType({})

    def __init__(self, path: Path, store: SqliteStorage) -> None:
        self._path = path
        self._sqlite = store

    @classmethod
    async def made(cls, path: Path) -> "SqliteHarness":
        """Open an empty store over connections that can be broken."""
        return cls(path, await open_breakable(path))

    @property
    def store(self) -> Storage:
        return self._sqlite

    async def reopen(self) -> None:
        await self._sqlite.close()
        self._sqlite = await open_breakable(self._path)

    async def elsewhere(self) -> Storage:
        """Open the file as if a network file system had brought it to another machine."""
        mounts = self._path.with_name("mountinfo")
        mounts.write_text("36 35 0:52 / / rw,relatime - nfs4 server:/export rw\n")
        return await open_sqlite(self._path, mount_table=mounts)

    @contextmanager
    def broken(self) -> Iterator[None]:
        with breaking():
            yield

    def round_trips(self) -> int:
        return self._sqlite.commits

    async def close(self) -> None:
        await self._sqlite.close()


_EACH_CALL: Final = 300


class SwitchingHarness(MemoryHarness):
    """The fake behind logins that are replaced all the time: in the middle of every call there is a newer one."""

    name = "switching"

    def __init__(self, memory: MemoryStorage) -> None:
        super().__init__(memory)
        self._time = FakeTime()
        self._secrets = MemorySecretStore(self._time.clock)
        self._switching: SwitchingStorage | None = None

    @classmethod
    async def made(cls) -> "SwitchingHarness":
        """Open an empty store by its first login."""
        made = cls(MemoryStorage())
        await made.renew()
        await made.reopen()
        return made

    async def renew(self) -> None:
        """Make a newer login, and have the store follow to it; whoever calls very often gets one now and then."""
        if self.round_trips() > _EACH_CALL and self.round_trips() % _EACH_CALL:
            return
        await self._secrets.put("storage", f"login-{self.round_trips()}".encode())
        if self._switching is not None:
            await self._switching.look()

    @property
    def store(self) -> Storage:
        assert self._switching is not None
        return self._switching

    async def reopen(self) -> None:
        await self.close()
        self._switching = await open_following(
            Following(
                kept=KeptAddress(self._secrets, "storage"),
                open=self._opened,
                leads_alike=lambda one, other: True,
                poll=60,
                monotonic=self._time.monotonic,
                random=FakeRandom(),
                sleep=asyncio.sleep,
            )
        )

    async def close(self) -> None:
        if self._switching is not None:
            await self._switching.close()

    async def _opened(self, address: str) -> Storage:
        return _Renewed(self._memory, self.renew)


class _Renewed(FlakyStorage):
    """Passes each call on, once there is a newer login."""

    def __init__(self, inner: Storage, renew: Callable[[], Awaitable[None]]) -> None:
        super().__init__(inner)
        self._renew = renew
        self._closed = False

    async def close(self) -> None:
        self._closed = True

    async def _step(
        self, method: str, call: Callable[[], Awaitable[T]], half: Callable[[], Awaitable[object]] | None = None
    ) -> T:
        await self._renew()
        assert not self._closed, "closed while a call was under way"
        return await super()._step(method, call, half)


class MongoHarness:
    """A database of its own on a server that speaks MongoDB's protocol."""

    lax: Mapping[str, str] = MappingProxyType({})
    seconds = 10.0
    """What each call may take on a quiet machine."""

    def __init__(self, server: Server, database: str, store: MongoStorage) -> None:
        self.name = server.name
        self._server = server
        self._database = database
        self._mongo = store

    @classmethod
    async def made(cls, server: Server, database: str) -> "MongoHarness":
        """Prepare and open a database that nobody has used before."""
        uri = server.uri(database)
        await prepare_mongo(uri, deadline=patience(cls.seconds))
        return cls(server, database, await open_mongo(uri, deadline=patience(cls.seconds)))

    @property
    def store(self) -> Storage:
        return self._mongo

    async def reopen(self) -> None:
        await self._mongo.close()
        self._mongo = await self._opened()

    async def elsewhere(self) -> Storage:
        return await self._opened()

    @contextmanager
    def broken(self) -> Iterator[None]:
        with broken((AsyncMongoClient, "_select_server")):
            yield

    def round_trips(self) -> int:
        return listening().writes[self._database]

    async def close(self) -> None:
        await self._mongo.close()
        self._server.drop(self._database)

    async def _opened(self) -> MongoStorage:
        return await open_mongo(self._server.uri(self._database), deadline=patience(self.seconds))
