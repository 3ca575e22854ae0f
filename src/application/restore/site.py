"""A whole site, restored into empty stores."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from msgspec.structs import replace

from application.keys.generations import Generations
from application.keys.vault import KeyVault
from application.panoramas.repository import Panoramas
from application.restore.checking import Checked, check
from application.restore.mending import Mending
from application.restore.past import Cuts
from application.restore.planning import line_up_to, moment, plan_of
from application.restore.refusals import RestoreRefused
from application.restore.sources import Flaw, Stores
from application.restore.target import Restoring, Target
from application.restore.writing import look_for_cuts, write_book, write_steps, write_vault
from application.retention.restoring import apply_ledger
from application.sealing.records import Records
from domain.backups.chains import Chained
from domain.backups.manifests import Position
from domain.backups.restoring import Plan
from domain.ids import SYSTEM
from ports.sources import Clock


class Prepared(msgspec.Struct, frozen=True):
    """What a restore is going to do."""

    plan: Plan
    line: tuple[Chained, ...]
    """The chain of which it takes something."""

    restoring: Restoring
    begun: bool
    """Whether it goes on with what was begun before."""

    @property
    def newest(self) -> Position:
        """The last manifest of the chain, which the epoch of the restored site must not be older than."""
        return self.line[-1].position


class Restored(msgspec.Struct, frozen=True):
    """What has been restored."""

    position: Position
    """The last manifest of which panoramas were taken."""

    covered: datetime | None
    """Everything that had been acknowledged before this moment is there, as far as it was asked for."""

    erased: int
    """How many tenants came back and were erased again."""

    checked: Checked
    flaws: tuple[Flaw, ...]
    """What was missing or damaged in one store and was taken from another."""


class SiteRestore:
    """Restores a site; used once. Killed at any point and begun again, it goes on and ends in the same state.

    Raises RestoreRefused, and what the stores, the storage, the vault and the key managers raise.
    """

    def __init__(
        self,
        stores: Stores,
        target: Target,
        records: Records,
        vault: KeyVault,
        panoramas: Panoramas,
        clock: Clock,
    ) -> None:
        """Read from `stores` and write to `target`, which `records`, `vault` and `panoramas` open, behind no fence."""
        self._stores = stores
        self._target = target
        self._records = records
        self._vault = vault
        self._panoramas = panoramas
        self._clock = clock
        self._mending = Mending(records, panoramas)

    async def prepare(self, at: datetime | None) -> Prepared:
        """Return what is going to be done; writes nothing."""
        begun = await self._target.under_way()
        if begun is not None and begun.at != at:
            raise RestoreRefused(
                f"a restore of {moment(begun.at)} was begun there and is not done",
                "repeat that one, or empty storage and vault",
            )
        line = await line_up_to(self._stores, at, None if begun is None else begun.newest)
        plan = plan_of(line, at)
        return Prepared(plan, tuple(line), begun or Restoring(at, line[-1].link), begun is not None)

    async def beyond(self, prepared: Prepared) -> int:
        """Return what the epoch must be greater than, so that no manifest of any store is newer than its own."""
        return max(prepared.newest.epoch, await self._stores.highest_epoch())

    async def run(
        self,
        prepared: Prepared,
        epoch: int,
        told: Callable[[int, int], None] = lambda *_: None,
        opened: Callable[[int], None] = lambda _: None,
    ) -> Restored:
        """Restore the site, which is going to write in `epoch`; nobody else may write meanwhile.

        `told` is called with how many bytes of backups have been taken, and of how many; `opened` with how many records
        have been read back each time.
        """
        _check_epoch(prepared, epoch)
        await self.fill(prepared, told)
        erased = await apply_ledger(self._records, self._vault)
        if prepared.plan.is_past:
            async for tenant in Generations(self._target.vault, self._clock).holders():
                if tenant != SYSTEM:
                    await self._mending.mend(tenant)
        checked = await check(self._records, self._panoramas.loader, opened)
        await self._target.finish()
        point = prepared.plan.point
        return Restored(point.position, point.covered, erased, checked, self._stores.flaws)

    async def fill(self, prepared: Prepared, told: Callable[[int, int], None] = lambda *_: None) -> Position:
        """Write what was prepared, and let the note of it stand; return which copy of the key vault was written.

        `told` is called as by `run`.
        """
        copies = await self._stores.copies()
        if not prepared.begun:
            await self._target.note(prepared.restoring)
        await write_vault(self._stores, self._target.vault, copies[-1])
        await self._write(prepared, told)
        await write_book(self._target.storage, prepared.line, prepared.plan.follows, copies, self._clock)
        return copies[-1].position

    async def _write(self, prepared: Prepared, told: Callable[[int, int], None]) -> None:
        plan, restoring = prepared.plan, prepared.restoring
        cuts = Cuts(restoring.at)
        await look_for_cuts(self._stores, plan.steps, cuts)
        sizes = [sum(piece.size for piece in step.manifest.pieces) for step in plan.steps]
        done, total = sum(sizes[: restoring.done]), sum(sizes)

        def advance(size: int) -> None:
            nonlocal done
            done += size
            told(done, total)

        async for count in write_steps(self._stores, self._target.storage, plan.steps, restoring.done, cuts, advance):
            await self._target.note(replace(restoring, done=count))


def _check_epoch(prepared: Prepared, epoch: int) -> None:
    """A chain is not continued in an epoch in which another site, or another past of this one, may have added to it."""
    newest = prepared.newest.epoch
    if epoch < newest or (epoch == newest and prepared.plan.is_past):
        raise RestoreRefused(
            f"what is restored must begin an epoch after {newest}, and this one is {epoch}",
            "name control stores under [control] stores, so that a new epoch can begin",
        )
