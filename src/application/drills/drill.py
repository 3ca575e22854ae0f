"""One drill: the newest recovery point into an empty scratch storage, opened, looked at, and compared with the site."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, TypeVar

from msgspec.structs import replace

from application.drills.comparing import compare
from application.drills.results import Result
from application.keys.vault import KeyVault
from application.panoramas.loading import Loader
from application.restore.checking import check
from application.restore.refusals import RestoreRefused
from application.restore.site import SiteRestore
from application.retention.restoring import apply_ledger
from application.sealing.records import Records
from ports.errors import PortError
from ports.sources import Clock, Monotonic
from ports.storage import Storage

T = TypeVar("T")

RESTORE: Final = "restore"
READ_BACK: Final = "read back"
COMPARE: Final = "compare"

Told = Callable[[int, int | None], None]


class Drill:
    """Used once. Writes to nothing but its scratch stores, and begins no epoch."""

    def __init__(
        self,
        restoring: SiteRestore,
        records: Records,
        vault: KeyVault,
        loader: Loader,
        about: Result,
        clock: Clock,
        monotonic: Monotonic,
    ) -> None:
        """Restore with `restoring` into what `records`, `vault` and `loader` open; `about` says from where."""
        self._restoring = restoring
        self._records = records
        self._vault = vault
        self._loader = loader
        self._result = about
        self._clock = clock
        self._monotonic = monotonic

    async def run(self, site: Storage | None, told: Told = lambda *_: None) -> Result:
        """Return what it has come to; whatever fails is a problem of the backup, and is told in the result.

        What was restored is compared with what `site` holds, if that is given. `told` is called with how many bytes
        have been restored, and of how many.
        """
        began = self._monotonic()
        try:
            covered = await self._timed(RESTORE, lambda: self._restore(told))
            await self._timed(READ_BACK, self._read_back)
            if site is not None:
                await self._timed(COMPARE, lambda: self._compare(site, covered))
        except RestoreRefused as exc:
            self._fail(exc.problem)
        except PortError as exc:
            self._fail(f"{exc.code}: {exc}" if str(exc) else exc.code)
        return replace(self._result, seconds=self._monotonic() - began)

    async def _restore(self, told: Told) -> datetime | None:
        prepared = await self._restoring.prepare(None)
        point = prepared.plan.point
        age = None if point.covered is None else (self._clock() - point.covered).total_seconds()
        self._result = replace(self._result, position=point.position, age_seconds=age, size=prepared.plan.size)
        await self._restoring.fill(prepared, told)
        await apply_ledger(self._records, self._vault)
        return point.covered

    async def _read_back(self) -> None:
        checked = await check(self._records, self._loader)
        self._result = replace(
            self._result, records=checked.records, panoramas=checked.panoramas, digest=checked.digest
        )

    async def _compare(self, site: Storage, covered: datetime | None) -> None:
        compared = await compare(self._records.storage, site, covered)
        if compared.differing:
            self._fail(f"not what the site holds: {', '.join(compared.differing)}")

    async def _timed(self, step: str, work: Callable[[], Awaitable[T]]) -> T:
        began = self._monotonic()
        try:
            return await work()
        finally:
            steps = {**self._result.steps, step: self._monotonic() - began}
            self._result = replace(self._result, steps=steps)

    def _fail(self, problem: str) -> None:
        self._result = replace(self._result, problems=(*self._result.problems, problem))
