"""The panoramas of a storage that is no service's: one that is restored, or thrown away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from application.ids import Ids
from application.keys.blind_index import BlindIndex
from application.keys.vault import KeyVault
from application.panoramas.repository import Panoramas
from application.sealing.records import Records
from entrypoints.clocks import elapsed
from entrypoints.configuration_file import Settings
from ports.sources import Clock, Random
from ports.storage import Storage


class Contents(NamedTuple):
    """What opens a storage."""

    records: Records
    panoramas: Panoramas


@asynccontextmanager
async def opened_panoramas(
    settings: Settings, storage: Storage, vault: KeyVault, clock: Clock, random: Random
) -> AsyncIterator[Contents]:
    """Open what a storage holds, with the keys of a vault; both stay open."""
    records = Records(storage, vault, clock, random)
    index = BlindIndex(records, clock, elapsed, random)
    panoramas = Panoramas(records, index, clock, Ids(clock, random), settings.configuration.panoramas)
    try:
        yield Contents(records, panoramas)
    finally:
        await panoramas.close()
        await index.close()
