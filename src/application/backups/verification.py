"""The daily look at every store."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Final

import msgspec

from application.backups.ground import Ground
from application.backups.problems import Part, Problem, Verified
from application.backups.verifying import Verifier
from application.maintenance.jobs import Due, Finding, Report, Turn
from application.sealing.commits import commit
from domain.epochs import NOBODYS
from domain.ids import SYSTEM
from ports.errors import Conflict, Corrupt
from ports.storage import ABSENT, Record, Ref, Shipping

PARTS: Final = 28
"""In how many days every byte of every store is read once."""

DAILY: Final = timedelta(days=1)

NOTE: Final = Ref(SYSTEM, "backup-verification", "1")
"""The record that tells what the last look has come to."""

TOLD: Final = 20
"""How many problems are told one by one."""

_LOOKED: Final = "blob stores looked at"
_READ: Final = "objects of backups read back"
_REPAIRED: Final = "blob stores that are given once more what they lack"


class Looked(msgspec.Struct, frozen=True):
    """What the last look at all stores has come to."""

    at: datetime
    part: int
    """Which part of PARTS was read."""

    stores: tuple[Verified, ...]


class Verifying:
    """A job: looks at every store each day, and reads back one part after the other."""

    name = "verify-backups"

    def __init__(self, ground: Ground, verifier: Verifier) -> None:
        self._ground = ground
        self._verifier = verifier

    async def plan(self) -> list[Due]:
        """Return when the next look is due."""
        last = await self.last()
        at = self._ground.clock() if last is None else last.at + DAILY
        return [Due(at=at, what="look at the backups in every store")]

    async def run(self, turn: Turn) -> Report:
        """Look if it is due; what is found stays a finding until the next look."""
        last = await self.last()
        if self._ground.epoch() == NOBODYS or (last is not None and self._ground.clock() < last.at + DAILY):
            return Report(findings=() if last is None else _findings(last))
        part = Part(1 if last is None else last.part % PARTS + 1, PARTS)
        stores: list[Verified] = []
        done: Counter[str] = Counter()
        for store in self._ground.stores:
            stores.append(await self._verifier.verify(store, part, lambda *_: turn.advance()))
            done += Counter({_LOOKED: 1, _READ: stores[-1].read})
            if await self._verifier.repair(stores[-1]):
                done[_REPAIRED] += 1
        looked = Looked(self._ground.clock(), part.number, tuple(stores))
        await self._note(looked)
        return Report(done=dict(done), findings=_findings(looked))

    async def last(self) -> Looked | None:
        """Return what the last look has come to."""
        record = await self._ground.storage.get(NOTE)
        if record is None:
            return None
        try:
            return msgspec.json.decode(record.body or b"", type=Looked)
        except msgspec.DecodeError as exc:
            raise Corrupt("a note about the backups does not decode") from exc

    async def _note(self, looked: Looked) -> None:
        last = await self._ground.storage.get(NOTE)
        rev = ABSENT if last is None else last.rev
        kept = msgspec.json.encode(Looked(looked.at, looked.part, tuple(_short(each) for each in looked.stores)))
        try:
            note = Record(NOTE, rev + 1, kept, self._ground.clock(), shipping=Shipping.NEVER)
            await commit(self._ground.storage, [note])
        except Conflict:
            # Another process has looked at the same moment.
            return


def _short(verified: Verified) -> Verified:
    return msgspec.structs.replace(verified, problems=verified.problems[:TOLD])


def _findings(looked: Looked) -> tuple[Finding, ...]:
    return tuple(_finding(problem) for each in looked.stores for problem in each.problems[:TOLD])


def _finding(problem: Problem) -> Finding:
    return Finding(
        code=f"backup-{problem.fault.name.lower()}",
        what=f"{problem}. What is missing or not locked is given to the store once more. What is damaged must be "
        "deleted there by somebody who may; then it is given too",
    )
