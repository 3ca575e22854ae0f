"""Whether a site's databases are the ones that it has had, or new ones that nothing has been written to.

A mistyped address leads to an empty database, which opens, answers and is ready. So a service begins a new one only
where there is no sign of an older one, or where the operator says so.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from domain.ids import SYSTEM
from entrypoints.configuration_addresses import Address, parse_address
from entrypoints.configuration_file import Settings, refuse
from entrypoints.configuration_problems import ConfigurationError, Problem
from ports.storage import Ref, Storage

_SCHEME: Final = "sqlite"
_MAGIC: Final = b"SQLite format 3\0"
_BESIDE: Final = ("-wal", "-shm", "-journal")
"""End the names of what SQLite keeps beside a database."""

_BEYOND: Final = "~"
"""Follows every kind that there is: they are words."""

_REMEDY: Final = "correct the address, or begin anew with `panorama serve --begin`"


def check_files(settings: Settings) -> None:
    """Raise ConfigurationError where a database's file is missing and the data directory has a database of no site.

    Opening would make the file, so this comes first.
    """
    missing = [each for each in _databases(settings) if each.scheme == _SCHEME and not each.path.exists()]
    refuse([problem for address in missing for problem in _problems(address, "leads to no database", settings)])


async def check_contents(settings: Settings, storage: Storage, vault: Storage) -> None:
    """Raise ConfigurationError where storage or vault is empty, and the other one or the data directory is not.

    The keys of a tenant are made before its first record and destroyed after its last, so that an empty storage beside
    such keys, or an empty vault beside such records, is the wrong one.
    """
    parts = (settings.storage, storage, vault, "the vault has keys of tenants")
    other = (settings.vault, vault, storage, "the storage has records of tenants")
    for address, database, opposite, sign in (parts, other):
        if not await is_empty(database):
            continue
        refuse(list(_problems(address, "leads to an empty database", settings)))
        if await _has_tenants(opposite):
            refuse([Problem(address.key, f"leads to an empty database, and {sign}", _REMEDY)])


async def is_empty(storage: Storage) -> bool:
    """Whether there is no record at all."""
    return not await storage.everything(1)


def _databases(settings: Settings) -> tuple[Address, Address]:
    return settings.storage, settings.vault


def _problems(address: Address, what: str, settings: Settings) -> Iterator[Problem]:
    if others := ", ".join(path.name for path in _other_databases(settings)):
        yield Problem(address.key, f"{what}, and the data directory has another ({others})", _REMEDY)


def _other_databases(settings: Settings) -> list[Path]:
    """Return the databases in the data directory that no site of the configuration names."""
    known = {path.resolve() for path in _named_files(settings)}
    found = sorted(settings.data.iterdir()) if settings.data.is_dir() else []
    return [path for path in found if path.resolve() not in known and _is_database(path)]


def _named_files(settings: Settings) -> Iterator[Path]:
    yield from (address.path for address in _databases(settings) if address.scheme == _SCHEME)
    for name, site in settings.configuration.sites.items():
        for text in (site.storage, site.vault):
            with suppress(ConfigurationError):
                address = parse_address(name, text, settings.data)
                if address.scheme == _SCHEME:
                    yield address.path


def _is_database(path: Path) -> bool:
    """Whether it begins as a database does.

    What lies beside a database is never opened: to close such a file drops every lock that this process holds on it
    (POSIX advisory locks), and SQLite takes a lock on the `-shm` file of each database that is open. Another process
    then believes that nothing has the database open, and truncates what is mapped here.
    """
    if path.name.endswith(_BESIDE):
        return False
    with suppress(OSError):
        if path.is_file():  # Opening a named pipe would wait for its other end.
            with path.open("rb") as file:
                return file.read(len(_MAGIC)) == _MAGIC
    return False


async def _has_tenants(storage: Storage) -> bool:
    """Whether there is a record of anybody but the service itself."""
    first = await storage.everything(1)
    if first and first[0].tenant == SYSTEM:
        first = await storage.everything(1, after=Ref(SYSTEM, _BEYOND, _BEYOND))
    return bool(first)
