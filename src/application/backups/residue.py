"""Looking for a tenant's keys in the copies of the vault that a blob store holds."""

from application.backups.names import VAULT_OBJECTS
from application.backups.packs import unpacked
from application.backups.reading import listed
from application.backups.stores import Store, text
from application.retention.residue import Trace
from domain.ids import TenantId


class VaultCopySearcher:
    """Reads every object of the copies in a store, also those that no list names any more."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def search(self, tenant: TenantId) -> list[Trace]:
        """See `Searcher`. Raises Corrupt for an object that cannot be read, since nobody knows what it holds."""
        return [
            Trace(place=self._store.name, what=f"wraps in {info.name}", count=count, copied=True)
            async for info in listed(self._store, VAULT_OBJECTS)
            if (count := _count(await text(self._store, info.name, info.size), tenant))
        ]


def _count(content: bytes, tenant: TenantId) -> int:
    return sum(tenant in {row.tenant, row.key} for rows in unpacked(content) for row in rows)
