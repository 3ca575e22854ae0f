"""Storages that are thrown away: sealed records alone lie in them, in a file of the data directory."""

import fcntl
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from application.keys.vault import KeyVault
from application.restore.gathering import Scratch
from entrypoints.clocks import now
from entrypoints.configuration_addresses import parse_address
from entrypoints.configuration_file import Settings
from entrypoints.opened_panoramas import opened_panoramas
from entrypoints.openers import Means, sqlite
from ports.sources import Random

_PREFIX: Final = "restore-"
_LOCK: Final = "lock"


def scratches(
    settings: Settings, vault: KeyVault, random: Random
) -> Callable[[], AbstractAsyncContextManager[Scratch]]:
    """Return what opens one after the other in the data directory, with the keys of a vault."""
    return lambda: opened_scratch(settings, vault, random)


@asynccontextmanager
async def opened_scratch(settings: Settings, vault: KeyVault, random: Random) -> AsyncIterator[Scratch]:
    """Open an empty storage that is deleted in the end; raises what opening an SQLite file raises."""
    with scratch_folder(settings.data) as folder:
        means = Means(deadline=settings.configuration.site.deadline, clock=now, random=random)
        storage = await sqlite(parse_address("storage", "sqlite:gathered.db", folder), means)
        try:
            async with opened_panoramas(settings, storage, vault, now, random) as contents:
                yield Scratch(storage, contents.panoramas)
        finally:
            await storage.close()


@contextmanager
def scratch_folder(data: Path) -> Iterator[Path]:
    """Make a folder, for its owner alone, and delete it in the end; delete those too whose process was killed.

    Whoever uses one holds a lock on it, which ends with the process.
    """
    with _locked(data / f"{_PREFIX}{_LOCK}"):
        for folder in data.glob(f"{_PREFIX}*/"):
            with suppress(OSError), _locked(folder / _LOCK, fcntl.LOCK_EX | fcntl.LOCK_NB):
                shutil.rmtree(folder)
        made = Path(mkdtemp(prefix=_PREFIX, dir=data))
        held = os.open(made / _LOCK, os.O_WRONLY | os.O_CREAT, 0o600)
        fcntl.flock(held, fcntl.LOCK_EX)
    try:
        yield made
    finally:
        shutil.rmtree(made)
        os.close(held)


@contextmanager
def _locked(path: Path, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, how)
        yield
    finally:
        os.close(file)
