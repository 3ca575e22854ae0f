"""The laws of the key management port, one function each."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import pytest

from ports.errors import Corrupt, InvalidArgument, NotFound, PermissionDenied, PortError, Unavailable
from ports.key_checks import CONTEXT_LIMIT
from ports.keys import Capability, KeyManager
from tests.contract.keys.worlds import World
from tests.drivers import check_each_is_unavailable

Law: TypeAlias = Callable[[World], Awaitable[None]]
"""Ends in a failed assertion unless the key manager of the world keeps it."""

PLAIN = bytes(range(32))
CONTEXT = b"panorama-v1 tenant=aaaaaaaaaaaaaaaaaaaaaaaa generation=1 purpose=data-key"


async def a_wrap_opens_to_the_key(world: World) -> None:
    """What was wrapped is what is unwrapped, and the wrap does not show it."""
    wrap = await world.manager.wrap(PLAIN, CONTEXT)
    assert PLAIN not in wrap
    assert await world.manager.unwrap(wrap, CONTEXT) == PLAIN


async def two_wraps_of_a_key_differ(world: World) -> None:
    """Nobody sees from two wraps that they hold the same key."""
    wraps = [await world.manager.wrap(PLAIN, CONTEXT) for _ in range(3)]
    assert len(set(wraps)) == len(wraps)


async def another_process_opens_the_wraps(world: World) -> None:
    """Whoever uses the same wrapping key has the same name and opens the same wraps."""
    assert world.again.name == world.manager.name
    wrap = await world.manager.wrap(PLAIN, CONTEXT)
    assert await world.again.unwrap(wrap, CONTEXT) == PLAIN


async def a_context_opens_no_wrap_of_another(world: World) -> None:
    """A wrap that was moved to another tenant, generation or purpose does not open."""
    wrap = await world.manager.wrap(PLAIN, CONTEXT)
    for context in (b"", CONTEXT[:-1], CONTEXT.replace(b"generation=1", b"generation=2")):
        with pytest.raises(Corrupt):
            await world.manager.unwrap(wrap, context)
        with pytest.raises(Corrupt):
            await world.manager.rewrap(wrap, context)


async def a_damaged_wrap_does_not_open(world: World) -> None:
    """A wrap that has lost a byte or turned one bit is told from a good one."""
    wrap = await world.manager.wrap(PLAIN, CONTEXT)
    turned = [wrap[:at] + bytes((wrap[at] ^ 1,)) + wrap[at + 1 :] for at in range(len(wrap))]
    for damaged in (b"", b"\0", wrap[:-1], wrap[1:], wrap + b"\0", *turned):
        with pytest.raises(Corrupt):
            await world.manager.unwrap(damaged, CONTEXT)
        with pytest.raises(Corrupt):
            await world.manager.rewrap(damaged, CONTEXT)


async def a_foreign_wrap_does_not_open(world: World) -> None:
    """The wrap of another wrapping key is refused, and the two have different names."""
    assert world.foreign.name != world.manager.name
    wrap = await world.foreign.wrap(PLAIN, CONTEXT)
    with pytest.raises(Corrupt):
        await world.manager.unwrap(wrap, CONTEXT)


async def a_context_is_bound_as_it_is_written(world: World) -> None:
    """The same parts in another order, case or spacing are another context."""
    wrap = await world.manager.wrap(PLAIN, CONTEXT)
    first, *others = CONTEXT.split(b" ")
    for context in (
        b" ".join((*others, first)),
        b" ".join((first, *reversed(others))),
        CONTEXT.upper(),
        CONTEXT + b" ",
    ):
        with pytest.raises(Corrupt):
            await world.manager.unwrap(wrap, context)
        with pytest.raises(Corrupt):
            await world.manager.rewrap(wrap, context)


async def a_foreign_wrap_is_not_renewed(world: World) -> None:
    """Nobody turns the wrap of another wrapping key into one of its own."""
    wrap = await world.foreign.wrap(PLAIN, CONTEXT)
    with pytest.raises(Corrupt):
        await world.manager.rewrap(wrap, CONTEXT)


async def a_renewed_wrap_is_bound_too(world: World) -> None:
    """After any number of rotations and renewals the key is the same, and opens under its own context alone."""
    wrap = await world.manager.wrap(PLAIN, CONTEXT)
    for _ in range(3):
        await world.rotate()
        wrap = await world.manager.rewrap(wrap, CONTEXT)
    assert await world.again.unwrap(wrap, CONTEXT) == PLAIN
    with pytest.raises(Corrupt):
        await world.manager.unwrap(wrap, CONTEXT[:-1])


async def a_new_version_opens_what_an_old_one_wrapped(world: World) -> None:
    """After a rotation old wraps open, and new ones do too."""
    old = await world.manager.wrap(PLAIN, CONTEXT)
    await world.rotate()
    new = await world.manager.wrap(PLAIN, CONTEXT)
    assert [await world.manager.unwrap(wrap, CONTEXT) for wrap in (old, new)] == [PLAIN, PLAIN]


async def a_rewrap_holds_the_same_key(world: World) -> None:
    """A rewrap after a rotation is another wrap, which opens to the same key under the same context."""
    wrap = await world.manager.wrap(PLAIN, CONTEXT)
    await world.rotate()
    rewrap = await world.manager.rewrap(wrap, CONTEXT)
    assert rewrap != wrap
    assert await world.manager.unwrap(rewrap, CONTEXT) == PLAIN


async def a_rotation_is_told(world: World) -> None:
    """The primary version changes with a rotation; what is said about schedules agrees with what is declared."""
    before = await world.manager.describe()
    await world.rotate()
    after = await world.manager.describe()
    assert before.primary != after.primary
    by_itself = Capability.ROTATES_BY_ITSELF in world.manager.capabilities
    assert by_itself is (after.rotation is not None)
    assert after.created is None or after.created.utcoffset() is not None


async def only_data_keys_are_wrapped(world: World) -> None:
    """A plain key that is not 32 bytes is refused."""
    for plain in (b"", PLAIN[:-1], PLAIN + b"\0"):
        with pytest.raises(InvalidArgument):
            await world.manager.wrap(plain, CONTEXT)


async def a_context_is_short_and_printable(world: World) -> None:
    """The longest context is taken; one longer, or outside printable ASCII, is refused by every method."""
    longest = b"~" * CONTEXT_LIMIT
    wrap = await world.manager.wrap(PLAIN, longest)
    assert await world.manager.unwrap(wrap, longest) == PLAIN
    for context in (longest + b"~", b"a\n", b"\0", b"a\x7f", "ü".encode()):
        with pytest.raises(InvalidArgument):
            await world.manager.wrap(PLAIN, context)
        with pytest.raises(InvalidArgument):
            await world.manager.unwrap(wrap, context)
        with pytest.raises(InvalidArgument):
            await world.manager.rewrap(wrap, context)


async def a_provider_out_of_reach_is_unavailable(world: World) -> None:
    """While the provider does not answer, nobody is told that a wrap is corrupt."""
    await _every_call_raises(world, world.cut_off, Unavailable)


async def whatever_a_driver_raises_is_an_outage(world: World) -> None:
    """What nobody expects of a driver passes no port: it is Unavailable, caused by that, and afterwards all is well."""
    wrap = await world.manager.wrap(PLAIN, CONTEXT)
    with world.broken():
        await check_each_is_unavailable(_calls(world.manager, wrap) * 2)
    assert await world.manager.unwrap(wrap, CONTEXT) == PLAIN


async def a_refused_identity_is_told_so(world: World) -> None:
    """A missing permission is neither an outage nor damage."""
    await _every_call_raises(world, world.refuse, PermissionDenied)


async def an_unknown_key_is_not_found(world: World) -> None:
    """A wrapping key that was never made is told by every call, and nothing is called damaged for it."""
    wrap = await world.manager.wrap(PLAIN, CONTEXT)
    await _all_raise(world.unknown, wrap, NotFound)


async def a_disabled_key_is_not_found(world: World) -> None:
    """While the wrapping key is switched off; when it is on again, it opens what it has wrapped before."""
    wrap = await world.manager.wrap(PLAIN, CONTEXT)
    await world.disable()
    await _all_raise(world.manager, wrap, NotFound)
    await world.enable()
    assert await world.manager.unwrap(wrap, CONTEXT) == PLAIN
    assert await world.again.unwrap(await world.manager.wrap(PLAIN, CONTEXT), CONTEXT) == PLAIN


async def a_destroyed_key_is_not_found(world: World) -> None:
    """When the wrapping key is gone, that is what is told."""
    await _every_call_raises(world, world.destroy, NotFound)


async def _every_call_raises(world: World, happen: Callable[[], Awaitable[None]], error: type[PortError]) -> None:
    wrap = await world.manager.wrap(PLAIN, CONTEXT)
    await happen()
    await _all_raise(world.manager, wrap, error)


async def _all_raise(manager: KeyManager, wrap: bytes, error: type[PortError]) -> None:
    for call in _calls(manager, wrap):
        with pytest.raises(PortError) as raised:
            await call()
        assert isinstance(raised.value, error)


def _calls(manager: KeyManager, wrap: bytes) -> list[Callable[[], Awaitable[object]]]:
    return [
        lambda: manager.wrap(PLAIN, CONTEXT),
        lambda: manager.unwrap(wrap, CONTEXT),
        lambda: manager.rewrap(wrap, CONTEXT),
        manager.describe,
    ]


LAWS = (
    a_wrap_opens_to_the_key,
    two_wraps_of_a_key_differ,
    another_process_opens_the_wraps,
    a_context_opens_no_wrap_of_another,
    a_damaged_wrap_does_not_open,
    a_context_is_bound_as_it_is_written,
    a_foreign_wrap_does_not_open,
    a_foreign_wrap_is_not_renewed,
    a_renewed_wrap_is_bound_too,
    a_new_version_opens_what_an_old_one_wrapped,
    a_rewrap_holds_the_same_key,
    a_rotation_is_told,
    only_data_keys_are_wrapped,
    a_context_is_short_and_printable,
    a_provider_out_of_reach_is_unavailable,
    whatever_a_driver_raises_is_an_outage,
    a_refused_identity_is_told_so,
    an_unknown_key_is_not_found,
    a_disabled_key_is_not_found,
    a_destroyed_key_is_not_found,
)
