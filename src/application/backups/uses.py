"""Which generations of data keys the backups still need."""

from datetime import datetime, timedelta
from typing import Final

from application.backups.ground import Ground
from application.backups.reading import contents_in, contents_of
from application.backups.scans import Scans
from domain.backups.manifests import Contents, Position
from domain.ids import TenantId

FORGOTTEN: Final = timedelta(days=1)
"""After that time it is found out anew, so that what has been pruned counts no longer."""


class NamedGenerations:
    """Knows which generations a manifest names, or a snapshot that is being taken; of what is new it learns each time.

    Raises what the storage raises, and Unavailable where a store must be asked and does not answer: then nobody knows.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._named: dict[TenantId, set[int]] = {}
        self._through: Position | None = None
        self._since: datetime | None = None

    async def needed(self, tenant: TenantId) -> frozenset[int]:
        """Return the generations of a tenant that a backup is sealed under."""
        if self._since is None or self._ground.clock() - self._since >= FORGOTTEN:
            self._named, self._through, self._since = {}, None, self._ground.clock()
        # What is noted of a scan is read before the book: what it names is in one of the two at any time.
        scans = Scans(self._ground.storage, self._ground.clock)
        scanning = await scans.current()
        packs = [] if scanning is None else await scans.packs(scanning)
        async for entry in self._ground.book.after(self._through):
            self._learn(await contents_of(entry.manifest, self._ground.stores))
            self._through = entry.position
        self._learn(await contents_in([pack.index for pack in packs], self._ground.stores))
        return frozenset(self._named.get(tenant, ()))

    def _learn(self, contents: Contents) -> None:
        for tenant, generations in contents.keys.items():
            self._named.setdefault(tenant, set()).update(generations)
