"""Fold old history into a snapshot."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

from application.panoramas.cache import Address
from application.panoramas.repository import Panoramas
from application.panoramas.snapshots import Snapshots
from domain.errors import VersionMissing
from domain.ids import PanoramaId, TenantId
from domain.panoramas.tree import Tree
from ports.errors import Corrupt

_STRIDE: Final = 200
"""So many changes are folded between two looks at whether to go on."""


class History(NamedTuple):
    """How far the history of a panorama is folded away, and how old the rest is."""

    folded: int
    """The last version that is folded away; 0 where none is."""

    folding: int
    """The last version that is old enough to be folded; 0 where none is."""

    oldest: datetime | None
    """When the first change was made that will be kept; None where none is or may be folded."""


async def fold_history(
    tenant: TenantId,
    panorama: PanoramaId,
    through: int,
    panoramas: Panoramas,
    may_go_on: Callable[[], bool] = lambda: True,
) -> int:
    """Fold all changes up to version `through`; return how many there were. The tree of that version stays readable.

    Nothing is folded before a snapshot of exactly that version has been read back. Repeating it goes on where an
    earlier try stopped. Raises VersionMissing, PanoramaMissing, Corrupt.
    """
    address = Address(tenant, panorama)
    loaded = await panoramas.newest(*address)
    if not 1 <= through <= loaded.tree.version:
        raise VersionMissing
    await _secure(address, through, panoramas)
    folded, is_done = await leave_stubs(address, through, panoramas, may_go_on)
    if is_done:
        await panoramas.snapshots.prune(tenant, panorama, through)
    return folded


async def fold_old(address: Address, history: History, panoramas: Panoramas, may_go_on: Callable[[], bool]) -> int:
    """Fold what is old enough, and take away what a fold that was cut short has left; return how many changes."""
    if history.folding:
        return await fold_history(*address, history.folding, panoramas, may_go_on)
    await panoramas.stream.clear(*address, history.folded)
    await panoramas.snapshots.prune(*address, history.folded)
    return 0


async def leave_stubs(
    address: Address, through: int, panoramas: Panoramas, may_go_on: Callable[[], bool]
) -> tuple[int, bool]:
    """Leave nothing of the changes up to version `through` but that they were; return how many, and whether all.

    The caller has seen to it that nobody needs them.
    """
    stream, folded = panoramas.stream, 0
    first = await stream.folded(*address, through)
    while may_go_on():
        count = await stream.fold(*address, through, after=first + folded, most=_STRIDE)
        folded += count
        if count < _STRIDE:
            await stream.clear(*address, through)
            return folded, True
    return folded, False


async def history_of(address: Address, tree: Tree, through: datetime, panoramas: Panoramas) -> History:
    """Return which changes were made at or before `through` and can be folded.

    The change that archived an archived panorama is not: it tells when that was.
    """
    last = tree.administered - 1 if tree.archived else tree.version
    folded = await panoramas.stream.folded(*address, tree.version)
    oldest = await _made(address, folded + 1, last, panoramas)
    if oldest is None or oldest > through:
        return History(folded, 0, oldest)
    low, high = folded + 1, last + 1
    while high - low > 1:
        middle = (low + high) // 2
        made = await _made(address, middle, last, panoramas)
        if made is not None and made > through:
            high = middle
        else:
            low = middle
    return History(folded, low, await _made(address, low + 1, last, panoramas))


async def _made(address: Address, version: int, last: int, panoramas: Panoramas) -> datetime | None:
    change = await panoramas.stream.read(*address, version) if version <= last else None
    return None if change is None else change.at


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
