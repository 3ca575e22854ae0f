"""The past of a tenant's panoramas, brought back as new panoramas beside those that there are."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime

import msgspec
from msgspec.structs import replace

from application.panoramas.cache import Address
from application.panoramas.copies import access_of, copied
from application.panoramas.founding import Founder, found, panorama_id
from application.panoramas.repository import Panoramas
from application.panoramas.walking import panoramas_of
from application.restore.gathering import Scratch, gather
from application.restore.planning import line_up_to, plan_of
from application.restore.refusals import RestoreRefused
from application.restore.sources import Flaw, Stores
from domain.errors import PanoramaMissing
from domain.ids import PanoramaId, TenantId
from domain.panoramas.tree import Tree
from ports.errors import Corrupt, NotFound


class Brought(msgspec.Struct, frozen=True):
    """A panorama of the past, and the new one that it was brought back as."""

    original: PanoramaId
    version: int
    """The version of the original that it is like."""

    nodes: int
    panorama: PanoramaId | None = None
    """None where nothing was to be written."""


class BroughtBack(msgspec.Struct, frozen=True):
    """What was brought back, and what was missing or damaged in one store and was taken from another."""

    panoramas: tuple[Brought, ...]
    covered: datetime | None
    """Everything that had been acknowledged before this moment, and up to the one that was asked for, is there."""

    flaws: tuple[Flaw, ...]


class PanoramaRestore:
    """Brings panoramas back into the site that they are of, while it goes on; used once.

    The past is gathered, sealed as it is, in a storage of its own that is thrown away. Each panorama then begins anew
    in the site, sealed anew, under an id that follows from what it is: repeated after any failure, nothing is doubled.
    Raises RestoreRefused, what beginning a panorama raises, and what the stores and the site raise.
    """

    def __init__(self, stores: Stores, scratch: Scratch, panoramas: Panoramas) -> None:
        """Gather in `scratch` and write through `panoramas`."""
        self._stores = stores
        self._scratch = scratch
        self._panoramas = panoramas

    async def run(
        self,
        tenant: TenantId,
        panorama: PanoramaId | None,
        at: datetime | None,
        told: Callable[[int, int], None] = lambda *_: None,
        *,
        write: bool = True,
    ) -> BroughtBack:
        """Bring back one panorama, or all of the tenant's, as they were at a moment, by default the newest.

        `told` is called with how many bytes of backups have been taken, and of how many.
        """
        plan = plan_of(await line_up_to(self._stores, at), at)
        await gather(self._stores, self._scratch.storage, plan, tenant, panorama, at, told)
        brought = [each async for each in self._each(tenant, panorama, write=write)]
        if panorama is not None and not brought:
            raise RestoreRefused(
                "there was no such panorama at that moment", "name another moment with --at, or leave out --panorama"
            )
        return BroughtBack(tuple(brought), plan.point.covered, self._stores.flaws)

    async def _each(self, tenant: TenantId, panorama: PanoramaId | None, *, write: bool) -> AsyncIterator[Brought]:
        async for original in panoramas_of(self._scratch.storage, tenant):
            tree = await self._tree(Address(tenant, original))
            if tree is not None and panorama in {None, original}:
                brought = Brought(original, tree.version, len(tree))
                yield replace(brought, panorama=await self._begin(tenant, tree)) if write else brought

    async def _tree(self, address: Address) -> Tree | None:
        try:
            tree = (await self._scratch.panoramas.loader.newest(address)).tree
        except PanoramaMissing:
            return None
        except (Corrupt, NotFound) as exc:
            raise RestoreRefused(
                f"panorama {address.panorama} is not whole in the backups: {exc}",
                "name another moment with --at; `panorama backup verify` may tell more",
            ) from exc
        return None if tree.discarded else tree

    async def _begin(self, tenant: TenantId, past: Tree) -> PanoramaId:
        """Begin a panorama like one of the past. Where that one is still there, nobody sees more than of it today."""
        try:
            today = (await self._panoramas.newest(tenant, past.id)).tree.frozen()
        except PanoramaMissing:
            today = past
        key = f"restored/{past.id}/{past.version}"
        founder = Founder(tenant, today.owner, key=key, fingerprint=key)
        panorama = panorama_id(founder, self._panoramas)
        facts = copied(panorama, past, past.name, founder.user, access_of(today))
        await found(founder, panorama, facts, self._panoramas)
        return panorama
