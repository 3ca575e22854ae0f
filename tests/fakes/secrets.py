"""The secrets port in memory: what every store must do, in the fewest words."""

from collections.abc import Iterator
from typing import NoReturn

import msgspec
from msgspec.structs import replace

from ports.edges import port_error_of
from ports.errors import InvalidArgument, NotFound, PortError, Unavailable
from ports.secret_checks import check_name, check_value
from ports.secrets import Capability, Secret, State, Version
from ports.sources import Clock


class Kept(msgspec.Struct, frozen=True):
    """A version and its value, None once it is destroyed."""

    version: Version
    value: bytes | None


class Safe(msgspec.Struct):
    """What several stores, as if in several processes, can look into: by name, the oldest version first."""

    secrets: dict[str, list[Kept]] = msgspec.field(default_factory=dict)


class MemorySecretStore:
    """A `SecretStore` that can do everything; `failure`, while it is set, is what every call raises.

    Of the destructions from now on, the answer to the one numbered `lost_in` is lost, counted from 1.
    """

    capabilities: frozenset[Capability] = frozenset(Capability)

    def __init__(self, clock: Clock, safe: Safe | None = None) -> None:
        self.safe = safe or Safe()
        self.failure: PortError | None = None
        self.broken: Iterator[Exception] | None = None
        """What a driver would raise, call by call."""

        self.lost_in = 0
        self.closed = False
        self._clock = clock

    async def get(self, name: str, version: str | None = None) -> Secret:
        kept = self._find(name, version)
        if kept.value is None:
            raise NotFound("that version is destroyed")
        return Secret(kept.version.version, kept.value)

    async def put(self, name: str, value: bytes) -> str:
        check_name(name)
        check_value(value)
        self._answer()
        older = self.safe.secrets.setdefault(name, [])
        number = str(len(older) + 1)
        older[:] = [replace(kept, version=replace(kept.version, newest=False)) for kept in older]
        older.append(Kept(Version(number, State.READABLE, self._clock(), newest=True), value))
        return number

    async def versions(self, name: str) -> list[Version]:
        return [kept.version for kept in reversed(self._versions(name))]

    async def destroy(self, name: str, version: str) -> None:
        kept = self._find(name, version)
        self._check_not_newest(kept)
        gone = Kept(replace(kept.version, state=State.DESTROYED), None)
        versions = self._versions(name)
        versions[versions.index(kept)] = gone
        self.lost_in -= 1
        if self.lost_in == 0:
            raise Unavailable("the answer is lost")

    async def check(self) -> None:
        self._answer()

    async def close(self) -> None:
        self.closed = True

    def _versions(self, name: str) -> list[Kept]:
        check_name(name)
        self._answer()
        if name not in self.safe.secrets:
            raise NotFound("there is no such secret")
        return self.safe.secrets[name]

    def _find(self, name: str, version: str | None) -> Kept:
        for kept in reversed(self._versions(name)):
            if version in {None, kept.version.version}:
                return kept
        raise NotFound("there is no such version")

    def _check_not_newest(self, kept: Kept) -> None:
        if kept.version.newest:
            raise InvalidArgument("the newest version is in use: put another first")

    def _break(self, error: Exception) -> NoReturn:
        raise port_error_of(error) from error

    def _answer(self) -> None:
        if self.broken is not None:
            self._break(next(self.broken))
        if self.failure is not None:
            raise self.failure
