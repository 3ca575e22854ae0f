"""The laws of stores that are missing, stall or refuse: what is told, when, and in which words."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeAlias

import pytest

from ports import errors
from ports.blobs import BlobStore
from ports.errors import (
    AlreadyExists,
    Corrupt,
    DeadlineExceeded,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    PortError,
)
from tests.contract.blobs.content import LARGE, chunks, content_of, put, sha256_of
from tests.contract.blobs.worlds import World
from tests.drivers import check_each_is_unavailable
from tests.patience import patience

Call: TypeAlias = Callable[[], Awaitable[object]]

_SLOW: Final = 4
"""After how many deadlines it is the store that is slow, and not the machine."""

_RECOVERS: Final = 10.0


async def a_store_that_is_missing_is_told(world: World) -> None:
    """Nothing is created beside a bucket or directory that has disappeared."""
    await put(world.store, "a", b"1")
    await world.store.check()
    await world.demolish()
    for call in _all(world.store, "a"):
        with pytest.raises(NotFound):
            await call()


async def a_call_ends_in_time(world: World) -> None:
    """While nothing answers every call ends with DeadlineExceeded, and when it answers again all is well."""
    async with world.stalling() as stalled:
        await put(stalled.store, "a", b"1")
        await stalled.begin()
        waiting = {name: call for name, call in _named(stalled.store, "a").items() if name not in stalled.unaffected}
        async with asyncio.timeout(stalled.deadline * _SLOW):
            ends = await asyncio.gather(*(call() for call in waiting.values()), return_exceptions=True)
        told = {name: type(end) for name, end in zip(waiting, ends, strict=True)}
        assert told == dict.fromkeys(waiting, DeadlineExceeded)
        await stalled.end()
        async with asyncio.timeout(patience(_RECOVERS)):
            while not await _answers(stalled.store):
                await asyncio.sleep(0.05)


async def a_reading_ends_in_time(world: World) -> None:
    """Where the answer stops coming in its middle, whoever reads is told DeadlineExceeded, unless all has come."""
    async with world.stalling() as stalled:
        await put(world.store, "a", *[LARGE] * 20)
        reading = stalled.store.read("a")
        read = len(await anext(reading))
        await stalled.begin()
        async with asyncio.timeout(stalled.deadline * _SLOW):
            with suppress(DeadlineExceeded):
                read += sum([len(chunk) async for chunk in reading])
                assert read == len(LARGE) * 20
        await stalled.end()


async def whoever_may_nothing_is_told_so(world: World) -> None:
    """An identity without permissions is told PermissionDenied, at opening or by every call, and never NotFound."""
    await put(world.store, "a", b"1")
    try:
        barred = await world.barred()
    except PermissionDenied:
        return
    for call in _all(barred, "a"):
        with pytest.raises(PermissionDenied):
            await call()


async def whatever_a_driver_raises_is_an_outage(world: World) -> None:
    """What nobody expects of a driver passes no port: it is Unavailable, caused by that, and afterwards all is well."""
    await put(world.store, "a", b"1")
    with world.broken():
        await check_each_is_unavailable(_all(world.store, "a") * 2)
    assert await content_of(world.store, "a") == b"1"


async def an_error_has_a_code_and_tells_no_name(world: World) -> None:
    """Whatever goes wrong is said in the port's words, with a code, and without the blob's name or its content."""
    name, content = "somebody/else", b"what is inside"
    tag = await put(world.store, name, content)
    failing: dict[type[PortError], Call] = {
        AlreadyExists: lambda: put(world.again, name, content),
        NotFound: lambda: world.again.info(f"{name}/more"),
        Corrupt: lambda: world.again.create(f"{name}/corrupt", chunks(content), sha256=sha256_of(b"other")),
        InvalidArgument: lambda: world.again.delete(f"{name}/"),
    }
    for kind, call in failing.items():
        with pytest.raises(kind) as raised:
            await call()
        assert type(raised.value) is kind
        assert kind.code == getattr(errors, kind.__name__).code
        assert str(raised.value)
        for secret in (name, content.decode(), tag):
            assert secret not in str(raised.value)


def _named(store: BlobStore, name: str) -> dict[str, Call]:
    return {
        "create": lambda: put(store, f"{name}/new", b"1"),
        "replace": lambda: store.replace(name, b"2", tag=sha256_of(b"1").hex()),
        "read": lambda: content_of(store, name),
        "info": lambda: store.info(name),
        "list": store.list,
        "delete": lambda: store.delete(name),
        "check": store.check,
    }


def _all(store: BlobStore, name: str) -> list[Call]:
    return list(_named(store, name).values())


async def _answers(store: BlobStore) -> bool:
    try:
        await store.check()
        await put(store, "after", b"1")
    except errors.Unavailable:
        return False
    except AlreadyExists:
        """An attempt whose outcome was unknown has arrived."""
    return await content_of(store, "after") == b"1"
