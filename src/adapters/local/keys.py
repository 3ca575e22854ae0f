"""A key manager whose wrapping key lies in a file: for one machine, or for trying the service out."""

from pathlib import Path

from adapters.local.keyring import Keyring, add_version, create_keyring, read_keyring, seal, unseal
from adapters.local.threads import DEADLINE, Threads
from ports.edges import port_errors_only
from ports.errors import NotFound
from ports.key_checks import check_context, check_plain
from ports.keys import Capability, KeyState
from ports.sources import Clock, Random


async def open_keyring(path: Path, *, clock: Clock, random: Random, deadline: float = DEADLINE) -> "FileKeyManager":
    """Return the key manager of the keyring at `path`, which is made where there is none; its folder must exist.

    Each call of the manager takes at most `deadline` seconds. Raises PermissionDenied where others than the file's
    owner may use it, NotFound where it is damaged or its folder is missing.
    """
    threads = Threads(1, deadline)
    try:
        await threads.run(create_keyring, path, clock, random)
        keyring = await threads.run(read_keyring, path)
    except BaseException:
        threads.close()
        raise
    return FileKeyManager(keyring.name, path, threads, clock, random)


class FileKeyManager:
    """Seals each data key under the keyring's newest version.

    The file is read at each call, so that a version that another process has added is known at once, and no wrapping
    key stays in memory.
    """

    capabilities: frozenset[Capability] = frozenset()

    def __init__(self, name: str, path: Path, threads: Threads, clock: Clock, random: Random) -> None:
        self.name = name
        self._path = path
        self._threads = threads
        self._clock = clock
        self._random = random

    async def wrap(self, plain: bytes, context: bytes) -> bytes:
        check_plain(plain)
        check_context(context)
        keyring = await self._keyring()
        with port_errors_only():
            return seal(keyring, plain, context, self._random)

    async def unwrap(self, wrap: bytes, context: bytes) -> bytes:
        check_context(context)
        keyring = await self._keyring()
        with port_errors_only():
            return unseal(keyring, wrap, context)

    async def rewrap(self, wrap: bytes, context: bytes) -> bytes:
        check_context(context)
        keyring = await self._keyring()
        with port_errors_only():
            return seal(keyring, unseal(keyring, wrap, context), context, self._random)

    async def describe(self) -> KeyState:
        primary = (await self._keyring()).primary
        return KeyState(str(primary.number), primary.created, None)

    async def rotate(self) -> None:
        """Make a new version the one that new wraps are made with; the older ones still open theirs."""
        await self._threads.run(add_version, self._path, self._clock, self._random)

    async def close(self) -> None:
        self._threads.close()

    async def _keyring(self) -> Keyring:
        keyring = await self._threads.run(read_keyring, self._path)
        if keyring.name != self.name:
            raise NotFound(f"another keyring has been put in the place of {self.name}")
        return keyring
