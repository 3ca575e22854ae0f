"""Secret stores that each break one law, to show that the law bites."""

import asyncio
from typing import NoReturn

from msgspec.structs import replace

from ports.errors import InvalidArgument, NotFound, PermissionDenied, PortError, Unavailable
from ports.secrets import Capability, Secret, State, Version
from tests.contract.secrets import laws
from tests.fakes.secrets import Kept, MemorySecretStore


class StripsValues(MemorySecretStore):
    """Takes the end of a line for no part of the value."""

    async def put(self, name: str, value: bytes) -> str:
        return await super().put(name, value.removesuffix(b"\n"))


class ForgetsThePrevious(MemorySecretStore):
    """Always gives the newest."""

    async def get(self, name: str, version: str | None = None) -> Secret:
        return await super().get(name, version and (await super().get(name)).version)


class PutsOnceWhatIsTheSame(MemorySecretStore):
    """Makes no version of a value that is there already."""

    async def put(self, name: str, value: bytes) -> str:
        if name in self.safe.secrets and (newest := await super().get(name)).value == value:
            return newest.version
        return await super().put(name, value)


class ListsTheOldestFirst(MemorySecretStore):
    """Has the list the wrong way round."""

    async def versions(self, name: str) -> list[Version]:
        return (await super().versions(name))[::-1]


class KeepsTwo(MemorySecretStore):
    """Withholds older versions, and has not said so."""

    async def get(self, name: str, version: str | None = None) -> Secret:
        if version not in {None, *(each.version for each in (await self.versions(name))[:2])}:
            raise NotFound("too old")
        return await super().get(name, version)


class KeepsMoreThanItSays(MemorySecretStore):
    """Lacks the capability and keeps older versions all the same."""

    capabilities = frozenset({Capability.DESTROYS_AT_ONCE})


class DestroysNothing(MemorySecretStore):
    """Only says that the version is destroyed."""

    async def get(self, name: str, version: str | None = None) -> Secret:
        kept = self._find(name, version)
        return Secret(kept.version.version, kept.value or b"first")


class OnlyMarks(MemorySecretStore):
    """Says that it destroys at once, and waits."""

    async def versions(self, name: str) -> list[Version]:
        listed = await super().versions(name)
        return [replace(each, state=State.WITHHELD) if each.state is State.DESTROYED else each for each in listed]


class DestroysOnce(MemorySecretStore):
    """Looks, waits, and then refuses to destroy what is destroyed."""

    async def destroy(self, name: str, version: str) -> None:
        await super().versions(name)
        await asyncio.sleep(0)
        if self._find(name, version).value is None:
            raise InvalidArgument("that version is destroyed")
        await super().destroy(name, version)


class RepeatsBlindly(MemorySecretStore):
    """Asks again after a lost answer, and reports what it then finds."""

    async def destroy(self, name: str, version: str) -> None:
        try:
            await super().destroy(name, version)
        except Unavailable as exc:
            if self._find(name, version).value is None:
                raise InvalidArgument("that version is destroyed") from exc
            raise


class UsesNumbersAgain(MemorySecretStore):
    """Forgets what was destroyed, and counts what is left."""

    async def destroy(self, name: str, version: str) -> None:
        await super().destroy(name, version)
        self.safe.secrets[name] = [kept for kept in self.safe.secrets[name] if kept.value is not None]


class DestroysTheNewest(MemorySecretStore):
    """Destroys whatever it is told to."""

    def _check_not_newest(self, kept: Kept) -> None:
        """Let it pass."""


class LosesPuts(MemorySecretStore):
    """Reads, waits, and writes what it has read with its own behind it."""

    async def put(self, name: str, value: bytes) -> str:
        before = list(self.safe.secrets.get(name, ()))
        await asyncio.sleep(0)
        self.safe.secrets[name] = before
        return await super().put(name, value)


class MakesUpSecrets(MemorySecretStore):
    """Says that a secret that is not there has no versions."""

    async def versions(self, name: str) -> list[Version]:
        try:
            return await super().versions(name)
        except NotFound:
            return []


class Shared(MemorySecretStore):
    """Sees everybody's secrets."""

    async def get(self, name: str, version: str | None = None) -> Secret:
        try:
            return await super().get(name, version)
        except NotFound:
            return Secret("1", b"another's")


class IgnoresCapitals(MemorySecretStore):
    """Takes `A` for `a`."""

    async def get(self, name: str, version: str | None = None) -> Secret:
        return await super().get(name.lower(), version)

    async def put(self, name: str, value: bytes) -> str:
        return await super().put(name.lower(), value)


class TakesFolders(MemorySecretStore):
    """Takes names with slashes."""

    async def put(self, name: str, value: bytes) -> str:
        return await super().put(name.replace("/", "_"), value)


class TakesNothing(MemorySecretStore):
    """Makes a version of an empty value."""

    async def put(self, name: str, value: bytes) -> str:
        return await super().put(name, value or b"\0")


class CallsAnOutageMissing(MemorySecretStore):
    """Says NotFound where it could not ask."""

    async def get(self, name: str, version: str | None = None) -> Secret:
        try:
            return await super().get(name, version)
        except Unavailable as exc:
            raise NotFound("there is no such secret") from exc


class CallsARefusalAnOutage(MemorySecretStore):
    """Says Unavailable where it lacks a permission."""

    async def check(self) -> None:
        try:
            await super().check()
        except PermissionDenied as exc:
            raise Unavailable("no answer") from exc


class CallsEmptyAnOutage(MemorySecretStore):
    """Is not ready before it holds something."""

    async def check(self) -> None:
        await super().check()
        if not self.safe.secrets:
            raise Unavailable("nothing there")


class NamesSecrets(MemorySecretStore):
    """Tells in its errors which secret it was."""

    async def get(self, name: str, version: str | None = None) -> Secret:
        try:
            return await super().get(name, version)
        except InvalidArgument:
            raise
        except PortError as exc:
            raise type(exc)(f"no {name}") from exc


class LetsDriversOut(MemorySecretStore):
    """Hands on what its driver raises."""

    def _break(self, error: Exception) -> NoReturn:
        raise error


BROKEN: tuple[tuple[laws.Law, type[MemorySecretStore]], ...] = (
    (laws.what_was_put_is_what_is_got, StripsValues),
    (laws.the_newest_version_is_got_unless_another_is_asked_for, ForgetsThePrevious),
    (laws.the_same_value_again_is_another_version, PutsOnceWhatIsTheSame),
    (laws.versions_are_listed_the_newest_first, ListsTheOldestFirst),
    (laws.older_versions_are_kept_as_declared, KeepsTwo),
    (laws.older_versions_are_kept_as_declared, KeepsMoreThanItSays),
    (laws.a_destroyed_version_is_not_readable, DestroysNothing),
    (laws.a_destroyed_version_is_not_readable, OnlyMarks),
    (laws.of_calls_at_once_that_destroy_none_is_refused, DestroysOnce),
    (laws.a_lost_answer_is_no_refusal_to_destroy, RepeatsBlindly),
    (laws.a_version_is_never_used_again, UsesNumbersAgain),
    (laws.the_newest_version_is_not_destroyed, DestroysTheNewest),
    (laws.of_puts_at_once_none_is_lost, LosesPuts),
    (laws.what_is_not_there_is_not_found, MakesUpSecrets),
    (laws.stores_do_not_look_into_one_another, Shared),
    (laws.names_differ_in_every_letter, IgnoresCapitals),
    (laws.other_names_are_refused, TakesFolders),
    (laws.only_values_inside_the_limits_are_put, TakesNothing),
    (laws.a_provider_out_of_reach_is_unavailable, CallsAnOutageMissing),
    (laws.a_provider_out_of_reach_is_unavailable, NamesSecrets),
    (laws.whatever_a_driver_raises_is_an_outage, LetsDriversOut),
    (laws.a_refused_identity_is_told_so, CallsARefusalAnOutage),
    (laws.a_store_that_answers_says_so, CallsEmptyAnOutage),
    (laws.a_secret_does_not_show_itself, NamesSecrets),
)
"""Each law with one that breaks it."""
