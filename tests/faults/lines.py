"""Lines between a process and the servers that it stands on, each of which can come to harm."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    ExitStack,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from contextvars import ContextVar
from typing import ClassVar, Final, NamedTuple, TypeVar
from uuid import uuid4

from adapters.aws.keys import open_kms as open_aws_kms
from adapters.gcp.keys import open_kms as open_gcp_kms
from adapters.mongo import open_mongo, prepare_mongo
from ports.errors import PortError, Unavailable
from ports.keys import KeyManager
from ports.storage import Storage
from tests.fakes.keys import FakeKeyManager
from tests.fakes.storage import MemoryStorage
from tests.patience import Deadline, patience
from tests.servers.aws import REGION
from tests.servers.aws import Server as AwsServer
from tests.servers.gcp_kms import Provider, cloud_kms
from tests.servers.loops import Beside, beside
from tests.servers.mongo.starting import Server as MongoServer
from tests.servers.mongo.starting import mongo_memory
from tests.servers.proxy import Harm, Proxy
from tests.servers.strict_kms import strict_kms

T = TypeVar("T")

DEADLINE: Final = 0.5
"""Seconds that a call of a storage may take here, as all of these on a quiet machine; what stalls is given up then."""

KEYS_DEADLINE: Final = 1.5
"""Seconds that a call of a key manager may take here."""

UNHARMED: Final = 30.0
"""Seconds that a call may take that goes over no harmed line."""

PATIENCE: Final = 20.0
"""Seconds after which a request hangs, whatever its calls may take one after the other."""

RECOVERY: Final = 20.0
"""Seconds within which everything works again by itself."""

_PACES: Final = (1.0, 3.0, 9.0)
_PACE: ContextVar[float] = ContextVar("pace", default=_PACES[0])


def paced(seconds: float) -> float:
    """Return that time on this machine, or a multiple of it once even that was too short."""
    return patience(seconds) * _PACE.get()


class Place(NamedTuple):
    """What a process stands on."""

    storage: Storage
    vault: Storage
    managers: Sequence[KeyManager]


class Line(ABC):
    """The way to one server."""

    name: ClassVar[str]
    """Of the server, as test ids name it."""

    at_once: ClassVar[int] = 4
    """How many steps are tried beside one another, since most of the time is spent waiting."""

    def __init__(self, loop: Beside, port: int) -> None:
        self._loop = loop
        self._port = port

    @abstractmethod
    def places(self, port: int) -> AbstractAsyncContextManager[tuple[Place, Place]]:
        """Open the same twice: for one who reaches the server at that port, and for one who reaches it directly."""

    @contextmanager
    def proxied(self) -> Iterator[Proxy]:
        """Put a proxy on the line."""
        proxy = Proxy(self._loop, self._port)
        self._loop.call(proxy.start())
        try:
            yield proxy
        finally:
            self._loop.call(proxy.close())


class MongoLine(Line):
    """To MongoDB, with records and wraps in databases of their own."""

    name = "mongo-memory"
    at_once = 12

    def __init__(self, loop: Beside, server: MongoServer) -> None:
        super().__init__(loop, server.port)
        self._server = server

    @asynccontextmanager
    async def places(self, port: int) -> AsyncIterator[tuple[Place, Place]]:
        names = [f"panorama_lines_{uuid4().hex[:12]}" for _ in range(2)]
        managers = [FakeKeyManager()]
        async with AsyncExitStack() as stack:
            for name in names:
                stack.callback(self._server.drop, name)
                await prepare_mongo(self._server.uri(name), deadline=patience(UNHARMED))
            far = [await self._opened(stack, name, port) for name in names]
            near = [await self._opened(stack, name) for name in names]
            yield Place(far[0], far[1], managers), Place(near[0], near[1], managers)

    async def _opened(self, stack: AsyncExitStack, name: str, port: int | None = None) -> Storage:
        # A server alone tells its own address, which does not lead through the proxy.
        uri = self._server.uri(name) if port is None else self._server.uri(name, "directConnection=true", port=port)
        store = await open_mongo(uri, deadline=patience(UNHARMED) if port is None else paced(DEADLINE))
        stack.push_async_callback(store.close)
        return store


class KeysLine(Line):
    """To the first of two key managers; nothing of it has been used when it is opened."""

    def __init__(self, loop: Beside, port: int, aws: AwsServer, google: Provider) -> None:
        super().__init__(loop, port)
        self._aws = aws
        self._google = google
        self._arn = aws.create_key()
        self._key = google.create_key(uuid4().hex)

    @abstractmethod
    async def managers(self, port: int | None) -> list[KeyManager]:
        """Open the key manager on the line, through the port if there is one, and the other directly."""

    @asynccontextmanager
    async def places(self, port: int) -> AsyncIterator[tuple[Place, Place]]:
        storage, vault = MemoryStorage(), MemoryStorage()
        async with AsyncExitStack() as stack:
            far, near = await self.managers(port), await self.managers(None)
            for manager in (*far, *near):
                stack.push_async_callback(manager.close)
            yield Place(storage, vault, far), Place(storage, vault, near)

    async def _at_aws(self, port: int | None = None) -> KeyManager:
        endpoint = self._aws.endpoint(port)
        deadline = patience(UNHARMED) if port is None else paced(KEYS_DEADLINE)
        with self._aws.credentials():
            return await open_aws_kms(self._arn, region=REGION, endpoint=endpoint, deadline=deadline)

    async def _at_google(self, port: int | None = None) -> KeyManager:
        if port is None:
            return await open_gcp_kms(self._key, endpoint=self._google.server.endpoint, deadline=patience(UNHARMED))
        return await open_gcp_kms(self._key, endpoint=f"http://127.0.0.1:{port}", deadline=paced(KEYS_DEADLINE))


class AwsKeysLine(KeysLine):
    """To AWS KMS."""

    name = "aws-kms-strict"

    async def managers(self, port: int | None) -> list[KeyManager]:
        return [await self._at_aws(port), await self._at_google()]


class GoogleKeysLine(KeysLine):
    """To Cloud KMS."""

    name = "gcp-kms-fake"

    async def managers(self, port: int | None) -> list[KeyManager]:
        return [await self._at_google(port), await self._at_aws()]


@contextmanager
def lines() -> Iterator[dict[str, Line]]:
    """Start every server, and yield the line to each."""
    with ExitStack() as stack:
        loop, mongo = stack.enter_context(beside()), stack.enter_context(mongo_memory())
        _, aws = stack.enter_context(strict_kms())
        google = stack.enter_context(cloud_kms())
        google_port = google.server.port
        laid = (
            MongoLine(loop, mongo),
            AwsKeysLine(loop, aws.port, aws, google),
            GoogleKeysLine(loop, google_port, aws, google),
        )
        yield {line.name: line for line in laid}


async def harmed(act: Callable[[], Awaitable[T]], proxy: Proxy, step: int, harm: Harm) -> tuple[T | None, bool]:
    """Act while that step comes to harm; return the answer, None for an outage, and whether the harm struck.

    Fails where the request hangs, and raises an error that nobody has caused. Harm to a line is an outage and nothing
    else: an adapter that repeats a request after a lost answer is not to tell the caller what the repetition found.
    """
    asked, deadline, answer = proxy.steps, Deadline(PATIENCE * _PACE.get()), None
    proxy.harm(step, harm)
    try:
        answer = await act()
    except Unavailable:
        if proxy.steps - asked < step:
            raise
    assert not deadline.has_passed(), "a call hung"
    struck = proxy.steps - asked >= step
    proxy.harm(10**9, harm)
    return answer, struck


def answered(answer: T | None) -> T:
    """Return an answer that no harm to the line may prevent; raises Unavailable where there is none."""
    if answer is None:
        raise Unavailable("it was not answered")
    return answer


async def recovered(act: Callable[[], Awaitable[T]]) -> T:
    """Act again until it succeeds, which it must soon, with nothing done to whoever acts."""
    deadline = Deadline(RECOVERY)
    while True:
        try:
            return await act()
        except PortError:
            assert not deadline.has_passed(), "the service does not recover"


async def at_each_step(tried: Callable[[int], Awaitable[bool]], at_once: int) -> int:
    """Try each step, counted from 1, until one is not reached, several at once; return how many were.

    A step that raises Unavailable, which none may, is tried again with longer deadlines, as `paced` gives them: on a
    busy machine short ones prove nothing. With the longest it is raised.
    """
    count = 0
    while True:
        struck = await asyncio.gather(*(_at_some_pace(tried, count + each) for each in range(1, at_once + 1)))
        count += sum(struck)
        if not all(struck):
            return count


async def _at_some_pace(tried: Callable[[int], Awaitable[bool]], step: int) -> bool:
    for pace in _PACES[:-1]:
        _PACE.set(pace)
        with suppress(Unavailable):
            return await tried(step)
    _PACE.set(_PACES[-1])
    return await tried(step)
