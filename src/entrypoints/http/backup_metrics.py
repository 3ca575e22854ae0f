"""What is shown of the backups. Stores go by their numbers, so that no label holds a name that an operator chose."""

from datetime import datetime
from math import inf, nan
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from application.backups.backups import Backups
from application.backups.problems import Verified
from application.backups.shipping import Shipped
from application.backups.status import Status
from ports.errors import PortError

_NEVER: Final = inf


class BackupMetrics:
    """Counts what this process ships, and shows how the backups stand, whoever ships."""

    def __init__(self, registry: CollectorRegistry, backups: Backups) -> None:
        self._backups = backups
        self._stores = {store.name: f"blobs {number}" for number, store in enumerate(backups.ground.stores, start=1)}

        def gauge(name: str, help_text: str, *labels: str) -> Gauge:
            return Gauge(f"panorama_backup_{name}", help_text, labels, registry=registry)

        self._lag = gauge(
            "lag_seconds",
            "Age of the oldest acknowledged record that no store outside the site's cloud covers; +Inf: not known.",
        )
        self._behind = gauge("store_behind_seconds", "Seconds since a store lacks something, 0: it does not.", "store")
        self._age = gauge("store_age_seconds", "Age of the newest moment that a store covers.", "store")
        self._objects = gauge("store_objects", "Objects that a store should hold, at the last look.", "store")
        self._bytes = gauge("store_bytes", "Bytes of those objects.", "store")
        self._problems = gauge("store_problems", "Problems that the last look at a store found.", "store")
        self._verified = gauge("verified_age_seconds", "Seconds since somebody looked at all stores.")
        self._snapshot = gauge("snapshot_age_seconds", "Seconds since the last snapshot began.")
        self._losses = gauge("losses", "Manifests whose objects are lost, and that no snapshot makes up for yet.")
        self._drill_age = Gauge("panorama_drill_age_seconds", "Seconds since the last drill.", registry=registry)
        self._drill_succeeded = Gauge("panorama_drill_succeeded", "1: the last drill went well.", registry=registry)
        self._drill_seconds = Gauge("panorama_drill_seconds", "How long the last drill took.", registry=registry)
        self._drill_failures = Gauge("panorama_drill_failures", "Of the last 30 drills.", registry=registry)
        self._rate = Gauge(
            "panorama_restore_bytes_per_second", "How fast the last drill has restored.", registry=registry
        )
        for told_by_a_drill in (self._drill_succeeded, self._drill_seconds, self._rate):
            told_by_a_drill.set(nan)
        self._segments = Counter("panorama_backup_segments", "Segments shipped here.", registry=registry)
        self._records = Counter("panorama_backup_records", "Records shipped here.", registry=registry)
        self._shipped = Counter("panorama_backup_shipped_bytes", "Bytes shipped here.", registry=registry)
        self._failures = Counter(
            "panorama_backup_failures",
            "Cycles that failed here, by the code of the error.",
            ("code",),
            registry=registry,
        )

    def tell(self, shipped: Shipped) -> None:
        """Count a cycle."""
        self._segments.inc(shipped.segments)
        self._records.inc(shipped.records)
        self._shipped.inc(shipped.size)
        if shipped.failure is not None:
            self._failures.labels(shipped.failure.code).inc()

    async def refresh(self) -> None:
        """Look how the backups stand; where nobody can tell, the lag is infinite."""
        try:
            status, looked = await self._backups.status(), await self._backups.verifying.last()
            drilled = await self._backups.drilling.results.all()
        except PortError:
            self._lag.set(inf)
            return
        self._show(status)
        self._verified.set(_seconds_since(None if looked is None else looked.at, status.at))
        for verified in () if looked is None else looked.stores:
            self._show_look(verified)

        self._drill_age.set(_seconds_since(drilled[-1].at if drilled else None, status.at))
        self._drill_failures.set(sum(not each.succeeded for each in drilled))
        if drilled:
            self._drill_succeeded.set(drilled[-1].succeeded)
            self._drill_seconds.set(drilled[-1].seconds)
            self._rate.set(drilled[-1].rate or 0.0)

    def _show(self, status: Status) -> None:
        self._lag.set(status.lag.total_seconds())
        self._snapshot.set(_seconds_since(status.snapshot.began if status.snapshot else None, status.at))
        self._losses.set(len(status.losses))
        for store in status.stores:
            label = self._stores[store.name]
            failing = store.state.failing
            self._behind.labels(label).set(0.0 if failing is None else _seconds_since(failing, status.at))
            self._age.labels(label).set(_seconds_since(store.state.covered, status.at))

    def _show_look(self, verified: Verified) -> None:
        label = self._stores.get(verified.store)
        if label is not None:
            self._objects.labels(label).set(verified.objects)
            self._bytes.labels(label).set(verified.stored)
            self._problems.labels(label).set(len(verified.problems))


def _seconds_since(moment: datetime | None, now: datetime) -> float:
    return _NEVER if moment is None else (now - moment).total_seconds()
