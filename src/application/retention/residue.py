"""Looking for anything that is left of a tenant, in every place that could hold it."""

from collections.abc import AsyncIterator, Sequence
from typing import Final, Protocol

import msgspec

from application.backups.book import MANIFEST
from application.backups.scans import PACK, SCAN
from application.backups.verification import NOTE
from application.keys.requests import REQUEST
from application.keys.vault import KeyVault
from application.maintenance.leases import JOB
from application.retention.ledger import ERASURE
from application.retention.receipts import RECEIPT
from application.sealing.pages import pages
from application.sealing.records import Records
from domain.ids import SYSTEM, TenantId
from ports.blobs import LIST_LIMIT, BlobStore

KEPT: Final = frozenset({ERASURE, RECEIPT, JOB, REQUEST, MANIFEST, PACK, SCAN.kind, NOTE.kind})
"""The kinds of SYSTEM records that name a purged tenant by design.

They have it erased again, prove and report that, say who had keys replaced and why, and tell what of it backups hold,
which nobody can read.
"""


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is there of a tenant."""

    place: str
    """Where: storage, vault, or the key of the configuration that a store stands under."""

    what: str
    """A kind of records or the name of an object; nothing that a customer typed."""

    count: int = 1
    by_design: bool = False
    """Whether it is kept on purpose, and holds nothing that the tenant's users have made."""

    copied: bool = False
    """Whether it is in a copy that is kept for days only: until that is gone the tenant is not shredded."""


class Searcher(Protocol):
    """Knows one place. Whoever keeps something in a new place adds a searcher for it."""

    async def search(self, tenant: TenantId) -> list[Trace]:
        """Return everything there that is of the tenant or names it; raises what the place's port raises."""


class Residue(msgspec.Struct, frozen=True, kw_only=True):
    """What a search has found."""

    tenant: TenantId
    found: tuple[Trace, ...]
    """After a purge this must be empty."""

    copied: tuple[Trace, ...]
    """What is in copies that are kept for days only. Once the tenant is shredded this must be empty, too."""

    kept: tuple[Trace, ...]
    """What is kept by design."""

    @property
    def left(self) -> tuple[Trace, ...]:
        """Return what must not be there any more of a shredded tenant."""
        return self.found + self.copied


async def search_residue(tenant: TenantId, searchers: Sequence[Searcher]) -> Residue:
    """Ask every searcher, and set apart what is kept by design."""
    traces = [trace for searcher in searchers for trace in await searcher.search(tenant)]
    return Residue(
        tenant=tenant,
        found=tuple(trace for trace in traces if not trace.by_design and not trace.copied),
        copied=tuple(trace for trace in traces if trace.copied),
        kept=tuple(trace for trace in traces if trace.by_design),
    )


class StorageSearcher:
    """Finds the tenant's own records and tombstones, and every record of the service itself that names it.

    Those are opened, unless they are not sealed, and looked through, of whatever kind they are: no list of kinds can
    fall behind.
    """

    place = "storage"

    def __init__(self, records: Records, kept: frozenset[str] = KEPT) -> None:
        self._records = records
        self._kept = kept

    async def search(self, tenant: TenantId) -> list[Trace]:
        """See the protocol."""
        holdings = await self._records.storage.holdings(tenant)
        own = [Trace(place=self.place, what=f"records: {kind}", count=count) for kind, count in holdings.items()]
        return own + [trace async for trace in self._naming(tenant)]

    async def _naming(self, tenant: TenantId) -> AsyncIterator[Trace]:
        for kind in await self._records.storage.holdings(SYSTEM):
            count = await self._count(kind, tenant)
            if count:
                yield Trace(place=self.place, what=f"named by: {kind}", count=count, by_design=kind in self._kept)

    async def _count(self, kind: str, tenant: TenantId) -> int:
        """Return how many SYSTEM records of a kind hold the tenant's id, in the key or in what is sealed."""
        name, count = tenant.encode("ascii"), 0
        async for page in pages(self._records.storage, SYSTEM, kind):
            sealed = await self._records.open_many([record for record in page if record.generation], msgspec.Raw)
            contents = {record.ref: record.body or b"" for record in page}
            contents |= {held.ref: bytes(held.value) for held in sealed}
            count += sum(name in content or tenant in ref.key for ref, content in contents.items())
        return count


class VaultSearcher:
    """Finds wraps of the tenant's keys, and what says that it has any."""

    place = "vault"

    def __init__(self, vault: KeyVault) -> None:
        self._vault = vault

    async def search(self, tenant: TenantId) -> list[Trace]:
        """See the protocol."""
        holdings = await self._vault.holdings(tenant)
        return [Trace(place=self.place, what=f"records: {kind}", count=count) for kind, count in holdings.items()]


class BlobSearcher:
    """Finds objects of a blob store that are called by the tenant's id.

    What objects hold is sealed, or known to whoever writes them alone: they add searchers of their own.
    """

    def __init__(self, place: str, store: BlobStore, *, page: int = LIST_LIMIT) -> None:
        self._page = page
        self._place = place
        self._store = store

    async def search(self, tenant: TenantId) -> list[Trace]:
        """See the protocol."""
        found: list[Trace] = []
        after = None
        while True:
            page = await self._store.list(after=after, limit=self._page)
            found += [Trace(place=self._place, what=f"object: {blob.name}") for blob in page if tenant in blob.name]
            if len(page) < self._page:
                return found
            after = page[-1].name


def every_searcher(records: Records, vault: KeyVault, blobs: Sequence[BlobStore]) -> list[Searcher]:
    """Return a searcher for each place of a site where something of a tenant could be left."""
    stores = [BlobSearcher(f"blobs {number}", store) for number, store in enumerate(blobs, start=1)]
    return [StorageSearcher(records), VaultSearcher(vault), *stores]
