"""How every change is made: decide on the newest tree, commit, and begin again if somebody else was faster."""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Final

import msgspec

from application.panoramas.cache import Loaded
from application.panoramas.repository import Panoramas
from domain.errors import KeyReused, TooContended, VersionMissing, VersionMoved
from domain.ids import ChangeId, NodeId, PanoramaId, TenantId, UserId
from domain.panoramas.facts import AnyFact, Change

_TRIES: Final = 20
"""Each lost race means that somebody else's change was accepted, so that many in a row are rare."""


class Request(msgspec.Struct, frozen=True):
    """Who asks for a change to which panorama."""

    tenant: TenantId
    panorama: PanoramaId
    user: UserId
    expected: int | None = None
    """The version that has to be the newest one; None where the request is meant by intention."""

    key: str = ""
    """The idempotency key, or empty: a repeat within 24 hours gets the first answer."""

    fingerprint: str = ""
    """A digest of the request, not empty where there is a key: the same key with another one is refused."""


class Plan(msgspec.Struct, frozen=True):
    """What a change is to consist of."""

    facts: tuple[AnyFact, ...]
    made: dict[int, NodeId] = {}
    undoes: int | None = None
    redoes: int | None = None


async def author(request: Request, panoramas: Panoramas, plan: Callable[[Loaded], Awaitable[Plan]]) -> Change:
    """Commit what `plan` makes of the newest tree, and return it as it is stored.

    `plan` decides after its last await, on the tree as it is then. A plan without facts is an answer of its own and
    commits nothing, unless a repeat must find it again. Raises VersionMoved, KeyReused, TooContended, and what
    `plan` raises.
    """
    id_ = _change_id(request, panoramas)
    async with panoramas.editing(request.tenant, request.panorama):
        for _ in range(_TRIES):
            loaded = await panoramas.visible(request.tenant, request.panorama, request.user)
            if first := await _first_answer(request, id_, loaded, panoramas):
                return first
            _strict(request, loaded)
            change = _change(request, id_, loaded, await plan(loaded), panoramas)
            if not (change.facts or request.key or change.undoes or change.redoes):
                return msgspec.structs.replace(change, version=loaded.tree.version)
            if committed := await panoramas.commit(request.tenant, loaded, change):
                return _same_request(committed, request)
    raise TooContended


def keyed_id(*parts: str) -> str:
    """Return the same 64 hex characters for the same request wherever and whenever it is repeated."""
    return sha256("\0".join(parts).encode()).hexdigest()


def _change_id(request: Request, panoramas: Panoramas) -> ChangeId:
    if not request.key:
        return panoramas.ids.change()
    return ChangeId(keyed_id("change", request.tenant, request.user, request.panorama, request.key)[:32])


async def _first_answer(request: Request, id_: ChangeId, loaded: Loaded, panoramas: Panoramas) -> Change | None:
    version = loaded.answered(id_, panoramas.clock()) if request.key else None
    if version is None:
        return None
    change = await panoramas.stream.read(request.tenant, request.panorama, version)
    if change is None:
        raise VersionMissing
    return _same_request(change, request)


def _same_request(change: Change, request: Request) -> Change:
    if change.fingerprint != request.fingerprint:
        raise KeyReused
    return change


def _strict(request: Request, loaded: Loaded) -> None:
    if request.expected is not None and request.expected != loaded.tree.version:
        raise VersionMoved(request.expected, loaded.tree.version)


def _change(request: Request, id_: ChangeId, loaded: Loaded, plan: Plan, panoramas: Panoramas) -> Change:
    return Change(
        version=loaded.tree.version + 1,
        id=id_,
        author=request.user,
        at=panoramas.now(loaded.tree),
        facts=plan.facts,
        made=plan.made,
        undoes=plan.undoes,
        redoes=plan.redoes,
        fingerprint=request.fingerprint,
    )
