"""The job that looks after panoramas: what was removed or archived long ago goes, and old history is folded."""

from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from application.maintenance.due import each_due, planned, unsettled
from application.maintenance.jobs import Due, Finding, Report, Turn
from application.panoramas.cache import Address, Loaded
from application.panoramas.discarding import clear_discarded, discard
from application.panoramas.entries import ABANDONED_AFTER, ENTRY, ListEntry
from application.panoramas.fold import fold_old, history_of
from application.panoramas.forgetting import forget_removed
from application.panoramas.repository import Panoramas
from application.panoramas.settings import Settings
from application.sealing.records import Held, Records
from application.tenants.repository import Tenants
from domain.errors import PanoramaMissing, TooContended, VersionMissing
from domain.ids import PanoramaId, TenantId
from domain.panoramas.forgetting import waiting_since
from domain.panoramas.tree import Tree
from domain.retention import may_let_go
from ports.errors import Corrupt, NotFound, Unavailable
from ports.storage import Record

_PAUSE: Final = timedelta(days=1)
"""A panorama is looked at once a day at the most, except to discard it."""


class TidyingPanoramas:
    """A job: looks at each panorama when its list entry is due, which says when something of it may be old enough.

    What comes to be removed or archived after a look is old enough a whole period later, and every panorama is looked
    at once in each such period: so nobody has to note it. Panoramas of a site that does not use the app, or is
    under a legal hold, are left alone.
    """

    name = "tidy-panoramas"

    def __init__(self, records: Records, tenants: Tenants, panoramas: Panoramas, settings: Settings) -> None:
        self._records = records
        self._tenants = tenants
        self._panoramas = panoramas
        self._settings = settings
        self._clock = panoramas.clock

    async def plan(self) -> list[Due]:
        """Return when the next panorama of each site is looked at; what follows it may come by the thousand."""
        records = await planned(self._records.storage, ENTRY, self._clock)
        soonest = {record.ref.tenant: record for record in reversed(records)}
        due = [
            Due(at=record.due or record.updated, what="tidy panoramas", tenant=TenantId(tenant))
            for tenant, record in soonest.items()
        ]
        return sorted(due, key=lambda each: each.at)

    async def run(self, turn: Turn) -> Report:
        """Look at one panorama after the other; one that is damaged or out of reach is told and holds up no other."""
        done: Counter[str] = Counter()
        findings: list[Finding] = []
        async for record in each_due(self._records.storage, ENTRY, self._clock, turn):
            try:
                done.update(await self._settle(record, turn))
            except (Corrupt, Unavailable, VersionMissing) as error:
                findings.append(unsettled("a panorama", TenantId(record.ref.tenant), error.code))
            turn.advance()
        return Report(done=dict(+done), findings=tuple(findings), unfinished=turn.is_over())

    async def _settle(self, record: Record, turn: Turn) -> Counter[str]:
        """A tenant that is gone is left to its purge; a panorama that everybody is at, to the next turn."""
        address = Address(TenantId(record.ref.tenant), PanoramaId(record.ref.key))
        with suppress(NotFound, TooContended, PanoramaMissing):
            view = await self._tenants.get(address.tenant)
            if view is not None:
                held = await self._records.open(record, ListEntry)
                return await self._look(address, held, turn, lets_go=may_let_go(view.tenant))
        return Counter()

    async def _look(self, address: Address, held: Held[ListEntry], turn: Turn, *, lets_go: bool) -> Counter[str]:
        panoramas, tomorrow = self._panoramas, self._clock() + _PAUSE
        was_held = panoramas.held(*address) is not None
        try:
            if lets_go:
                return await self._act(address, held, turn)
            await panoramas.entries.look_again(held, tomorrow)
        except (Corrupt, VersionMissing):
            await panoramas.entries.look_again(held, tomorrow)
            raise
        finally:
            if not was_held:
                panoramas.release(*address)
        return Counter()

    async def _act(self, address: Address, held: Held[ListEntry], turn: Turn) -> Counter[str]:
        try:
            loaded = await self._panoramas.loader.newest(address)
        except PanoramaMissing:
            if await self._panoramas.stream.is_over(*address):
                return await self._clear(address, None, turn)
            return await self._rest(held)
        if loaded.tree.discarded:
            return await self._clear(address, loaded, turn)
        archived = await self._archived(address, loaded.tree)
        if archived is None or archived + self._settings.removed > self._clock():
            return await self._tidy(address, held, loaded.tree, archived, turn)
        if await discard(address, loaded, self._panoramas):
            return Counter({"panoramas discarded": 1}) + await self._clear(address, loaded, turn)
        return Counter()

    async def _archived(self, address: Address, tree: Tree) -> datetime | None:
        """Return when an archived panorama was archived."""
        if not tree.archived:
            return None
        change = await self._panoramas.stream.read(*address, tree.administered)
        return tree.updated if change is None else change.at

    async def _tidy(
        self, address: Address, held: Held[ListEntry], tree: Tree, archived: datetime | None, turn: Turn
    ) -> Counter[str]:
        """Forget and fold what is old enough, and say when to look again."""
        panoramas, settings, now = self._panoramas, self._settings, self._clock()
        done: Counter[str] = Counter()
        waiting = waiting_since(tree)
        if waiting is not None and waiting + settings.removed <= now:
            count = await forget_removed(address, now - settings.removed, panoramas, turn.goes_on)
            done["removed nodes forgotten"] += count
            waiting = waiting_since((await panoramas.newest(*address)).tree)
        history = await history_of(address, tree, now - settings.history, panoramas)
        done["changes folded"] += await fold_old(address, history, panoramas, turn.goes_on)
        if not turn.is_over():
            looks = [now + min(settings.removed, settings.history)]
            looks += [archived + settings.removed] if archived is not None else []
            looks += [max(waiting + settings.removed, now + _PAUSE)] if waiting is not None else []
            looks += [max(history.oldest + settings.history, now + _PAUSE)] if history.oldest is not None else []
            await panoramas.entries.look_again(held, min(looks))
        return done

    async def _clear(self, address: Address, loaded: Loaded | None, turn: Turn) -> Counter[str]:
        is_done = await clear_discarded(address, loaded, self._panoramas, turn.goes_on)
        return Counter({"discarded panoramas cleared": int(is_done)})

    async def _rest(self, held: Held[ListEntry]) -> Counter[str]:
        """Of a panorama that never came to be nothing is due, once nobody can still be at it."""
        awaited = self._panoramas.entries.is_awaited(held.value)
        await self._panoramas.entries.look_again(held, self._clock() + ABANDONED_AFTER if awaited else None)
        return Counter()
