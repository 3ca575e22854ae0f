"""One broken blob store for each law: each law is known to bite by itself."""

from typing import Final

from tests.contract.blobs.saboteurs import (
    at_once,
    creating,
    deleting,
    listing,
    naming,
    outages,
    paging,
    parts,
    reading,
    replacing,
    retaining,
)
from tests.fakes.blobs import MemoryBlobStore

SABOTEURS: Final[dict[str, type[MemoryBlobStore]]] = {
    **creating.SABOTEURS,
    **parts.SABOTEURS,
    **reading.SABOTEURS,
    **replacing.SABOTEURS,
    **deleting.SABOTEURS,
    **naming.SABOTEURS,
    **listing.SABOTEURS,
    **paging.SABOTEURS,
    **retaining.SABOTEURS,
    **at_once.SABOTEURS,
    **outages.SABOTEURS,
}
"""By the name of the law that each breaks."""
