"""One broken store for each law: it fails that law and keeps all others, so each law is known to bite by itself."""

from tests.contract.storage.saboteurs import (
    applying,
    asking,
    counting,
    deleting,
    erasing,
    everything,
    lifetime,
    limits,
    scanning,
    shipping,
    writing,
)
from tests.fakes.storage import MemoryStorage

SABOTEURS: dict[str, type[MemoryStorage]] = {
    **writing.SABOTEURS,
    **deleting.SABOTEURS,
    **shipping.SABOTEURS,
    **applying.SABOTEURS,
    **scanning.SABOTEURS,
    **everything.SABOTEURS,
    **asking.SABOTEURS,
    **counting.SABOTEURS,
    **erasing.SABOTEURS,
    **limits.SABOTEURS,
    **lifetime.SABOTEURS,
}
"""The store that fails each law, by the law's name."""
