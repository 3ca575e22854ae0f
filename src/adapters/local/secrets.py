"""Secrets in one sealed file of this machine, readable for nobody but its owner, replaced as a whole."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from adapters.local.files import lock_beside, locked, read_private, replace_whole
from adapters.local.keyring import create_keyring, read_keyring, seal, unseal
from adapters.local.threads import DEADLINE, Threads
from ports.errors import Corrupt, InvalidArgument, NotFound
from ports.secret_checks import check_name, check_value
from ports.secrets import Capability, Secret, State, Version
from ports.sources import Clock, Random

_CONTEXT: Final = b"panorama-v1 purpose=secrets"


class _Kept(msgspec.Struct, frozen=True):
    """One version; its value is None once it has been destroyed."""

    created: datetime
    value: bytes | None

    def __repr__(self) -> str:
        """Leave out the value, so that no log and no traceback holds it."""
        return f"_Kept(created={self.created})"


_Secrets = dict[str, tuple[_Kept, ...]]
"""Version 1 of each comes first."""

_decoder: Final = msgspec.msgpack.Decoder(_Secrets)


async def open_secrets(
    path: Path, keyring: Path, *, clock: Clock, random: Random, deadline: float = DEADLINE
) -> "FileSecretStore":
    """Return the store in the file at `path`, which is made by the first put, sealed under a keyring.

    The keyring is made where there is none; the folders must exist. Each call takes at most `deadline` seconds.
    Raises what `check` raises.
    """
    threads = Threads(1, deadline)
    store = FileSecretStore(path, keyring, threads, clock, random)
    try:
        await threads.run(create_keyring, keyring, clock, random)
        await store.check()
    except BaseException:
        threads.close()
        raise
    return store


class FileSecretStore:
    """All secrets of a site in one file: `adapters.local.keyring.seal` over msgpack."""

    capabilities: frozenset[Capability] = frozenset(Capability)

    def __init__(self, path: Path, keyring: Path, threads: Threads, clock: Clock, random: Random) -> None:
        self._path = path
        self._keyring = keyring
        self._threads = threads
        self._clock = clock
        self._random = random

    async def get(self, name: str, version: str | None = None) -> Secret:
        kept = await self._versions(name)
        at = len(kept) - 1 if version is None else _index(kept, version)
        value = kept[at].value
        if value is None:
            raise NotFound("that version is destroyed")
        return Secret(str(at + 1), value)

    async def put(self, name: str, value: bytes) -> str:
        check_name(name)
        check_value(value)
        return await self._threads.run(self._put, name, value)

    async def versions(self, name: str) -> list[Version]:
        kept = await self._versions(name)
        last = len(kept) - 1
        return [_described(at, kept[at], newest=at == last) for at in range(last, -1, -1)]

    async def destroy(self, name: str, version: str) -> None:
        check_name(name)
        await self._threads.run(self._destroy, name, version)

    async def check(self) -> None:
        await self._threads.run(self._read)

    async def close(self) -> None:
        self._threads.close()

    async def _versions(self, name: str) -> tuple[_Kept, ...]:
        check_name(name)
        return _find(await self._threads.run(self._read), name)

    def _put(self, name: str, value: bytes) -> str:
        with locked(lock_beside(self._path)):
            secrets = self._read()
            kept = (*secrets.get(name, ()), _Kept(self._clock(), value))
            self._write(secrets | {name: kept})
        return str(len(kept))

    def _destroy(self, name: str, version: str) -> None:
        with locked(lock_beside(self._path)):
            secrets = self._read()
            kept = list(_find(secrets, name))
            at = _index(kept, version)
            if at == len(kept) - 1:
                raise InvalidArgument("the newest version is in use: put another first")
            kept[at] = replace(kept[at], value=None)
            self._write(secrets | {name: tuple(kept)})

    def _read(self) -> _Secrets:
        keyring = read_keyring(self._keyring)
        try:
            sealed = read_private(self._path)
        except FileNotFoundError:
            self._path.parent.stat()  # A volume that is not there is not an empty one.
            return {}
        try:
            return _decoder.decode(unseal(keyring, sealed, _CONTEXT))
        except msgspec.DecodeError:
            # Without its cause, which may hold a piece of a secret.
            raise Corrupt("the file of secrets does not decode") from None

    def _write(self, secrets: _Secrets) -> None:
        sealed = seal(read_keyring(self._keyring), msgspec.msgpack.encode(secrets), _CONTEXT, self._random)
        replace_whole(self._path, sealed, self._random)


def _find(secrets: _Secrets, name: str) -> tuple[_Kept, ...]:
    if name not in secrets:
        raise NotFound("there is no such secret")
    return secrets[name]


def _index(kept: Sequence[_Kept], version: str) -> int:
    """Return where a version stands; a text that is not the number of one names none."""
    numbers = [str(number) for number in range(1, len(kept) + 1)]
    if version not in numbers:
        raise NotFound("there is no such version")
    return numbers.index(version)


def _described(at: int, kept: _Kept, *, newest: bool) -> Version:
    state = State.DESTROYED if kept.value is None else State.READABLE
    return Version(str(at + 1), state, kept.created, newest=newest)
