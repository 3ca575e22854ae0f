"""Which adapter opens an address: one entry for each kind of thing outside and each scheme.

An adapter's driver is imported when it is first opened, so that nobody waits for the drivers of other clouds.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec

from adapters.local.blobs import open_directory
from adapters.local.keys import open_keyring
from adapters.local.secrets import open_secrets
from adapters.sqlite import open_sqlite
from entrypoints.configuration_addresses import Address
from ports.sources import Clock, Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What an adapter is given besides its address."""

    deadline: float
    """The most seconds that one call may take."""

    clock: Clock
    random: Random


class Endpoint(msgspec.Struct, frozen=True):
    """A host and a port, and how they are spoken to."""

    host: str
    port: int
    encrypted: bool
    speaks_http: bool
    authorities: str | None = None
    """A file of certificate authorities that are trusted besides the system's."""


def _nowhere(_: Address) -> list[Endpoint]:
    """What is on this machine is not spoken to over a network."""
    return []


Opener: TypeAlias = Callable[[Address, Means], Awaitable[Any]]
"""Opens what the address names; raises a port error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """How addresses of one scheme are written, and what opens them."""

    what: str
    """What is there, in a few words."""

    form: str
    """An example of an address."""

    place: re.Pattern[str]
    """What must stand between the scheme and the options. The group `region`, if there is one, is the region."""

    open: Opener
    options: frozenset[str] = frozenset()
    """Which options there are; a driver's own are its own business, where `free_options` is set."""

    free_options: bool = False
    states_region: bool = False
    """Whether an address must say in which region it is, because the thing itself is only found there."""

    is_local: bool = False
    """Whether it is on this machine."""

    endpoints: Callable[[Address], list[Endpoint]] = _nowhere
    """Whom the driver speaks to."""

    def region(self, address: Address) -> str | None:
        """Return the region that the address states, in small letters; None where it leaves that to the site."""
        found = self.place.fullmatch(address.place)
        told = found.groupdict().get("region") if found else None
        region = told or address.options.get("region")
        return region.lower() if region else None


_FILE: Final = re.compile(r"[^?]+")


async def _sqlite(address: Address, means: Means) -> Any:
    return await open_sqlite(address.path, deadline=means.deadline)


async def _keyring(address: Address, means: Means) -> Any:
    return await open_keyring(address.path, clock=means.clock, random=means.random, deadline=means.deadline)


async def _directory(address: Address, means: Means) -> Any:
    return await open_directory(address.path, deadline=means.deadline)


async def _sealed_file(address: Address, means: Means) -> Any:
    keyring = address.folder / address.options.get("keyring", f"{address.place}.keyring")
    return await open_secrets(address.path, keyring, clock=means.clock, random=means.random, deadline=means.deadline)


STORAGE: Final[Mapping[str, Scheme]] = {
    "sqlite": Scheme(
        what="an SQLite file of this machine",
        form="sqlite:storage.db",
        place=_FILE,
        open=_sqlite,
        is_local=True,
    ),
}
KEYS: Final[Mapping[str, Scheme]] = {
    "file": Scheme(
        what="a keyring file of this machine",
        form="file:keyring",
        place=_FILE,
        open=_keyring,
        is_local=True,
    ),
}
BLOBS: Final[Mapping[str, Scheme]] = {
    "dir": Scheme(
        what="a directory of this machine",
        form="dir:blobs",
        place=_FILE,
        open=_directory,
        is_local=True,
    ),
}
SECRETS: Final[Mapping[str, Scheme]] = {
    "file": Scheme(
        what="a sealed file of this machine",
        form="file:secrets?keyring=keyring",
        place=_FILE,
        open=_sealed_file,
        options=frozenset({"keyring"}),
        is_local=True,
    ),
}
SCHEMES: Final[Mapping[str, Mapping[str, Scheme]]] = {
    "storage": STORAGE,
    "vault": STORAGE,
    "keys": KEYS,
    "blobs": BLOBS,
    "secrets": SECRETS,
}
"""By the key of a site that the addresses stand under."""


def kind_of(address: Address) -> str:
    """Return the key that the address stands under, without its site: storage, vault, keys, blobs or secrets."""
    return address.key.rpartition(".")[2]


def scheme_of(address: Address) -> Scheme | None:
    """Return how addresses of that scheme are opened under that key; None where there is no adapter."""
    return SCHEMES[kind_of(address)].get(address.scheme)
