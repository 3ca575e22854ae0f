"""Going through all panoramas of a tenant, whoever may see them."""

from collections.abc import AsyncIterator

from application.panoramas.cache import Address
from application.panoramas.repository import Panoramas
from application.panoramas.stream import CHANGE
from domain.errors import PanoramaMissing
from domain.ids import IssueId, PanoramaId, TenantId
from domain.index_keys import END
from ports.storage import Storage


async def panoramas_of(storage: Storage, tenant: TenantId, after: str = "") -> AsyncIterator[PanoramaId]:
    """Yield the panoramas that a stream was ever begun for, by id: one question leads from each to the next."""
    while page := await storage.scan(tenant, CHANGE, after=f"{after}/{END}" if after else None, limit=1):
        after = page[0].ref.key.partition("/")[0]
        yield PanoramaId(after)


async def issues_of(tenant: TenantId, panorama: PanoramaId, panoramas: Panoramas) -> frozenset[IssueId]:
    """Return the issues that the newest tree knows, none where it is missing or discarded; keeps no tree in memory."""
    try:
        tree = (await panoramas.loader.newest(Address(tenant, panorama))).tree
    except PanoramaMissing:
        return frozenset()
    return frozenset() if tree.discarded else tree.issues()
