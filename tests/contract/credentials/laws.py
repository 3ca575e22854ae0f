"""The laws of the credentials port, one function each."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

import pytest

from ports.credentials import Administration, Login, Proof
from ports.errors import InvalidArgument, PermissionDenied, PortError, Unavailable
from tests.contract.credentials.worlds import World
from tests.contract.storage.samples import ref, sample
from tests.drivers import check_each_is_unavailable

Law: TypeAlias = Callable[[World], Awaitable[None]]
"""Ends in a failed assertion unless the database of the world keeps it."""

NEW: Final = "Hunter2-New-Horse"
NEWER: Final = "Hunter2-Newer-Horse"


async def a_new_user_may_do_what_the_model_may(world: World) -> None:
    """Read and write, with the password in the address and with no other."""
    async with administering(world) as administration:
        await administration.create_or_update(world.by("b", NEW), world.user)
    store = await world.open(world.by("b", NEW))
    await store.put(sample("a"))
    assert await store.get(ref("a")) == sample("a")
    await store.close()
    await refused(world, world.by("b", NEWER))


async def a_changed_password_is_the_only_one(world: World) -> None:
    """From when the call returns nobody comes in with the one before."""
    async with administering(world) as administration:
        await administration.create_or_update(world.changed(NEW), world.user)
    await admitted(world, world.changed(NEW))
    await refused(world, world.user)


async def again_is_the_same_as_once(world: World) -> None:
    """Whoever does not know whether it was done does it again, for somebody new and for somebody known.

    Of several at the same moment some may be told that the outcome is unknown, and then do it again as well.
    """
    async with administering(world) as administration:
        for _ in range(2):
            await administration.create_or_update(world.by("b", NEW), world.user)
            await administration.create_or_update(world.changed(NEW), world.user)
        at_once = (administration.create_or_update(world.by("c", NEW), world.user) for _ in range(4))
        for outcome in await asyncio.gather(*at_once, return_exceptions=True):
            if outcome is not None:
                assert isinstance(outcome, Unavailable)
        await administration.create_or_update(world.by("c", NEW), world.user)
    for name in "bc":
        await admitted(world, world.by(name, NEW))
    await admitted(world, world.changed(NEW))


async def a_disabled_user_does_not_come_in(world: World) -> None:
    """Until there is a new password for him; again is the same as once."""
    async with administering(world) as administration:
        for unknown in (NEW, NEWER):
            await administration.disable(world.user, unknown)
        await refused(world, world.user)
        await administration.create_or_update(world.user, world.user)
    await admitted(world, world.user)


async def nobody_is_made_to_be_disabled(world: World) -> None:
    """Where there is no such user nothing happens."""
    async with administering(world) as administration:
        await administration.disable(world.by("nobody", NEW), NEWER)
    await refused(world, world.by("nobody", NEWER))


async def a_store_in_use_goes_on(world: World) -> None:
    """Neither a new password nor being disabled ends what has logged in before."""
    store = await world.open(world.user)
    async with administering(world) as administration:
        await administration.disable(world.user, NEW)
    await store.put(sample("a"))
    assert await store.get(ref("a")) == sample("a")
    await store.close()


async def who_may_not_changes_nothing(world: World) -> None:
    """An ordinary user is refused, whoever it is about."""
    async with administering(world, world.user) as administration:
        await told(lambda: administration.create_or_update(world.by("b", NEW), world.user), PermissionDenied)
        await told(lambda: administration.create_or_update(world.administrator, world.user), PermissionDenied)
        await told(lambda: administration.disable(world.administrator, NEW), PermissionDenied)
    await refused(world, world.by("b", NEW))
    async with administering(world) as administration:
        await administration.create_or_update(world.user, world.user)


async def a_wrong_administrator_is_refused(world: World) -> None:
    """And no password is in what is said."""
    name = world.logins.login(world.administrator).user or ""
    async with administering(world, world.logins.with_password(world.administrator, name, NEW)) as administration:
        await told(lambda: administration.create_or_update(world.changed(NEWER), world.user), PermissionDenied)
        await told(lambda: administration.disable(world.user, NEWER), PermissionDenied)
        await told(lambda: administration.check(world.user), PermissionDenied)
    await admitted(world, world.user)


async def who_may_is_told_beforehand(world: World) -> None:
    """Nothing has changed when it is told."""
    async with administering(world) as administration:
        await administration.check(world.user)
    async with administering(world, world.user) as administration:
        await told(lambda: administration.check(world.by("b", NEW)), PermissionDenied)
    await admitted(world, world.user)


async def an_address_tells_who_comes_in(world: World) -> None:
    """By a password that the database keeps; whoever comes in, it leads to the same data."""
    login = world.logins.login(world.user)
    assert (login.proof, bool(login.user), bool(login.realm)) == (Proof.PASSWORD, True, True)
    other = world.logins.with_password(world.user, "somebody-b", NEW)
    assert world.logins.login(other) == Login(Proof.PASSWORD, "somebody-b", login.realm)
    assert world.logins.leads_alike(world.user, other)
    assert not world.logins.leads_alike(world.user, "nowhere:x")
    assert world.logins.left_over(world.user, {}) == ("the address holds a secret",)


async def what_is_no_address_is_refused(world: World) -> None:
    """Without a word of it."""

    async def ask() -> None:
        world.logins.login(f"nowhere:{NEW}")

    await told(ask, InvalidArgument)


async def whatever_a_driver_raises_is_an_outage(world: World) -> None:
    """What nobody expects of a driver passes no port: it is Unavailable, caused by that, and afterwards all is well."""
    async with administering(world) as administration:
        calls = [
            lambda: administration.create_or_update(world.changed(NEW), world.user),
            lambda: administration.create_or_update(world.by("b", NEW), world.user),
            lambda: administration.disable(world.user, NEW),
            lambda: administration.check(world.user),
        ]
        with world.broken():
            await check_each_is_unavailable(calls * 2)
        await admitted(world, world.user)
        await refused(world, world.by("b", NEW))
        await calls[0]()
    await admitted(world, world.changed(NEW))


@asynccontextmanager
async def administering(world: World, by: str | None = None) -> AsyncIterator[Administration]:
    """Log in as the administrator, or by another address."""
    administration = await world.logins.administer(by or world.administrator)
    try:
        yield administration
    finally:
        await administration.close()


async def admitted(world: World, address: str) -> None:
    """Come in and go out again."""
    await (await world.open(address)).close()


async def refused(world: World, address: str) -> None:
    """Try to come in."""
    await told(lambda: world.open(address), PermissionDenied)


async def told(call: Callable[[], Awaitable[object]], error: type[PortError]) -> None:
    """Expect the error, and no password in anything that it says or comes from."""
    with pytest.raises(PortError) as raised:
        await call()
    assert isinstance(raised.value, error)
    said: BaseException | None = raised.value
    while said is not None:
        assert "Horse" not in f"{said}{said!r}"
        said = said.__cause__


LAWS: Final = (
    a_new_user_may_do_what_the_model_may,
    a_changed_password_is_the_only_one,
    again_is_the_same_as_once,
    a_disabled_user_does_not_come_in,
    nobody_is_made_to_be_disabled,
    a_store_in_use_goes_on,
    who_may_not_changes_nothing,
    a_wrong_administrator_is_refused,
    who_may_is_told_beforehand,
    an_address_tells_who_comes_in,
    what_is_no_address_is_refused,
    whatever_a_driver_raises_is_an_outage,
)
