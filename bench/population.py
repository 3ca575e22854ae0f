"""A site with many tenants, made through the application itself."""

from typing import Final

from application.ids import Ids
from application.keys.blind_index import BlindIndex
from application.panoramas.edit import EditRequest, edit_panorama
from application.panoramas.founding import CreateRequest, create_panorama
from application.panoramas.repository import Panoramas
from application.sealing.records import Records
from domain.ids import SYSTEM, IssueId, TenantId, UserId
from domain.panoramas.commands import Add, Place
from domain.panoramas.facts import Kind
from entrypoints.configuration_file import Settings
from entrypoints.container import Sources, opened_site

PANORAMAS: Final = 10
NODES: Final = 100

_USER: Final = UserId("b" * 24)
_COMMANDS: Final = tuple(Add(Kind.ISSUE, Place(), issue=IssueId(10_000 + number)) for number in range(NODES))


async def populate(settings: Settings, tenants: int) -> None:
    """Give each of so many tenants ten panoramas of a hundred issues."""
    sources = Sources()
    clock, monotonic, random = sources.clock(), sources.monotonic(), sources.random()
    async with opened_site(settings) as outside:
        await outside.vault.create(SYSTEM)
        records = Records(outside.storage, outside.vault, clock, random)
        index = BlindIndex(records, clock, monotonic, random)
        panoramas = Panoramas(records, index, clock, Ids(clock, random))
        for number in range(tenants):
            tenant = TenantId(f"{number:024x}")
            await outside.vault.create(tenant)
            for _ in range(PANORAMAS):
                await _shape(tenant, panoramas)
        await panoramas.close()
        await index.close()


async def _shape(tenant: TenantId, panoramas: Panoramas) -> None:
    created = await create_panorama(CreateRequest(tenant, _USER, name="Roadmap"), panoramas)
    await edit_panorama(EditRequest(tenant, created.panorama, _USER, commands=_COMMANDS), panoramas)
    panoramas.release(tenant, created.panorama)
