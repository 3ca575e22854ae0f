"""How the backups of a site stand, as its own storage tells."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from application.backups.book import Entry
from application.backups.ground import Ground
from application.backups.scans import Scanning, Scans, Taken
from application.backups.states import State
from domain.backups import lag
from domain.backups.manifests import Position
from ports.storage import Shipping

LOOKED_AT: Final = 100
"""Of how many manifests that are not shipped yet the times are looked at; those of later ones are hardly older."""


class StoreStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How one store stands."""

    name: str
    cloud: str | None
    counts: bool
    """Whether what it has is shipped: it is outside the site's cloud, or no store is."""

    state: State


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How the backups stand."""

    at: datetime
    epoch: int
    """In which the site writes; 0 where it does not, and ships nothing."""

    newest: Position | None
    shipped: Position | None
    """The manifest up to which the site survives the loss of its cloud."""

    lag: timedelta
    """The age of the oldest acknowledged record that does not."""

    outside: bool
    """Whether any store is known to be outside the site's cloud; else what every store has counts as shipped."""

    stores: tuple[StoreStatus, ...]
    vault_copy: Position | None
    snapshot: Taken | None
    scan: Scanning | None
    losses: tuple[Position, ...]
    """Manifests whose objects are in no store any more, and which no snapshot makes up for yet."""


async def status_of(ground: Ground, cloud: str | None, *, looked_at: int = LOOKED_AT) -> Status:
    """Return how the backups of a site in that cloud stand; raises what the storage raises."""
    states = {store.name: await ground.states.of(store.name) for store in ground.stores}
    clouds = {store.name: store.cloud for store in ground.stores}
    heads = {name: state.head for name, state in states.items()}
    outside = lag.outside(clouds, cloud)
    shipped = lag.shipped(heads, clouds, cloud)
    covered = max((state.covered for state in states.values() if state.covered and state.head == shipped), default=None)
    newest, copy = await ground.book.newest(), await ground.book.newest_copy()
    scans, now = Scans(ground.storage, ground.clock), ground.clock()
    return Status(
        at=now,
        epoch=ground.epoch(),
        newest=None if newest is None else newest.position,
        shipped=shipped,
        lag=lag.lag(now, await _waiting(ground, shipped, looked_at), covered),
        outside=bool(outside),
        stores=tuple(
            StoreStatus(name=name, cloud=clouds[name], counts=not outside or name in outside, state=state)
            for name, state in states.items()
        ),
        vault_copy=None if copy is None else copy.position,
        snapshot=await scans.taken(),
        scan=await scans.current(),
        losses=tuple(await ground.losses.all()),
    )


async def _waiting(ground: Ground, shipped: Position | None, most: int) -> list[datetime | None]:
    """Return when the oldest of what no manifest holds was written, and of what each holds that is not shipped."""
    first = await ground.storage.unshipped(1)
    waiting: list[datetime | None] = [each.updated for each in first if each.shipping is Shipping.PENDING]
    entries: list[Entry] = []
    async for entry in ground.book.after(shipped):
        entries.append(entry)
        if len(entries) == most:
            break
    return waiting + [entry.manifest.oldest for entry in entries]
