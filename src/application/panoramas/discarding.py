"""Let a panorama go for good that was archived long ago.

One change decides it: the last one of its stream, and whoever brings the panorama back at that moment competes for the
same version. From then on it is missing for everybody. What is left goes in an order that a crash may cut anywhere:
first what leads to it, then what it is, and last the list entry, by which the job comes back until all is gone.
"""

from collections.abc import Callable
from typing import Final

from application.panoramas.cache import Address, Loaded
from application.panoramas.fold import leave_stubs
from application.panoramas.repository import Panoramas
from application.panoramas.stream import ENDLESS
from domain.ids import SERVICE
from domain.panoramas.facts import Change, Discarded

_STRIDE: Final = 200
"""So many issues are taken out of the index between two looks at whether to go on."""


async def discard(address: Address, loaded: Loaded, panoramas: Panoramas) -> bool:
    """Commit that the panorama is gone for good; return whether it is, or somebody else was faster.

    The list entry is marked before, so that from the commit on no list shows it.
    """
    tree = loaded.tree
    change = Change(tree.version + 1, panoramas.ids.change(), SERVICE, panoramas.now(tree), (Discarded(),))
    await panoramas.entries.mark(*address, change.id)
    if await panoramas.stream.append(*address, change) is None:
        return False
    panoramas.release(*address)
    return True


async def clear_discarded(
    address: Address, loaded: Loaded | None, panoramas: Panoramas, may_go_on: Callable[[], bool]
) -> bool:
    """Take away what is left of a discarded panorama; return whether all of it is gone.

    Its versions stay as stubs, and the last change as it is, so that nobody who slept meanwhile brings it back.
    `loaded` is the tree; None where so much of it is gone that it cannot be read.
    """
    issues = [] if loaded is None else sorted(loaded.tree.issues())
    for start in range(0, len(issues), _STRIDE):
        if not may_go_on():
            return False
        await panoramas.places.forget(*address, issues[start : start + _STRIDE])
    await panoramas.snapshots.prune(*address, ENDLESS)
    newest = await panoramas.stream.back(*address, ENDLESS, 1)
    _, is_done = await leave_stubs(address, newest[0].version - 1, panoramas, may_go_on)
    if is_done:
        await panoramas.entries.delete(*address)
    return is_done
