"""How every change is made: decide on the newest tree, commit, and begin again if somebody else was faster."""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Final

import msgspec
from msgspec.structs import replace

from application.panoramas.cache import Loaded
from application.panoramas.repository import Panoramas, require_visible
from domain.errors import DomainError, KeyReused, TooContended, VersionMissing, VersionMoved
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
    attempt = _Attempt(request, panoramas, plan)
    async with panoramas.editing(request.tenant, request.panorama):
        if (held := panoramas.held(request.tenant, request.panorama)) and (change := await attempt.on_held(held)):
            return change
        for _ in range(_TRIES):
            loaded = await panoramas.newest(request.tenant, request.panorama)
            if change := await attempt.on(loaded):
                return change
    raise TooContended


def keyed_id(*parts: str) -> str:
    """Return the same 64 hex characters for the same request wherever and whenever it is repeated."""
    return sha256("\0".join(parts).encode()).hexdigest()


class _Attempt:
    """One request, tried on one tree after the other under the same change id."""

    def __init__(self, request: Request, panoramas: Panoramas, plan: Callable[[Loaded], Awaitable[Plan]]) -> None:
        self._request = request
        self._panoramas = panoramas
        self._plan = plan
        self._id = _change_id(request, panoramas)

    async def on_held(self, loaded: Loaded) -> Change | None:
        """Try a tree that may be behind, without asking: that the commit succeeds says that it was not.

        What it would refuse, and what it finds nothing to do for, is for the newest tree to say: None.
        """
        try:
            return await self.on(loaded, is_newest=False)
        except DomainError:
            return None

    async def on(self, loaded: Loaded, *, is_newest: bool = True) -> Change | None:
        """Decide on this tree and commit; None if somebody else was faster."""
        request = self._request
        require_visible(loaded, request.user)
        if first := await self._first_answer(loaded):
            return first
        if request.expected is not None and request.expected != loaded.tree.version:
            raise VersionMoved(request.expected, loaded.tree.version)
        change = self._change(loaded, await self._plan(loaded))
        if not (change.facts or request.key or change.undoes or change.redoes):
            return replace(change, version=loaded.tree.version) if is_newest else None
        committed = await self._panoramas.commit(request.tenant, loaded, change)
        return None if committed is None else self._same_request(committed)

    async def _first_answer(self, loaded: Loaded) -> Change | None:
        request = self._request
        version = loaded.answered(self._id, self._panoramas.clock()) if request.key else None
        if version is None:
            return None
        change = await self._panoramas.stream.read(request.tenant, request.panorama, version)
        if change is None:
            raise VersionMissing
        return self._same_request(change)

    def _same_request(self, change: Change) -> Change:
        if change.fingerprint != self._request.fingerprint:
            raise KeyReused
        return change

    def _change(self, loaded: Loaded, plan: Plan) -> Change:
        return Change(
            version=loaded.tree.version + 1,
            id=self._id,
            author=self._request.user,
            at=self._panoramas.now(loaded.tree),
            facts=plan.facts,
            made=plan.made,
            undoes=plan.undoes,
            redoes=plan.redoes,
            fingerprint=self._request.fingerprint,
        )


def _change_id(request: Request, panoramas: Panoramas) -> ChangeId:
    if not request.key:
        return panoramas.ids.change()
    return ChangeId(keyed_id("change", request.tenant, request.user, request.panorama, request.key)[:32])
