"""Fold old history into a snapshot."""

from application.panoramas.cache import Address
from application.panoramas.repository import Panoramas
from application.panoramas.snapshots import Snapshots
from domain.errors import VersionMissing
from domain.ids import PanoramaId, TenantId
from ports.errors import Corrupt


async def fold_history(tenant: TenantId, panorama: PanoramaId, through: int, panoramas: Panoramas) -> int:
    """Fold all changes up to version `through`; return how many there were. The tree of that version stays readable.

    Nothing is folded before a snapshot of exactly that version has been read back. Repeating it goes on where an
    earlier try stopped. Raises VersionMissing, PanoramaMissing, Corrupt.
    """
    loaded = await panoramas.newest(tenant, panorama)
    if not 1 <= through <= loaded.tree.version:
        raise VersionMissing
    await _secure(Address(tenant, panorama), through, panoramas)
    folded = await panoramas.stream.fold(tenant, panorama, through)
    await panoramas.snapshots.prune(tenant, panorama, through)
    return folded


async def _secure(address: Address, version: int, panoramas: Panoramas) -> None:
    """Make sure of a snapshot of exactly this version, by reading it."""
    snapshots = panoramas.snapshots
    if await _readable(snapshots, address, version):
        return
    past = await panoramas.loader.at(address, version)
    await snapshots.write(address.tenant, past.tree, past.keyed(panoramas.clock()))
    if not await _readable(snapshots, address, version):
        message = "a snapshot that was just written cannot be read"
        raise Corrupt(message)


async def _readable(snapshots: Snapshots, address: Address, version: int) -> bool:
    snapshot = await snapshots.newest(*address, version)
    return snapshot is not None and snapshot.tree.version == version
