"""Look at a panorama: as it is, as it was, and what happened to it."""

from collections.abc import Sequence
from datetime import datetime

from application.panoramas.cache import Address, Loaded
from application.panoramas.outline import Outline, outline_of
from application.panoramas.repository import Panoramas
from domain.errors import VersionMissing
from domain.ids import PanoramaId, TenantId, UserId
from domain.panoramas.facts import Change
from domain.panoramas.tree import Tree


async def read_outline(
    tenant: TenantId, panorama: PanoramaId, user: UserId, panoramas: Panoramas, *, known: int | None = None
) -> Outline | None:
    """Return the newest outline, or None if it is of version `known`, which the caller has; raises PanoramaMissing."""
    loaded = await panoramas.visible(tenant, panorama, user)
    return None if loaded.tree.version == known else await loaded.outline(panoramas.epoch)


async def read_past(
    tenant: TenantId, panorama: PanoramaId, user: UserId, at: int | datetime, panoramas: Panoramas
) -> Outline:
    """Return the outline as of a version or a moment; raises VersionMissing, PanoramaMissing.

    Who may see the panorama today may see its past.
    """
    return await outline_of(await tree_at(tenant, panorama, user, at, panoramas), panoramas.epoch)


async def read_changes(
    tenant: TenantId,
    panorama: PanoramaId,
    user: UserId,
    panoramas: Panoramas,
    *,
    after: int = 0,
    limit: int = 100,
    newest_first: bool = False,
) -> list[Change]:
    """Return up to `limit` changes newer than version `after`, or with `newest_first` older than it (0: the newest).

    From the beginning, and backwards, what is folded away is left out. Whoever has a version and wants to go on from it
    is told by VersionMissing that what follows is folded away. Raises PanoramaMissing.
    """
    newest = (await panoramas.visible(tenant, panorama, user)).tree.version
    if newest_first:
        return await panoramas.stream.back(tenant, panorama, after or newest + 1, limit)
    changes = await panoramas.stream.forward(tenant, panorama, after, limit)
    require_contiguous(changes, after, newest)
    return changes


def require_contiguous(changes: Sequence[Change], after: int, newest: int) -> None:
    """Raise VersionMissing where the changes that follow version `after` do not begin with the next one.

    `newest` is a version that was there before they were asked for. Nothing precedes a beginning at 0.
    """
    first = changes[0].version if changes else newest + 1
    if after and first > after + 1:
        raise VersionMissing


async def tree_at(
    tenant: TenantId, panorama: PanoramaId, user: UserId, at: int | datetime, panoramas: Panoramas
) -> Tree:
    """Return a tree of one's own as of a version or a moment; raises VersionMissing, PanoramaMissing."""
    loaded = await panoramas.visible(tenant, panorama, user)
    return await past_of(Address(tenant, panorama), loaded, at, panoramas)


async def past_of(address: Address, loaded: Loaded, at: int | datetime, panoramas: Panoramas) -> Tree:
    """Return the tree, of which `loaded` is the newest, as of a version or a moment; raises VersionMissing."""
    version = at if isinstance(at, int) else await _version_at(address, at, loaded, panoramas)
    if version == loaded.tree.version:
        return loaded.tree.frozen()
    if not 1 <= version < loaded.tree.version:
        raise VersionMissing
    return (await panoramas.loader.at(address, version)).tree


async def _version_at(address: Address, at: datetime, loaded: Loaded, panoramas: Panoramas) -> int:
    """Return the last version that was not made after the moment; versions never go back in time.

    A folded version tells its time no more, so that of the folded ones only those with a snapshot can be found.
    """
    if loaded.tree.updated <= at:
        return loaded.tree.version
    low, high = 0, loaded.tree.version
    while high - low > 1:
        middle = (low + high) // 2
        change = await panoramas.stream.read(*address, middle)
        if change is not None and change.at > at:
            high = middle
        else:
            low = middle
    if low and await panoramas.stream.read(*address, low) is None:
        return await _snapshot_at(address, at, low, panoramas)
    return low


async def _snapshot_at(address: Address, at: datetime, through: int, panoramas: Panoramas) -> int:
    async for held in panoramas.snapshots.headers(*address, through):
        if held.value.updated <= at:
            return held.value.version
    raise VersionMissing
