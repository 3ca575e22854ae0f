"""What an operator may know of a tenant's panoramas: ids, sizes and dates."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

import msgspec

from domain.errors import PanoramaMissing
from domain.ids import PanoramaId, TenantId
from domain.panoramas.tree import Tree
from entrypoints.cli.services import tenant_named
from entrypoints.core_services import CoreServices

_PAGE: Final = 200


class Line(msgspec.Struct, frozen=True):
    """One panorama, as operators see it."""

    panorama: PanoramaId
    version: int
    nodes: int
    archived: bool
    created: datetime
    updated: datetime


async def lines(alias: str, services: CoreServices) -> list[Line]:
    """Return a line for each panorama of the tenant, by id; raises Refusal where there is no such tenant."""
    tenant = await tenant_named(alias, services)
    return [_line((await services.panoramas.newest(tenant.id, each)).tree) async for each in ids(tenant.id, services)]


async def ids(tenant: TenantId, services: CoreServices) -> AsyncIterator[PanoramaId]:
    """Yield the id of each panorama that has begun; one whose beginning failed half-way is passed over."""
    after = ""
    while True:
        page = await services.panoramas.entries.page(tenant, after, _PAGE)
        for held in page:
            after = held.ref.key
            try:
                await services.panoramas.newest(tenant, PanoramaId(after))
            except PanoramaMissing:
                continue
            yield PanoramaId(after)
        if len(page) < _PAGE:
            return


def _line(tree: Tree) -> Line:
    return Line(
        panorama=tree.id,
        version=tree.version,
        nodes=len(tree),
        archived=tree.archived,
        created=tree.created,
        updated=tree.updated,
    )
