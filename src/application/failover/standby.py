"""A standby: the stores of another site, filled from the backups of the one that writes, and kept close behind it."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from application.keys.vault import KeyVault
from application.restore.past import Cuts
from application.restore.refusals import RestoreRefused
from application.restore.site import Prepared, SiteRestore
from application.restore.sources import Stores
from application.restore.target import FOLLOWING, Target
from application.restore.writing import write_book, write_steps, write_vault
from application.retention.restoring import apply_ledger
from application.sealing.commits import commit, remove
from application.sealing.records import Records
from domain.backups.chains import Chained
from domain.backups.manifests import Link, Position
from domain.backups.restoring import Step
from domain.ids import SYSTEM, TenantId
from ports.errors import Conflict, Corrupt
from ports.sources import Clock
from ports.storage import ABSENT, Record, Shipping

EMPTY_IT: Final = "empty its storage and its vault with `panorama storage empty`, and let it follow anew"


class Following(msgspec.Struct, frozen=True):
    """How far a standby has followed."""

    applied: Link
    """The last manifest of which it has everything."""

    copy: Position
    """The last copy of the key vault that it has."""

    covered: datetime | None = None
    """Everything that had been acknowledged before this moment is there."""

    epoch: int = 0
    """In which it is going to write, once it has all that there is; 0 while it follows."""


class CaughtUp(msgspec.Struct, frozen=True):
    """What one turn of following came to."""

    following: Following
    manifests: int
    size: int
    """How many bytes of backups were taken."""

    began: bool
    """Whether the standby was empty before."""


class Standby:
    """Follows in turns. Killed at any point and begun again, a turn goes on and ends in the same state.

    Several may follow into the same stores: they do the same. Raises RestoreRefused where the standby cannot go on, and
    what the stores, the storage and the vault raise.
    """

    def __init__(
        self,
        restoring: SiteRestore,
        stores: Stores,
        target: Target,
        records: Records,
        vault: KeyVault,
        clock: Clock,
    ) -> None:
        """Read from `stores`, and write to `target`, which `restoring`, `records` and `vault` are about, too."""
        self.target = target
        self._restoring = restoring
        self._stores = stores
        self._records = records
        self._vault = vault
        self._clock = clock

    async def following(self) -> Following | None:
        """Return how far it has followed; None where it has not begun to."""
        held = await self._held()
        return None if held is None else _decoded(held)

    async def prepare(self) -> Prepared:
        """Return what there is to restore into a standby that has not begun; refused where it is not empty."""
        return await self._restoring.prepare(None)

    async def behind(self, following: Following) -> Sequence[Chained]:
        """Return the manifests that it does not have yet, oldest first; refused where they do not follow its last."""
        line = await self._stores.line(following.applied.position)
        before = following.applied
        for each in line:
            if each.manifest.predecessor != before:
                problem = f"manifest {each.position} does not follow {before.position}, the last that the standby has"
                raise RestoreRefused(problem, EMPTY_IT)
            before = each.link
        return line

    async def catch_up(self, told: Callable[[int, int], None] = lambda *_: None) -> CaughtUp:
        """Take everything that there is and it does not have yet.

        `told` is called with how many bytes of backups have been taken, and of how many. Raises Conflict where another
        process was faster, after which it may be repeated.
        """
        following = await self.following()
        began = following is None
        if following is None:
            following = await self._begin(told)
        await self.target.finish()
        line = await self.behind(following)
        following = await self._take_vault(following)
        following = await self._take(following, line, told)
        return CaughtUp(following, len(line), sum(each.manifest.size for each in line), began)

    async def erase(self) -> int:
        """Erase again whoever is erased; return of how many there was anything."""
        return await apply_ledger(self._records, self._vault)

    async def stand_ready(self, epoch: int) -> None:
        """Note that everything is there, and that the site is going to write in that epoch."""
        following = await self.following()
        if following is None:
            raise RestoreRefused("the standby has not followed", EMPTY_IT)
        await self._note(replace(following, epoch=epoch))

    async def finish(self) -> None:
        """Take the note away: from now on it is a site like any other."""
        held = await self._held()
        if held is not None:
            with suppress(Conflict):
                await remove(self.target.storage, FOLLOWING, held.rev)

    async def _begin(self, told: Callable[[int, int], None]) -> Following:
        prepared = await self.prepare()
        copy = await self._restoring.fill(prepared, told)
        following = Following(prepared.line[-1].link, copy, prepared.plan.point.covered)
        await self._note(following)
        return following

    async def _take_vault(self, following: Following) -> Following:
        """Have the vault hold what its newest copy does; whose keys are not in there any more has been erased.

        Only tenants that were there while the note was are erased: once the site writes, it may have others.
        """
        there = [tenant async for tenant in self._vault.generations.holders()]
        copies = await self._stores.copies(following.copy)
        if not copies or await self.following() is None:
            return following
        holders = await write_vault(self._stores, self.target.vault, copies[-1])
        for tenant in there:
            if tenant not in holders and tenant != SYSTEM:
                await self._vault.erase(TenantId(tenant))
        await write_book(self.target.storage, (), None, copies, self._clock)
        following = replace(following, copy=copies[-1].position)
        await self._note(following)
        return following

    async def _take(self, following: Following, line: Sequence[Chained], told: Callable[[int, int], None]) -> Following:
        """Take what segments hold, one after the other; what a snapshot holds is in them, too."""
        segments = [each for each in line if not each.manifest.is_snapshot]
        done, total = 0, sum(each.manifest.size for each in segments)

        def advance(size: int) -> None:
            nonlocal done
            done += size
            told(done, total)

        steps = [Step(each.manifest) for each in segments]
        async for count in write_steps(self._stores, self.target.storage, steps, 0, Cuts(None), advance):
            following = await self._applied(following, line, segments[count - 1])
        if line and following.applied != line[-1].link:
            following = await self._applied(following, line, line[-1])
        return following

    async def _applied(self, following: Following, line: Sequence[Chained], last: Chained) -> Following:
        new = [each for each in line if following.applied.position < each.position <= last.position]
        await write_book(self.target.storage, new, last.position, (), self._clock)
        covered = max(filter(None, (following.covered, last.manifest.covered)), default=None)
        following = replace(following, applied=last.link, covered=covered)
        await self._note(following)
        return following

    async def _note(self, following: Following) -> None:
        held = await self._held()
        rev = ABSENT if held is None else held.rev
        if held is not None and _is_beyond(_decoded(held), following):
            raise Conflict(FOLLOWING)
        body = msgspec.json.encode(following)
        await commit(self.target.storage, [Record(FOLLOWING, rev + 1, body, self._clock(), shipping=Shipping.NEVER)])

    async def _held(self) -> Record | None:
        return await self.target.storage.get(FOLLOWING)


def _is_beyond(held: Following, following: Following) -> bool:
    """Whether another process has followed further, or has gone over to writing."""
    return held.applied.position > following.applied.position or held.epoch > following.epoch


def _decoded(record: Record) -> Following:
    try:
        return msgspec.json.decode(record.body or b"", type=Following)
    except msgspec.DecodeError as exc:
        raise Corrupt("the note about following does not decode") from exc
