"""The past of a tenant's panoramas, brought back as new panoramas beside those that there are."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime

import msgspec
from msgspec.structs import replace

from application.backups.book import decoded
from application.backups.names import OBJECTS
from application.panoramas.cache import Address
from application.panoramas.copies import copied
from application.panoramas.founding import Founder, found, panorama_id
from application.panoramas.repository import Panoramas
from application.panoramas.walking import panoramas_of
from application.restore.past import STREAMS, Cuts
from application.restore.planning import line_up_to, plan_of
from application.restore.refusals import RestoreRefused
from application.restore.sources import Flaw, Stores
from application.restore.writing import look_for_cuts, write_steps
from domain.backups.manifests import Contents, Index, Manifest
from domain.backups.restoring import Past, Plan, Step
from domain.errors import PanoramaMissing
from domain.ids import PanoramaId, TenantId
from domain.panoramas.tree import Tree
from ports.errors import Corrupt, NotFound
from ports.storage import Record, Storage


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

    def __init__(self, stores: Stores, scratch: Storage, past: Panoramas, panoramas: Panoramas) -> None:
        """Gather in `scratch`, which is empty and which `past` opens, and write through `panoramas`."""
        self._stores = stores
        self._scratch = scratch
        self._past = past
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
        await self._gather(plan, tenant, panorama, at, told)
        brought = [each async for each in self._each(tenant, panorama, write=write)]
        if panorama is not None and not brought:
            raise RestoreRefused(
                "there was no such panorama at that moment", "name another moment with --at, or leave out --panorama"
            )
        return BroughtBack(tuple(brought), plan.point.covered, self._stores.flaws)

    async def _gather(
        self,
        plan: Plan,
        tenant: TenantId,
        panorama: PanoramaId | None,
        at: datetime | None,
        told: Callable[[int, int], None],
    ) -> None:
        def is_wanted(record: Record) -> bool:
            of = record.ref.tenant == tenant and record.ref.kind in STREAMS
            return of and (panorama is None or record.ref.key.startswith(f"{panorama}/"))

        steps = [
            Step(await self._about(step.manifest, tenant), step.past, rest=False)
            for step in plan.steps
            if step.past is not Past.NONE
        ]
        cuts = Cuts(at)
        await look_for_cuts(self._stores, steps, cuts)
        done, total = 0, sum(piece.size for step in steps for piece in step.manifest.pieces)

        def advance(size: int) -> None:
            nonlocal done
            done += size
            told(done, total)

        async for _ in write_steps(self._stores, self._scratch, steps, 0, cuts, advance, is_wanted):
            pass

    async def _about(self, manifest: Manifest, tenant: TenantId) -> Manifest:
        """Return a manifest with the objects alone that may hold something of the tenant."""
        if not manifest.indexes:
            return manifest if _concerns(manifest.contents, tenant) else replace(manifest, pieces=())
        of: set[str] = set()
        for piece in manifest.indexes:
            index = decoded(await self._stores.content(OBJECTS, piece), Index)
            of.update(index.of if _concerns(index.contents, tenant) else ())
        return replace(manifest, pieces=tuple(piece for piece in manifest.pieces if piece.sha256 in of))

    async def _each(self, tenant: TenantId, panorama: PanoramaId | None, *, write: bool) -> AsyncIterator[Brought]:
        async for original in panoramas_of(self._scratch, tenant):
            tree = await self._tree(Address(tenant, original))
            if tree is not None and panorama in {None, original}:
                brought = Brought(original, tree.version, len(tree))
                yield replace(brought, panorama=await self._begin(tenant, tree)) if write else brought

    async def _tree(self, address: Address) -> Tree | None:
        try:
            tree = (await self._past.loader.newest(address)).tree
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
        facts = copied(panorama, past, past.name, founder.user, today)
        await found(founder, panorama, facts, self._panoramas)
        return panorama


def _concerns(contents: Contents, tenant: TenantId) -> bool:
    return any(tenant in each for each in (contents.keys, contents.new, contents.again))
