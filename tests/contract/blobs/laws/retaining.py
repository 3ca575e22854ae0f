"""The laws of locks, where they are declared; elsewhere there is no lock."""

from datetime import datetime, timedelta
from typing import Final

import pytest

from ports.blobs import Capability
from ports.errors import AlreadyExists, InvalidArgument, NotFound, PermissionDenied, Unsupported
from tests.contract.blobs.content import content_of, put
from tests.contract.blobs.worlds import World

_SOON: Final = timedelta(seconds=2)


async def a_retained_blob_stays(world: World) -> None:
    """A lock keeps off deletion, replacement and a second creation, and the blob can be read and looked at."""
    tag = await put(world.store, "a", b"1")
    until = world.now() + timedelta(days=1)
    if not await _is_retained(world, "a", until):
        return
    info = await world.again.info("a")
    assert (info.tag, info.size, info.retained_until) == (tag, 1, until)
    for store in (world.store, world.again):
        with pytest.raises(PermissionDenied):
            await store.delete("a")
        with pytest.raises(PermissionDenied):
            await store.replace("a", b"2", tag=tag)
        with pytest.raises(AlreadyExists):
            await put(store, "a", b"2")
    assert await content_of(world.again, "a") == b"1"
    await put(world.store, "b", b"1")
    await world.store.delete("b")


async def a_lock_only_grows(world: World) -> None:
    """A longer lock takes the place of a shorter one, the same again changes nothing, and a shorter one is refused."""
    await put(world.store, "a", b"1")
    until = world.now() + timedelta(days=1)
    if not await _is_retained(world, "a", until - timedelta(hours=1)):
        return
    for longer in (until, until):
        await world.again.retain("a", longer)
        assert (await world.store.info("a")).retained_until == until
    for shorter in (until - timedelta(seconds=1), world.now()):
        with pytest.raises(InvalidArgument):
            await world.again.retain("a", shorter)
    assert (await world.store.info("a")).retained_until == until
    with pytest.raises(PermissionDenied):
        await world.again.delete("a")


async def what_is_missing_is_not_locked(world: World) -> None:
    """No lock waits for a blob that is not there."""
    if Capability.RETENTION in world.store.capabilities:
        with pytest.raises(NotFound):
            await world.again.retain("b", world.now() + timedelta(days=1))
        await put(world.store, "b", b"1")
        await world.store.delete("b")


async def a_lock_ends(world: World) -> None:
    """From the moment on that a lock names, the blob can be replaced and deleted."""
    tag = await put(world.store, "a", b"1")
    if not await _is_retained(world, "a", world.now() + _SOON):
        return
    with pytest.raises(PermissionDenied):
        await world.again.delete("a")
    await world.pass_time(_SOON + timedelta(seconds=1))
    await world.again.replace("a", b"2", tag=tag)
    await world.again.delete("a")


async def _is_retained(world: World, name: str, until: datetime) -> bool:
    """Lock the blob and return whether the store can; one that cannot says so, and the blob can be deleted."""
    if Capability.RETENTION in world.store.capabilities:
        await world.store.retain(name, until)
        return True
    with pytest.raises(Unsupported):
        await world.store.retain(name, until)
    await world.store.delete(name)
    return False
