"""The laws of the secrets port, one function each."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from itertools import count
from typing import TypeAlias

import pytest

from ports.errors import InvalidArgument, NotFound, PermissionDenied, PortError, Unavailable
from ports.secrets import NAME_LIMIT, VALUE_LIMIT, Capability, Secret, SecretStore, State
from tests.contract.secrets.worlds import World
from tests.drivers import check_each_is_unavailable
from tests.patience import patience

Law: TypeAlias = Callable[[World], Awaitable[None]]
"""Ends in a failed assertion unless the secret store of the world keeps it."""

NAME = "database-address"
VALUE = b"mongodb://user:hunter2@db/"


async def what_was_put_is_what_is_got(world: World) -> None:
    """Any bytes, one to the limit, come back as they were, to every process, and say which version they are."""
    for number, value in enumerate((b"\0", bytes(range(256)), "ü\n".encode(), b"\xff" * VALUE_LIMIT)):
        version = await world.store.put(f"value-{number}", value)
        for store in (world.store, world.again):
            assert await store.get(f"value-{number}") == Secret(version, value)


async def the_newest_version_is_got_unless_another_is_asked_for(world: World) -> None:
    """A reader who has not followed yet still reads the version before."""
    first = await world.store.put(NAME, b"first")
    second = await world.again.put(NAME, b"second")
    assert first != second
    for store in (world.store, world.again):
        assert await store.get(NAME) == Secret(second, b"second")
        assert await store.get(NAME, second) == Secret(second, b"second")
        assert await store.get(NAME, first) == Secret(first, b"first")


async def the_same_value_again_is_another_version(world: World) -> None:
    """Who puts the same value twice has made two versions."""
    assert await world.store.put(NAME, VALUE) != await world.store.put(NAME, VALUE)
    assert (await world.store.get(NAME)).value == VALUE


async def versions_are_listed_the_newest_first(world: World) -> None:
    """Each once, with its state and a time that never runs backwards; one of them is the newest."""
    put = [await world.store.put(NAME, bytes([number])) for number in range(3)]
    listed = await world.again.versions(NAME)
    assert [version.version for version in listed] == put[::-1]
    assert [version.newest for version in listed] == [True, False, False]
    assert [version.state for version in listed[:2]] == [State.READABLE, State.READABLE]
    times = [version.created for version in listed]
    assert times == sorted(times, reverse=True)
    assert all(time.utcoffset() is not None for time in times)


async def older_versions_are_kept_as_declared(world: World) -> None:
    """Of five, all are readable, or, where that capability is lacking, only the newest and the one before."""
    put = [await world.store.put(NAME, bytes([number])) for number in range(5)]
    kept = 5 if Capability.KEEPS_OLDER_VERSIONS in world.store.capabilities else 2
    states = {version.version: version.state for version in await world.store.versions(NAME)}
    for number, version in enumerate(put):
        if number >= 5 - kept:
            assert await world.store.get(NAME, version) == Secret(version, bytes([number]))
            assert states[version] is State.READABLE
        else:
            assert states.get(version) is State.WITHHELD
            with pytest.raises(NotFound):
                await world.store.get(NAME, version)


async def a_destroyed_version_is_not_readable(world: World) -> None:
    """To nobody; the newest one stays, and a second order to destroy changes nothing."""
    first, second = await world.store.put(NAME, b"first"), await world.store.put(NAME, b"second")
    for _ in range(2):
        await world.store.destroy(NAME, first)
        for store in (world.store, world.again):
            with pytest.raises(NotFound):
                await store.get(NAME, first)
            assert await store.get(NAME) == Secret(second, b"second")
    states = {version.version: version.state for version in await world.again.versions(NAME)}
    at_once = Capability.DESTROYS_AT_ONCE in world.store.capabilities
    assert states.get(first, State.DESTROYED) is (State.DESTROYED if at_once else State.WITHHELD)
    assert states[second] is State.READABLE


async def of_calls_at_once_that_destroy_none_is_refused(world: World) -> None:
    """Two of each of two processes destroy one version: the one that comes second finds it done."""
    first, second = await world.store.put(NAME, b"first"), await world.store.put(NAME, b"second")
    stores = (world.store, world.again) * 2
    await asyncio.gather(*(store.destroy(NAME, first) for store in stores))
    with pytest.raises(NotFound):
        await world.store.get(NAME, first)
    assert await world.store.get(NAME) == Secret(second, b"second")


async def a_lost_answer_is_no_refusal_to_destroy(world: World) -> None:
    """Whichever answer is lost, the version is destroyed, or the outcome unknown; ordered again, it is destroyed."""
    for step in count(1):
        name = f"{NAME}-{step}"
        first, second = await world.store.put(name, b"first"), await world.store.put(name, b"second")
        is_lost = world.lose(step) if world.lose else bool
        with suppress(Unavailable):
            await world.store.destroy(name, first)
        if not is_lost():
            break
        await _repeated(partial(world.store.destroy, name, first))
        with pytest.raises(NotFound):
            await world.again.get(name, first)
        assert await world.again.get(name) == Secret(second, b"second")
    assert step > 1 or world.lose is None


async def a_version_is_never_used_again(world: World) -> None:
    """What is put after a destruction is told from what was destroyed."""
    first, second = await world.store.put(NAME, b"first"), await world.store.put(NAME, b"second")
    await world.store.destroy(NAME, first)
    assert await world.store.put(NAME, b"third") not in {first, second}


async def the_newest_version_is_not_destroyed(world: World) -> None:
    """It is in use until another has been put."""
    version = await world.store.put(NAME, VALUE)
    with pytest.raises(InvalidArgument):
        await world.store.destroy(NAME, version)
    assert await world.store.get(NAME) == Secret(version, VALUE)


async def of_puts_at_once_none_is_lost(world: World) -> None:
    """Eight from two processes make eight versions, of which one is the newest, with the value that it was put with."""
    values = [bytes([number]) for number in range(8)]
    stores = (world.store, world.again)
    versions = await asyncio.gather(*(stores[number % 2].put(NAME, value) for number, value in enumerate(values)))
    put = dict(zip(versions, values, strict=True))
    listed = await world.store.versions(NAME)
    assert {version.version for version in listed} == set(put)
    assert [version.newest for version in listed] == [True] + [False] * 7
    newest = await world.store.get(NAME)
    assert newest == Secret(listed[0].version, put[newest.version])
    for version in listed:
        if version.state is State.READABLE:
            assert await world.again.get(NAME, version.version) == Secret(version.version, put[version.version])


async def what_is_not_there_is_not_found(world: World) -> None:
    """No such secret, or no such version of it."""
    version = await world.store.put(NAME, VALUE)
    missing = [
        lambda: world.store.get("other"),
        lambda: world.store.get("other", version),
        lambda: world.store.versions("other"),
        lambda: world.store.destroy("other", version),
        lambda: world.store.get(NAME, version + "0"),
        lambda: world.store.get(NAME, ""),
        lambda: world.store.get(NAME, "latest/../../x"),
        lambda: world.store.destroy(NAME, version + "0"),
    ]
    for call in missing:
        await _refused(call, NotFound)


async def stores_do_not_look_into_one_another(world: World) -> None:
    """Another prefix or another file is another store."""
    await world.foreign.put(NAME, b"another's")
    with pytest.raises(NotFound):
        await world.store.get(NAME)
    await world.store.put(NAME, VALUE)
    assert (await world.foreign.get(NAME)).value == b"another's"


async def names_differ_in_every_letter(world: World) -> None:
    """Capitals and marks tell names apart; the longest name is taken."""
    names = ["a", "A", "a-b", "a_b", "ab", "0", "-", "_", "a" * NAME_LIMIT, "a" * (NAME_LIMIT - 1) + "b", "k-123456"]
    for name in names:
        await world.store.put(name, name.encode())
    assert [(await world.again.get(name)).value for name in names] == [name.encode() for name in names]


async def other_names_are_refused(world: World) -> None:
    """By every method, before the provider is asked."""
    for name in ("", "a" * (NAME_LIMIT + 1), "a/b", "a.b", "a b", "ä", "a\n", "../a", "a?", "\ud800"):
        for call in _naming_calls(world.store, name, "1"):
            await _refused(call, InvalidArgument)


async def only_values_inside_the_limits_are_put(world: World) -> None:
    """An empty one and one that is too long are refused, and no version is made of them."""
    for value in (b"", bytes(VALUE_LIMIT + 1)):
        with pytest.raises(InvalidArgument):
            await world.store.put(NAME, value)
    with pytest.raises(NotFound):
        await world.store.get(NAME)


async def a_provider_out_of_reach_is_unavailable(world: World) -> None:
    """While it does not answer, nobody is told that a secret is missing."""
    await _every_call_raises(world, world.cut_off, Unavailable)


async def whatever_a_driver_raises_is_an_outage(world: World) -> None:
    """What nobody expects of a driver passes no port: it is Unavailable, caused by that, and afterwards all is well."""
    version = await world.store.put(NAME, VALUE)
    with world.broken():
        await check_each_is_unavailable([*_naming_calls(world.store, NAME, version), world.store.check] * 2)
    assert (await world.store.get(NAME)).value == VALUE


async def a_refused_identity_is_told_so(world: World) -> None:
    """A missing permission is neither an outage nor a missing secret."""
    await _every_call_raises(world, world.refuse, PermissionDenied)


async def a_store_that_answers_says_so(world: World) -> None:
    """Also one that holds nothing yet."""
    await world.store.check()
    await world.foreign.check()


async def a_secret_does_not_show_itself(world: World) -> None:
    """Neither it nor its name stands in what a log would print."""
    await world.store.put(NAME, VALUE)
    assert "hunter2" not in repr(await world.store.get(NAME))
    with pytest.raises(PortError) as raised:
        await world.store.get(NAME, "0")
    assert NAME not in str(raised.value)


async def _repeated(call: Callable[[], Awaitable[object]]) -> None:
    """Call again until it is answered: a connection that was lost takes a moment to come back."""
    async with asyncio.timeout(patience(20)):
        while True:
            with suppress(Unavailable):
                await call()
                return
            await asyncio.sleep(0.05)


def _naming_calls(store: SecretStore, name: str, version: str) -> list[Callable[[], Awaitable[object]]]:
    return [
        lambda: store.get(name),
        lambda: store.get(name, version),
        lambda: store.put(name, VALUE),
        lambda: store.versions(name),
        lambda: store.destroy(name, version),
    ]


async def _every_call_raises(world: World, happen: Callable[[], Awaitable[None]], error: type[PortError]) -> None:
    store, version = world.store, await world.store.put(NAME, VALUE)
    await store.put(NAME, VALUE)
    await happen()
    for call in (*_naming_calls(store, NAME, version), store.check):
        told = await _refused(call, error)
        assert NAME not in told
        assert "hunter2" not in told


async def _refused(call: Callable[[], Awaitable[object]], error: type[PortError]) -> str:
    with pytest.raises(PortError) as raised:
        await call()
    assert isinstance(raised.value, error)
    return str(raised.value)


LAWS = (
    what_was_put_is_what_is_got,
    the_newest_version_is_got_unless_another_is_asked_for,
    the_same_value_again_is_another_version,
    versions_are_listed_the_newest_first,
    older_versions_are_kept_as_declared,
    a_destroyed_version_is_not_readable,
    of_calls_at_once_that_destroy_none_is_refused,
    a_lost_answer_is_no_refusal_to_destroy,
    a_version_is_never_used_again,
    the_newest_version_is_not_destroyed,
    of_puts_at_once_none_is_lost,
    what_is_not_there_is_not_found,
    stores_do_not_look_into_one_another,
    names_differ_in_every_letter,
    other_names_are_refused,
    only_values_inside_the_limits_are_put,
    a_provider_out_of_reach_is_unavailable,
    whatever_a_driver_raises_is_an_outage,
    a_refused_identity_is_told_so,
    a_store_that_answers_says_so,
    a_secret_does_not_show_itself,
)
