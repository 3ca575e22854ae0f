"""Taking away what is kept no longer, by an identity that may delete, which the one that ships may not.

A manifest goes before its objects, so that none is left that names what is gone.
"""

from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from application.backups.ground import Ground
from application.backups.names import MANIFESTS, VAULT_COPIES, numbered
from application.backups.pruning_plan import ORPHANED, Doomed, Plan, Planner
from application.backups.states import Shed, State
from application.backups.stores import Store
from application.faults import described
from application.maintenance.jobs import Due, Finding, Report, Turn
from application.sealing.commits import commit
from domain.backups.chains import arranged
from domain.backups.lag import everywhere
from domain.backups.manifests import Position
from domain.backups.retention import Retention, kept
from domain.epochs import NOBODYS
from domain.ids import SYSTEM
from ports.edges import port_errors_only
from ports.errors import Conflict, NotFound, PermissionDenied, PortError
from ports.storage import ABSENT, Record, Ref, Shipping

EVERY: Final = timedelta(hours=12)
"""How long it is from one pruning to the next."""

PRUNED: Final = Ref(SYSTEM, "backup-pruning", "1")
"""The record that tells, by when it was updated, when the last pruning ended."""

_GONE: Final = "objects of backups deleted"
_LOCKED: Final = "objects of backups left locked"
_FORGOTTEN: Final = "manifests forgotten"


class Pruning:
    """A job: prunes every store twice a day."""

    name = "prune-backups"

    def __init__(self, ground: Ground, retention: Retention, soft_delete: timedelta) -> None:
        """Count with providers that keep what is deleted for so long."""
        self._ground = ground
        self._retention = retention
        self._soft_delete = soft_delete
        self.planner = Planner(ground, retention)

    async def plan(self) -> list[Due]:
        """Return when the next pruning is due."""
        return [Due(at=await self._next(), what="prune the backups")]

    async def run(self, turn: Turn) -> Report:
        """Prune if it is due."""
        if await self._next() > self._ground.clock():
            return Report()
        return await self.prune(turn)

    async def planned(self) -> tuple[list[Doomed], list[Finding]]:
        """Return what would be deleted now, and of which stores that cannot be said, and why."""
        doomed: list[Doomed] = []
        findings: list[Finding] = []
        for store in self._ground.stores:
            try:
                with port_errors_only():
                    doomed += (await self.planner.plan_for(store)).doomed
            except PortError as exc:
                findings.append(_finding_of(store, exc))
        return doomed, findings

    async def prune(self, turn: Turn) -> Report:
        """Prune each store now; one that fails keeps no other from being pruned."""
        if self._ground.epoch() == NOBODYS:
            return Report()
        done: Counter[str] = Counter()
        findings: list[Finding] = []
        left: set[Position] = set()
        left_copies: set[Position] = set()
        failed = False
        reached = await self._reached()
        for store in self._ground.stores:
            try:
                with port_errors_only():
                    plan = await self.planner.plan_for(store)
                    await self._note_shed(plan)
                    gone = await self._carry_out(plan, turn, done)
            except PortError as exc:
                failed = True
                findings.append(_finding_of(store, exc))
                continue
            left |= plan.manifests - {each for each in plan.manifests if numbered(MANIFESTS, each) in gone}
            left_copies |= plan.copies - {each for each in plan.copies if numbered(VAULT_COPIES, each) in gone}
            findings += plan.findings
        if turn.is_over():
            return Report(done=dict(done), findings=tuple(findings), unfinished=True)
        if not failed:
            await self._forget(left, reached, done)
            await self._forget_copies(left_copies)
        await self._note()
        return Report(done=dict(done), findings=tuple(findings))

    async def _note_shed(self, plan: Plan) -> None:
        """Note before it is deleted what of the vault the provider may still keep afterwards."""
        begun = min((each.begun for each in plan.doomed if each.begun is not None), default=None)
        if begun is None or not self._soft_delete:
            return
        now = self._ground.clock()
        shed = Shed(begun, now + self._soft_delete + EVERY)

        def noted(state: State) -> State:
            return replace(state, shed=(*(each for each in state.shed if each.until > now), shed))

        await self._ground.states.change(plan.store.name, noted)

    async def _carry_out(self, plan: Plan, turn: Turn, done: Counter[str]) -> set[str]:
        """Delete what may go; return the names of what is gone. What is locked stays, and whatever follows it."""
        gone: set[str] = set()
        for each in plan.doomed:
            if turn.is_over():
                break
            if each.follows is None or each.follows in gone:
                done[await self._delete(plan.store, each, gone)] += 1
                turn.advance()
        return gone

    async def _delete(self, store: Store, doomed: Doomed, gone: set[str]) -> str:
        try:
            with suppress(NotFound):
                await store.blobs.delete(doomed.name)
        except PermissionDenied:
            until = (await store.blobs.info(doomed.name)).retained_until
            if until is None or until <= self._ground.clock():
                raise
            return _LOCKED
        gone.add(doomed.name)
        return _GONE

    async def _reached(self) -> Position | None:
        """Return how far every store has been given everything: beyond it, one may yet be given what is not kept."""
        return everywhere({each.name: (await self._ground.states.of(each.name)).head for each in self._ground.stores})

    async def _forget(self, left: set[Position], reached: Position | None, done: Counter[str]) -> None:
        """Take out of the book what no store has any more, and no store will be given."""
        book = [each async for each in self.planner.book()]
        staying = kept(arranged(book).manifests, self._retention, self._ground.clock())
        for each in book:
            if reached is not None and each.position <= reached and each.position not in left | staying:
                await self._ground.book.forget(each.position)
                done[_FORGOTTEN] += 1

    async def _forget_copies(self, left: set[Position]) -> None:
        """Likewise of the copies of the vault; somebody may still be giving a store one that is young."""
        newest = await self._ground.book.newest_copy()
        before = self._ground.clock() - ORPHANED
        for copy in [each async for each in self._ground.book.copies()]:
            if copy.created < before and copy.position not in left and copy != newest:
                await self._ground.book.forget_copy(copy.position)

    async def _next(self) -> datetime:
        last = await self._ground.storage.get(PRUNED)
        return self._ground.clock() if last is None else last.updated + EVERY

    async def _note(self) -> None:
        last = await self._ground.storage.get(PRUNED)
        rev = ABSENT if last is None else last.rev
        with suppress(Conflict):
            note = Record(PRUNED, rev + 1, b"", self._ground.clock(), shipping=Shipping.NEVER)
            await commit(self._ground.storage, [note])


def _finding_of(store: Store, error: PortError) -> Finding:
    return Finding(
        code="pruning-failed",
        what=f"{store.name} cannot be pruned ({described(error)}): look whether the identity that prunes may list and "
        "delete there",
    )
