"""Take back one's own last change, and do it again. Called repeatedly, they walk back and forth."""

from collections.abc import AsyncIterator
from typing import Final

from application.panoramas.authoring import Plan, Request, author
from application.panoramas.cache import Loaded
from application.panoramas.repository import Panoramas
from domain.errors import NothingToUndo
from domain.panoramas.facts import Change, Opened
from domain.panoramas.invert import do_again, take_back

_REACH: Final = 1_000
"""How many versions back one's own changes are looked for."""

_PAGE: Final = 100


async def undo(request: Request, panoramas: Panoramas) -> Change:
    """Take back the caller's newest change that is in effect.

    Raises NothingToUndo, BuiltUpon where somebody has built on it, and the refusals of every edit.
    """

    async def plan(loaded: Loaded) -> Plan:
        async for change, in_effect in _own_changes(request, loaded, panoramas):
            if in_effect:
                return Plan(take_back(loaded.tree, change, request.user), undoes=change.version)
        raise NothingToUndo

    return await author(request, panoramas, plan)


async def redo(request: Request, panoramas: Panoramas) -> Change:
    """Do the change again that the caller took back last, unless they changed something else since.

    Raises NothingToUndo, BuiltUpon where somebody has built on its absence, and the refusals of every edit.
    """

    async def plan(loaded: Loaded) -> Plan:
        last = None
        async for change, in_effect in _own_changes(request, loaded, panoramas):
            if in_effect:
                break
            last = change
        if last is None:
            raise NothingToUndo
        return Plan(do_again(loaded.tree, last, request.user), redoes=last.version)

    return await author(request, panoramas, plan)


async def _own_changes(request: Request, loaded: Loaded, panoramas: Panoramas) -> AsyncIterator[tuple[Change, bool]]:
    """Yield the caller's changes, newest first, and whether each is in effect; not the undoing and redoing ones.

    The newest word on a version counts: an undo that was itself taken back by a redo says nothing any more.
    """
    settled: dict[int, bool] = {}
    async for change in _backwards(request, loaded.tree.version + 1, panoramas):
        if change.author != request.user:
            continue
        if change.undoes is not None:
            settled.setdefault(change.undoes, False)
        elif change.redoes is not None:
            settled.setdefault(change.redoes, True)
        elif change.facts and not isinstance(change.facts[0], Opened):
            yield change, settled.get(change.version, True)


async def _backwards(request: Request, before: int, panoramas: Panoramas) -> AsyncIterator[Change]:
    floor = max(0, before - _REACH)
    while changes := await panoramas.stream.back(request.tenant, request.panorama, before, _PAGE):
        for change in changes:
            if change.version <= floor:
                return
            yield change
        before = changes[-1].version
