"""What must be made in a database before the service can use it, by the scheme of its address."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

import msgspec

from entrypoints.configuration_addresses import Address
from entrypoints.configuration_file import Settings
from entrypoints.configuration_sites import check_sites
from entrypoints.container import followed
from ports.errors import PortError


class Prepared(msgspec.Struct, frozen=True):
    """What was made for one part of a site."""

    part: str
    """The configuration key that its address stands under."""

    made: tuple[str, ...]
    """The names of what was missing; none where everything was there, or nothing is needed."""


Prepare: TypeAlias = Callable[[Address, float], Awaitable[tuple[str, ...]]]


async def _mongodb(address: Address, deadline: float) -> tuple[str, ...]:
    from adapters.mongo import prepare_mongo  # noqa: PLC0415 - nobody else waits for the driver to be imported

    return await prepare_mongo(address.url, deadline=deadline)


_PREPARE: Final[Mapping[str, Prepare]] = {"mongodb": _mongodb, "mongodb+srv": _mongodb}


async def prepare_storage(settings: Settings) -> list[Prepared]:
    """Make what the active site's storage and vault need and do not have yet; what opens by itself needs nothing.

    Raises ConfigurationError, and PortError with a note on the key that the part stands under.
    """
    check_sites(settings)
    settings = await followed(settings)
    deadline = settings.configuration.site.deadline
    return [await _prepared(address, deadline) for address in (settings.storage, settings.vault)]


async def _prepared(address: Address, deadline: float) -> Prepared:
    prepare = _PREPARE.get(address.scheme)
    try:
        return Prepared(address.key, await prepare(address, deadline) if prepare else ())
    except PortError as exc:
        exc.add_note(address.key)
        raise
