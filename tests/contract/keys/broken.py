"""Key managers that each break one law, to show that the law bites."""

from datetime import timedelta
from typing import NoReturn

from msgspec.structs import replace

from ports.errors import Corrupt, InvalidArgument, NotFound, PermissionDenied, Unavailable
from ports.keys import KeyState
from tests.contract.keys import laws
from tests.fakes.keys import FakeKeyManager


class ShowsTheKey(FakeKeyManager):
    """Wraps by writing the key down beside its wrap."""

    async def wrap(self, plain: bytes, context: bytes) -> bytes:
        return await super().wrap(plain, context) + plain

    async def unwrap(self, wrap: bytes, context: bytes) -> bytes:
        return await super().unwrap(wrap[:-32], context)


class WrapsAlike(FakeKeyManager):
    """Uses one nonce for ever."""

    def _nonce(self) -> bytes:
        return bytes(12)


class NamesItself(FakeKeyManager):
    """Has another name in each process, so that nobody finds its wraps again."""

    def __init__(self, name: str = "fake") -> None:
        super().__init__(f"{name}-{id(self)}")


class ForgetsTheContext(FakeKeyManager):
    """Checks the context and does not bind it."""

    async def wrap(self, plain: bytes, context: bytes) -> bytes:
        return await super().wrap(plain, context and b"x")

    async def unwrap(self, wrap: bytes, context: bytes) -> bytes:
        return await super().unwrap(wrap, context and b"x")

    async def rewrap(self, wrap: bytes, context: bytes) -> bytes:
        return await super().rewrap(wrap, context and b"x")


class OverlooksATail(FakeKeyManager):
    """Ignores what follows a good wrap."""

    async def unwrap(self, wrap: bytes, context: bytes) -> bytes:
        return await super().unwrap(wrap[:64], context)


class SharesItsKey(FakeKeyManager):
    """Has the same key under every name."""

    def _seed(self) -> bytes:
        return b"everybody's"


class SortsTheContext(FakeKeyManager):
    """Binds the parts of a context and not their order."""

    async def wrap(self, plain: bytes, context: bytes) -> bytes:
        return await super().wrap(plain, _sorted(context))

    async def unwrap(self, wrap: bytes, context: bytes) -> bytes:
        return await super().unwrap(wrap, _sorted(context))

    async def rewrap(self, wrap: bytes, context: bytes) -> bytes:
        return await super().rewrap(wrap, _sorted(context))


class RenewsAnything(FakeKeyManager):
    """Wraps a new key where it cannot open the old wrap."""

    async def rewrap(self, wrap: bytes, context: bytes) -> bytes:
        try:
            return await super().rewrap(wrap, context)
        except Corrupt:
            return await super().wrap(bytes(32), context)


class RenewsWithoutContext(FakeKeyManager):
    """Binds no context to a renewed wrap, and opens what has none under any."""

    async def rewrap(self, wrap: bytes, context: bytes) -> bytes:
        return await super().wrap(await self.unwrap(wrap, context), b"")

    async def unwrap(self, wrap: bytes, context: bytes) -> bytes:
        try:
            return await super().unwrap(wrap, b"")
        except Corrupt:
            return await super().unwrap(wrap, context)


class ForgetsOldVersions(FakeKeyManager):
    """Opens wraps of the newest version only."""

    async def unwrap(self, wrap: bytes, context: bytes) -> bytes:
        if wrap[:4] != self.version:
            raise Corrupt("an old version")
        return await super().unwrap(wrap, context)


class RewrapsNothing(FakeKeyManager):
    """Gives the old wrap back."""

    async def rewrap(self, wrap: bytes, context: bytes) -> bytes:
        await super().rewrap(wrap, context)
        return wrap


class HidesRotations(FakeKeyManager):
    """Always tells of the first version."""

    async def describe(self) -> KeyState:
        return replace(await super().describe(), primary="1")


class ClaimsASchedule(FakeKeyManager):
    """Tells of a schedule that it has not declared."""

    async def describe(self) -> KeyState:
        return replace(await super().describe(), rotation=timedelta(days=90))


class WrapsAnything(FakeKeyManager):
    """Takes a plain key of any size."""

    async def wrap(self, plain: bytes, context: bytes) -> bytes:
        try:
            return await super().wrap(plain, context)
        except InvalidArgument:
            return await super().wrap(bytes(32), context)


class TakesAnyContext(FakeKeyManager):
    """Unwraps under a context that it would not wrap under, and calls that damage."""

    async def unwrap(self, wrap: bytes, context: bytes) -> bytes:
        try:
            return await super().unwrap(wrap, context)
        except InvalidArgument as exc:
            raise Corrupt("the wrap does not open") from exc


class CallsAnOutageDamage(FakeKeyManager):
    """Says Corrupt where it could not ask."""

    async def unwrap(self, wrap: bytes, context: bytes) -> bytes:
        try:
            return await super().unwrap(wrap, context)
        except Unavailable as exc:
            raise Corrupt("the wrap does not open") from exc


class CallsARefusalAnOutage(FakeKeyManager):
    """Says Unavailable where it lacks a permission."""

    async def rewrap(self, wrap: bytes, context: bytes) -> bytes:
        try:
            return await super().rewrap(wrap, context)
        except PermissionDenied as exc:
            raise Unavailable("no answer") from exc


class MakesKeysUp(FakeKeyManager):
    """Wraps with a key that was never made."""

    async def wrap(self, plain: bytes, context: bytes) -> bytes:
        return self._wrap(plain, context)


class CallsDisablingDamage(FakeKeyManager):
    """Says Corrupt where the wrapping key is switched off."""

    async def unwrap(self, wrap: bytes, context: bytes) -> bytes:
        try:
            return await super().unwrap(wrap, context)
        except NotFound as exc:
            raise Corrupt("the wrap does not open") from exc


class StaysDisabled(FakeKeyManager):
    """Never looks again at a key that was switched off once."""

    async def unwrap(self, wrap: bytes, context: bytes) -> bytes:
        self.destroyed |= self.disabled
        return await super().unwrap(wrap, context)


class CallsDestructionAnOutage(FakeKeyManager):
    """Says Unavailable where the wrapping key is gone."""

    async def describe(self) -> KeyState:
        try:
            return await super().describe()
        except NotFound as exc:
            raise Unavailable("no answer") from exc


class LetsDriversOut(FakeKeyManager):
    """Hands on what its driver raises."""

    def _break(self, error: Exception) -> NoReturn:
        raise error


BROKEN: tuple[tuple[laws.Law, type[FakeKeyManager]], ...] = (
    (laws.a_wrap_opens_to_the_key, ShowsTheKey),
    (laws.two_wraps_of_a_key_differ, WrapsAlike),
    (laws.another_process_opens_the_wraps, NamesItself),
    (laws.a_context_opens_no_wrap_of_another, ForgetsTheContext),
    (laws.a_damaged_wrap_does_not_open, OverlooksATail),
    (laws.a_context_is_bound_as_it_is_written, SortsTheContext),
    (laws.a_foreign_wrap_does_not_open, SharesItsKey),
    (laws.a_foreign_wrap_is_not_renewed, RenewsAnything),
    (laws.a_renewed_wrap_is_bound_too, RenewsWithoutContext),
    (laws.a_new_version_opens_what_an_old_one_wrapped, ForgetsOldVersions),
    (laws.a_rewrap_holds_the_same_key, RewrapsNothing),
    (laws.a_rotation_is_told, HidesRotations),
    (laws.a_rotation_is_told, ClaimsASchedule),
    (laws.only_data_keys_are_wrapped, WrapsAnything),
    (laws.a_context_is_short_and_printable, TakesAnyContext),
    (laws.a_provider_out_of_reach_is_unavailable, CallsAnOutageDamage),
    (laws.whatever_a_driver_raises_is_an_outage, LetsDriversOut),
    (laws.a_refused_identity_is_told_so, CallsARefusalAnOutage),
    (laws.an_unknown_key_is_not_found, MakesKeysUp),
    (laws.a_disabled_key_is_not_found, CallsDisablingDamage),
    (laws.a_disabled_key_is_not_found, StaysDisabled),
    (laws.a_destroyed_key_is_not_found, CallsDestructionAnOutage),
)
"""Each law with one that breaks it."""


def _sorted(context: bytes) -> bytes:
    return b" ".join(sorted(context.split(b" ")))
