"""Gathering the past of a tenant's panoramas from the backups, sealed as it is, in a storage of its own."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from application.backups.book import decoded
from application.backups.names import OBJECTS
from application.panoramas.repository import Panoramas
from application.restore.past import STREAMS, Cuts
from application.restore.sources import Stores
from application.restore.writing import IN_FLIGHT, look_for_cuts, write_steps
from domain.backups.manifests import Contents, Index, Manifest
from domain.backups.restoring import Past, Plan, Step
from domain.ids import PanoramaId, TenantId
from ports.storage import Row, Storage


class Scratch(NamedTuple):
    """An empty storage that is thrown away, and what opens the panoramas that are put into it."""

    storage: Storage
    panoramas: Panoramas


async def gather(
    stores: Stores,
    scratch: Storage,
    plan: Plan,
    tenant: TenantId,
    panorama: PanoramaId | None,
    at: datetime | None,
    told: Callable[[int, int], None] = lambda *_: None,
    in_flight: int = IN_FLIGHT,
) -> None:
    """Put into `scratch` what the streams of one panorama, or of all of the tenant's, were at a moment.

    Of a snapshot only the objects are read that hold something of the tenant; so many bytes are `in_flight` at a
    time. `told` is called with how many bytes of backups have been taken, and of how many. Raises what
    `Stores.content` raises.
    """

    def is_wanted(row: Row) -> bool:
        of = row.tenant == tenant and row.kind in STREAMS
        return of and (panorama is None or row.key.startswith(f"{panorama}/"))

    steps = [
        Step(await _about(stores, step.manifest, tenant), step.past, rest=False)
        for step in plan.steps
        if step.past is not Past.NONE
    ]
    cuts = Cuts(at)
    await look_for_cuts(stores, steps, cuts)
    done, total = 0, sum(piece.size for step in steps for piece in step.manifest.pieces)

    def advance(size: int) -> None:
        nonlocal done
        done += size
        told(done, total)

    async for _ in write_steps(stores, scratch, steps, 0, cuts, advance, is_wanted, in_flight):
        pass


def part_of(contents: Contents, tenant: TenantId) -> Contents:
    """Return what of the contents is about the tenant."""
    only = {tenant}
    return Contents(
        keys={whose: contents.keys[whose] for whose in only & contents.keys.keys()},
        new={whose: contents.new[whose] for whose in only & contents.new.keys()},
        again={whose: contents.again[whose] for whose in only & contents.again.keys()},
    )


async def _about(stores: Stores, manifest: Manifest, tenant: TenantId) -> Manifest:
    """Return a manifest with the objects alone that may hold something of the tenant."""
    if not manifest.indexes:
        return manifest if _concerns(manifest.contents, tenant) else replace(manifest, pieces=())
    of: set[str] = set()
    for piece in manifest.indexes:
        index = decoded(await stores.content(OBJECTS, piece), Index)
        of.update(index.of if _concerns(index.contents, tenant) else ())
    return replace(manifest, pieces=tuple(piece for piece in manifest.pieces if piece.sha256 in of))


def _concerns(contents: Contents, tenant: TenantId) -> bool:
    return any(tenant in each for each in (contents.keys, contents.new, contents.again))
