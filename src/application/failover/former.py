"""The site that has written until now, where it can still be reached: what it has not shipped is fetched from it."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from application.backups.backups import Backups
from application.restore.refusals import RestoreRefused
from domain.backups.manifests import Position
from domain.epochs import NOBODYS
from ports.errors import PortError
from ports.storage import SCAN_LIMIT, Shipping, Storage


class Former(msgspec.Struct, frozen=True):
    """What is known of it."""

    site: str
    newest: Position | None = None
    """The last manifest in its own book; None where there is none."""

    waiting: int = 0
    """How many of its records are in no manifest yet; of very many only the first are counted."""

    silent: str = ""
    """Why it cannot be reached; nothing where it can."""


class Reach(Protocol):
    """A way to the site; each call raises what its storage and the blob stores raise."""

    async def look(self) -> Former:
        """Return what is known of it; one that does not answer is told, not raised."""

    async def ship(self) -> int:
        """Ship what it has not shipped; return how many records. Nobody else may write there meanwhile."""

    @property
    def storage(self) -> Storage | None:
        """Its storage; None where it cannot be reached."""


class OpenFormer:
    """A site that answers. It is fenced: whoever serves it writes no more."""

    def __init__(self, site: str, storage: Storage, backups: Callable[[Callable[[], int]], Backups]) -> None:
        """Ship from `storage`, behind no fence, with what `backups` makes for an epoch."""
        self.storage: Storage | None = storage
        self._site = site
        self._open = storage
        self._epoch = NOBODYS
        self._backups = backups(lambda: self._epoch)

    async def look(self) -> Former:
        """Return how far it has shipped; where it goes away meanwhile, that it does not answer."""
        try:
            newest = await self._backups.ground.book.newest()
            page = await self._open.unshipped(SCAN_LIMIT)
        except PortError as exc:
            return Former(self._site, silent=f"it does not answer ({exc.code})")
        waiting = sum(each.shipping is Shipping.PENDING for each in page)
        return Former(self._site, None if newest is None else newest.position, waiting)

    async def ship(self) -> int:
        """Ship in the epoch of its last manifest, which nobody else does any more."""
        newest = await self._backups.ground.book.newest()
        self._epoch = NOBODYS if newest is None else newest.position.epoch
        try:
            shipped = await self._backups.shipper.ship()
            left = await self._open.unshipped(1)
        except PortError as exc:
            raise self._stuck() from exc
        if left:
            raise self._stuck()
        return shipped.records

    def _stuck(self) -> RestoreRefused:
        return RestoreRefused(
            f"site {self._site} is stopped, and what it has not shipped cannot be shipped",
            "repeat the command; to go on without the rest, add --assume-dead; to go back, "
            f"`panorama failover fence --to {self._site}`",
        )


class NoFormer:
    """A site that cannot be reached, or is not to be."""

    storage: Storage | None = None

    def __init__(self, site: str, why: str) -> None:
        self._site = site
        self._why = why

    async def look(self) -> Former:
        """Say why."""
        return Former(self._site, silent=self._why)

    async def ship(self) -> int:
        """Nothing can be."""
        return 0
