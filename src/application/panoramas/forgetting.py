"""Forget for good what was removed long ago."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from application.panoramas.cache import Address
from application.panoramas.repository import Panoramas
from domain.errors import TooContended
from domain.ids import SERVICE
from domain.panoramas.facts import Change
from domain.panoramas.forgetting import forgettable, issues_in

_MOST: Final = 5_000
"""About how many nodes one change forgets; a subtree is never divided."""

_TRIES: Final = 20
"""Each lost race means that somebody's edit was accepted, so that many in a row are rare."""


async def forget_removed(
    address: Address, through: datetime, panoramas: Panoramas, may_go_on: Callable[[], bool]
) -> int:
    """Forget the nodes that were removed at or before `through`; return how many.

    Each change is the service's own, and of a race with an edit the edit is tried again or this is. The index places
    of issues that are in the tree no longer are emptied. Raises PanoramaMissing, TooContended.
    """
    forgotten = 0
    while may_go_on():
        count = await _forget_some(address, through, panoramas)
        if not count:
            break
        forgotten += count
    return forgotten


async def _forget_some(address: Address, through: datetime, panoramas: Panoramas) -> int:
    async with panoramas.editing(*address):
        for _ in range(_TRIES):
            loaded = await panoramas.newest(*address)
            tree = loaded.tree
            facts = forgettable(tree, through, _MOST)
            if not facts:
                return 0
            issues = issues_in(tree, facts)
            change = Change(tree.version + 1, panoramas.ids.change(), SERVICE, panoramas.now(tree), facts)
            if await panoramas.commit(address.tenant, loaded, change) is not None:
                gone = [issue for issue in issues if not loaded.tree.knows_issue(issue)]
                break
        else:
            raise TooContended
    await panoramas.places.withdraw(*address, gone)
    return sum(1 + len(fact.below) for fact in facts)
