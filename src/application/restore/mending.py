"""Bringing the lists, which are made from streams, in line with panoramas that have gone back to a moment."""

from msgspec.structs import replace

from application.panoramas.cache import Address
from application.panoramas.entries import ENTRY, ListEntry, entry_of
from application.panoramas.repository import Panoramas
from application.panoramas.walking import panoramas_of
from application.sealing.pages import pages
from application.sealing.records import Records, Write
from domain.errors import PanoramaMissing
from domain.ids import PanoramaId, TenantId
from domain.panoramas.tree import Tree
from ports.storage import ABSENT, Ref


class Mending:
    """Mends one tenant after the other; may be repeated after any failure. Raises what `Records` raises."""

    def __init__(self, records: Records, panoramas: Panoramas) -> None:
        self._records = records
        self._panoramas = panoramas

    async def mend(self, tenant: TenantId) -> None:
        """Have each panorama that there is in the lists, as it is, and no other."""
        there = set()
        async for panorama in panoramas_of(self._records.storage, tenant):
            tree = await self._tree(tenant, panorama)
            if tree is not None:
                there.add(panorama)
                await self._list(tenant, tree)
        async for page in pages(self._records.storage, tenant, ENTRY):
            for record in page:
                if record.ref.key not in there:
                    await self._panoramas.entries.delete(tenant, PanoramaId(record.ref.key))

    async def _tree(self, tenant: TenantId, panorama: PanoramaId) -> Tree | None:
        try:
            tree = (await self._panoramas.loader.newest(Address(tenant, panorama))).tree
        except PanoramaMissing:
            return None
        return None if tree.discarded else tree

    async def _list(self, tenant: TenantId, tree: Tree) -> None:
        ref = Ref(tenant, ENTRY, tree.id)
        held = await self._records.get(ref, ListEntry)
        if held is None:
            await self._records.put(Write(ref, ABSENT + 1, entry_of(tree), due=self._panoramas.clock()))
        elif replace(held.value, marks=()) != entry_of(tree) or held.value.marks:
            await self._records.put(Write(ref, held.rev + 1, entry_of(tree), due=self._panoramas.clock()))
