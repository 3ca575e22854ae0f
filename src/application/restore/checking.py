"""Whether a restored site can be served: everything in it opens, and every panorama is one tree."""

from collections.abc import Callable
from hashlib import sha256
from typing import Final

import msgspec

from application.panoramas.cache import Address
from application.panoramas.loading import Loader
from application.panoramas.stream import CHANGE
from application.restore.refusals import RestoreRefused
from application.restore.walking import PAGE, pages_of
from application.sealing.records import Records
from domain.errors import PanoramaMissing
from domain.ids import SYSTEM, PanoramaId, TenantId
from ports.errors import Corrupt, NotFound
from ports.storage import Record, Ref

_WAY_OUT: Final = "empty the target and restore a moment before, with --at; `panorama backup verify` may tell more"


class Checked(msgspec.Struct, frozen=True):
    """What was found in a site."""

    tenants: int
    panoramas: int
    records: int
    digest: str
    """SHA-256, in hex, over every record that backups are about, as it is sealed, in the order of their references."""


async def check(
    records: Records, loader: Loader, told: Callable[[int], None] = lambda _: None, *, page_size: int = PAGE
) -> Checked:
    """Open every record and build every tree; raises RestoreRefused with the first that is not as it must be.

    `told` is called with how many records have been read.
    """
    digest = sha256()
    tenants: set[str] = set()
    addresses: dict[Address, None] = {}
    count, panoramas = 0, 0
    async for page in pages_of(records.storage, page_size):
        await _open(records, page)
        for record in page:
            digest.update(msgspec.msgpack.encode((record.ref, record.rev, record.generation, record.body)))
            tenants.add(record.ref.tenant)
            if record.ref.kind == CHANGE:
                addresses[Address(TenantId(record.ref.tenant), PanoramaId(record.ref.key.split("/")[0]))] = None
        count += len(page)
        told(len(page))
        panoramas += sum([await _is_there(loader, address) for address in _complete(addresses, page[-1].ref)])
    panoramas += sum([await _is_there(loader, address) for address in addresses])
    return Checked(len(tenants - {SYSTEM}), panoramas, count, digest.hexdigest())


def _complete(addresses: dict[Address, None], after: Ref) -> list[Address]:
    """Take out and return all but the one that the page may have ended in."""
    done = [each for each in addresses if after[:2] > (each.tenant, CHANGE) or not after.key.startswith(each.panorama)]
    for each in done:
        del addresses[each]
    return done


async def _open(records: Records, page: list[Record]) -> None:
    sealed = [record for record in page if record.body and record.generation]
    try:
        await records.open_many(sealed, msgspec.Raw)
    except (Corrupt, NotFound) as exc:
        raise RestoreRefused(f"a record does not open: {exc}", _WAY_OUT) from exc


async def _is_there(loader: Loader, address: Address) -> bool:
    try:
        loaded = await loader.newest(address)
    except PanoramaMissing:
        return False
    except Corrupt as exc:
        raise RestoreRefused(
            f"panorama {address.panorama} of tenant {address.tenant} is not whole: {exc}", _WAY_OUT
        ) from exc
    return not loaded.tree.discarded
