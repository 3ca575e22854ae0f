"""What the purge of a tenant has to know of the backups."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from application.backups.ground import Ground
from application.backups.names import VAULT_COPIES, VAULT_OBJECTS, named
from application.backups.reading import Damaged, copy_in, listed, positions_in
from application.backups.stores import Store
from application.retention.ledger import ERASURE
from domain.backups.lag import everywhere
from domain.backups.manifests import Position, VaultCopy
from domain.erasures import Evidence, VaultCopies
from domain.ids import SYSTEM, TenantId
from ports.errors import Corrupt
from ports.storage import Ref, Shipping

WRITTEN_WITHIN: Final = timedelta(hours=1)
"""How long after a copy of the vault was begun its objects may still be written."""


class BackedUp:
    """The copies of a site that makes backups; raises what its storage and its stores raise."""

    def __init__(self, ground: Ground, ship: Callable[[], Awaitable[object]]) -> None:
        """Have `ship` ship what a purge would have to wait for."""
        self._ground = ground
        self._ship = ship

    async def ledger_is_shipped(self, tenant: TenantId, /) -> bool:
        """Whether the ledger's entry for the tenant is in every store; where it is not, it is shipped first."""
        if not await self._is_everywhere(tenant):
            await self._ship()
        return await self._is_everywhere(tenant)

    async def _is_everywhere(self, tenant: TenantId) -> bool:
        """What was marked as shipped is in a manifest, so it is where all manifests are that there are now."""
        entry = await self._ground.storage.get(Ref(SYSTEM, ERASURE, tenant))
        if entry is None or entry.shipping is Shipping.PENDING:
            return False
        newest = await self._ground.book.newest()
        heads = {store.name: (await self._ground.states.of(store.name)).head for store in self._ground.stores}
        reached = everywhere(heads)
        return newest is not None and reached is not None and reached >= newest.position

    async def evidence(self, _: TenantId, /) -> Evidence:
        """Return which copies of the vault there still are in each store."""
        return Evidence(copies=tuple([await self._copies(store) for store in self._ground.stores]))

    async def _copies(self, store: Store) -> VaultCopies:
        state = await self._ground.states.of(store.name)
        known = {copy.position: copy async for copy in self._ground.book.copies()}
        positions = [position async for position in positions_in(store, VAULT_COPIES)]
        copies = [known.get(position) or await _read(store, position) for position in positions]
        verified = known.get(state.vault) if state.vault is not None else None
        begun = [copy.created for copy in copies] + await _unnamed(store, copies)
        # Looked at last: pruning notes what a provider may keep before it deletes it, so that one of the two shows it.
        shed = (await self._ground.states.of(store.name)).shed
        begun += [each.begun for each in shed if each.until > self._ground.clock()]
        return VaultCopies(
            store=store.name,
            verified=None if verified is None else verified.created,
            oldest=min(begun, default=None),
        )


async def _read(store: Store, position: Position) -> VaultCopy:
    copy = await copy_in(store, position)
    if isinstance(copy, Damaged):
        # Nobody knows how old it is.
        raise Corrupt("the list of a copy of the vault does not decode")
    return copy


async def _unnamed(store: Store, copies: list[VaultCopy]) -> list[datetime]:
    """Return by when the copies were begun that no list is left of: their objects hold wraps all the same."""
    named_ones = {named(VAULT_OBJECTS, piece) for copy in copies for piece in copy.pieces}
    return [info.written - WRITTEN_WITHIN async for info in listed(store, VAULT_OBJECTS) if info.name not in named_ones]
