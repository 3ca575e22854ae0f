"""Begin a panorama: an empty one, or one that facts are there for already."""

import asyncio
from typing import Final

import msgspec

from application.panoramas.authoring import keyed_id
from application.panoramas.repository import Panoramas
from domain.errors import KeyReused, LimitExceeded
from domain.ids import ChangeId, PanoramaId, TenantId, UserId
from domain.panoramas.apply import begin
from domain.panoramas.decide import open_panorama
from domain.panoramas.facts import AnyFact, Change
from domain.panoramas.limits import DEPTH, NODES
from domain.panoramas.tree import Tree

_THREAD_FROM: Final = 5_000


class Founder(msgspec.Struct, frozen=True):
    """Who begins a panorama, and how a repeat of the request is known."""

    tenant: TenantId
    user: UserId
    key: str = ""
    """The idempotency key, or empty."""

    fingerprint: str = ""
    """A digest of the request, not empty where there is a key."""


class CreateRequest(Founder, frozen=True, kw_only=True):
    """Asks for an empty panorama."""

    name: str


class Created(msgspec.Struct, frozen=True):
    """A panorama that has begun, and its first change."""

    panorama: PanoramaId
    change: Change


async def create_panorama(request: CreateRequest, panoramas: Panoramas) -> Created:
    """Begin an empty panorama; raises TextRefused, LimitExceeded for the name, KeyReused."""
    panorama = panorama_id(request, panoramas)
    facts = open_panorama(panorama, panoramas.ids.node(), request.name, request.user)
    return await found(request, panorama, facts, panoramas)


def panorama_id(founder: Founder, panoramas: Panoramas) -> PanoramaId:
    """Return the id for a new panorama; the same one each time for the same idempotency key."""
    if not founder.key:
        return panoramas.ids.panorama()
    return PanoramaId(keyed_id("panorama", founder.tenant, founder.user, founder.key)[:24])


async def found(founder: Founder, panorama: PanoramaId, facts: tuple[AnyFact, ...], panoramas: Panoramas) -> Created:
    """Commit the facts, which begin with Opened, as version 1 of a new panorama.

    A repeat with the same key gets the first answer. Raises KeyReused if it came with another request, BrokenStream
    for facts that do not fit together, LimitExceeded for a tree beyond the limits.
    """
    if first := await first_answer(founder, panorama, panoramas):
        return first
    change = Change(
        version=1,
        id=_change_id(founder, panorama),
        author=founder.user,
        at=panoramas.now(),
        facts=facts,
        fingerprint=founder.fingerprint,
    )
    return _own(founder, panorama, await panoramas.commit_first(founder.tenant, await _tree(change), change))


async def first_answer(founder: Founder, panorama: PanoramaId, panoramas: Panoramas) -> Created | None:
    """Look for what the first request with this key began; raises KeyReused where it was another one.

    An answer that is folded away is too old to give: the panorama may even be gone for good, and its id is never used
    again.
    """
    if not founder.key:
        return None
    if await panoramas.stream.is_folded(founder.tenant, panorama, 1):
        raise KeyReused
    first = await panoramas.stream.read(founder.tenant, panorama, 1)
    return _own(founder, panorama, first) if first is not None and first.id == _change_id(founder, panorama) else None


def _own(founder: Founder, panorama: PanoramaId, committed: Change | None) -> Created:
    if committed is None or committed.fingerprint != founder.fingerprint:
        raise KeyReused
    return Created(panorama, committed)


def _change_id(founder: Founder, panorama: PanoramaId) -> ChangeId:
    return ChangeId(keyed_id("change", founder.tenant, founder.user, panorama, founder.key)[:32])


async def _tree(change: Change) -> Tree:
    """Replay the facts. Their author has not decided them on a tree that keeps the limits, so they are checked here."""
    tree = begin(change) if len(change.facts) < _THREAD_FROM else await asyncio.to_thread(begin, change)
    if len(tree) > NODES:
        raise LimitExceeded("nodes", NODES)
    if tree.height > DEPTH:
        raise LimitExceeded("depth", DEPTH)
    return tree
