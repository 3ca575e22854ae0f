"""Comparing the index with the trees: what leads nowhere is emptied, what is missing is made, be it all."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from application.faults import described
from application.keys.blind_index import IndexSecret
from application.keys.generations import Generations
from application.keys.index_keys import IndexKeys
from application.maintenance.jobs import Due, Finding, Report, Turn
from application.panoramas.places import Place
from application.panoramas.repository import Panoramas
from application.panoramas.stream import CHANGE
from application.panoramas.walking import issues_of, panoramas_of
from application.sealing.records import Held
from domain.ids import TenantId
from domain.index_keys import comparison_at, is_comparison_due
from ports.sources import Monotonic
from ports.storage import Storage

LOOK: Final = 3_600.0
"""How many seconds lie between two looks at whose index is to be compared."""

DOUBT: Final = 3_600.0
"""How many seconds an entry that no tree knows must have stayed the same: no edit is under way for so long."""

EMPTIED: Final = "index entries emptied"
MADE: Final = "missing index entries made"


class _Doubts(NamedTuple):
    """Entries that no tree knew, by key, with their revisions, and when they were seen."""

    since: float
    entries: Mapping[str, int]


class IndexTidying:
    """A job: compares each tenant's index with its trees once a week, though not while its index key is rotated.

    An index that was never whole, as in a site that has just been restored, is made at once.

    An entry is emptied when it is an hour old and no tree knows its issue, an hour after that was first seen to be so:
    clocks may be wrong, and an edit may be under way that has made the entry and not yet committed.
    """

    name = "tidy-index"

    def __init__(
        self,
        keys: IndexKeys,
        panoramas: Panoramas,
        storage: Storage,
        generations: Generations,
        monotonic: Monotonic,
    ) -> None:
        self._keys = keys
        self._panoramas = panoramas
        self._places = panoramas.places
        self._clock = panoramas.clock
        self._storage = storage
        self._generations = generations
        self._monotonic = monotonic
        self._next_look = float("-inf")
        self._last = Report()
        self._doubts: dict[TenantId, _Doubts] = {}

    async def plan(self) -> list[Due]:
        """Return when each tenant's index is compared next."""
        found = [(tenant, await self._next(tenant)) async for tenant in self._generations.holders()]
        due = [
            Due(at=at, what="compare the index with the trees", tenant=tenant) for tenant, at in found if at is not None
        ]
        return sorted(due, key=_moment)

    async def run(self, turn: Turn) -> Report:
        """Compare whatever index is due; one that fails keeps no other from it."""
        now = self._monotonic()
        if now < self._next_look:
            return Report(findings=self._last.findings)
        done, findings, unfinished = Counter[str](), list[Finding](), False
        async for tenant in self._generations.holders():
            unfinished |= turn.is_over()
            if unfinished:
                break
            try:
                unfinished |= not await self._carry_on(tenant, turn, done)
            except Exception as error:  # noqa: BLE001 - One tenant's fault is told with its place and must not end the others.
                findings.append(_failed(tenant, error))
        self._last = Report(done=dict(+done), findings=tuple(findings), unfinished=unfinished)
        if not unfinished:
            self._next_look = now + LOOK
        return self._last

    async def _carry_on(self, tenant: TenantId, turn: Turn, done: Counter[str]) -> bool:
        """Compare one tenant's index if it is due; return False if the turn ended first."""
        keys = await self._keys_of(tenant)
        if not keys and await self._has_panoramas(tenant):
            await self._panoramas.index.begin(tenant)
            keys = await self._keys_of(tenant)
        key, now = _only(keys), self._monotonic()
        if key is None or not is_comparison_due(key, self._clock()):
            return True
        before = self._doubts.get(tenant)
        if before is not None and now - before.since < DOUBT:
            return True
        unknown = await self._compared(tenant, key, turn, done)
        if unknown is None:
            return False
        if not key.whole:
            await self._keys.note_whole(tenant, key.number)
        if before is None and unknown:
            self._doubts[tenant] = _Doubts(now, {held.ref.key: held.rev for held in unknown.values()})
            return True
        for name, held in unknown.items():
            if before is not None and before.entries.get(name) == held.rev:
                done[EMPTIED] += await self._places.empty(held)
        self._doubts.pop(tenant, None)
        await self._keys.note_compared(tenant, key.number)
        return True

    async def _next(self, tenant: TenantId) -> datetime | None:
        """Return when a tenant's index is compared next; None where it has none, or its key is rotated."""
        keys = await self._keys_of(tenant)
        if not keys:
            return self._clock() if await self._has_panoramas(tenant) else None
        key = _only(keys)
        return None if key is None else comparison_at(key)

    async def _has_panoramas(self, tenant: TenantId) -> bool:
        """Whether there is anything to index. A site that has been restored has panoramas, and no key at first."""
        return bool(await self._storage.scan(tenant, CHANGE, limit=1))

    async def _compared(
        self, tenant: TenantId, key: IndexSecret, turn: Turn, done: Counter[str]
    ) -> dict[str, Held[Place]] | None:
        """Make what is missing; return the entries of an hour that no tree knows, or None if the turn ended first.

        The trees are read after the entries, so that an edit is in them whose entry was an hour old by then.
        """
        present: set[str] = set()
        unknown: dict[str, Held[Place]] = {}
        async for held in self._places.under(tenant, key.number):
            if held.value.held:
                present.add(held.ref.key)
                if self._places.is_settled(held.value):
                    unknown[held.ref.key] = held
        async for panorama in panoramas_of(self._storage, tenant):
            if turn.is_over():
                return None
            issues = await issues_of(tenant, panorama, self._panoramas)
            named = await self._places.named(panorama, issues, key)
            missing = [issue for name, issue in named.items() if name not in present]
            await self._places.make_anew(tenant, panorama, missing, key)
            done[MADE] += len(missing)
            for name in named.keys() & unknown.keys():
                del unknown[name]
            turn.advance()
        return unknown

    async def _keys_of(self, tenant: TenantId) -> list[IndexSecret]:
        return [held.value for held in await self._keys.of(tenant)]


def _only(keys: list[IndexSecret]) -> IndexSecret | None:
    """Return a tenant's only index key; None where there is none, or one takes another's place."""
    return keys[0] if len(keys) == 1 else None


def _failed(tenant: TenantId, error: Exception) -> Finding:
    what = f"the index of a tenant could not be compared with its trees: a repeat goes on ({described(error)})"
    return Finding(code="index-not-compared", what=what, tenant=tenant)


def _moment(due: Due) -> datetime:
    return due.at
