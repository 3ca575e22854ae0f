"""The application core on the embedded default, without HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

from application.ids import Ids
from application.keys.blind_index import BlindIndex
from application.panoramas.repository import Panoramas
from application.sealing.records import Records
from domain.ids import IssueId, TenantId, UserId
from entrypoints.configuration_file import embedded
from entrypoints.container import Sources, opened_site
from ports.storage import Storage

_TENANT: Final = TenantId("a" * 24)
_USER: Final = UserId("b" * 24)


class House(NamedTuple):
    """What one process is made of, and whom it serves."""

    panoramas: Panoramas
    storage: Storage
    ids: Ids
    tenant: TenantId = _TENANT
    user: UserId = _USER


@asynccontextmanager
async def furnished(folder: Path) -> AsyncIterator[House]:
    """Yield a process that has nothing in memory but the tenant's keys; what it stores stays in the folder."""
    sources = Sources()
    clock, monotonic, random = sources.clock(), sources.monotonic(), sources.random()
    async with opened_site(embedded({"PANORAMA_DATA": str(folder)})) as outside:
        await outside.vault.create(_TENANT)
        records = Records(outside.storage, outside.vault, clock, random)
        index = BlindIndex(records, clock, monotonic, random)
        await index.digest(_TENANT, IssueId(1))
        ids = Ids(clock, random)
        panoramas = Panoramas(records, index, clock, ids)
        yield House(panoramas, outside.storage, ids)
        await panoramas.close()
        await index.close()
