"""What is counted of every request. Labels are route templates and statuses, never a value that a caller sent."""

from collections.abc import Awaitable, Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from entrypoints.workers.samples import Family, families_of
from entrypoints.workers.siblings import Siblings

MEDIA_TYPE: Final = CONTENT_TYPE_LATEST
_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """Counts answers and times them, by method, route template and status."""

    def __init__(self, siblings: Siblings | None = None) -> None:
        """`siblings` are the other workers of this machine, whose numbers are shown too."""
        self.registry = CollectorRegistry()
        self._siblings = siblings
        labels = ("method", "route", "status")
        self._requests = Counter("panorama_requests", "Answers given.", labels, registry=self.registry)
        self._seconds = Histogram(
            "panorama_request_seconds",
            "Seconds until the answer's end.",
            labels,
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._broken_off = Counter(
            "panorama_connections_broken_off",
            "Connections that were ended without a request that could be answered as asked, by the reason.",
            ("reason",),
            registry=self.registry,
        )
        self._sources: list[Callable[[], Awaitable[None]]] = []
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer; `method` and `route` come from a fixed set."""
        found = self._children.get((method, route, status))
        if found is None:
            values = (method, route, str(status))
            found = self._requests.labels(*values), self._seconds.labels(*values)
            self._children[method, route, status] = found
        found[0].inc()
        found[1].observe(seconds)

    def break_off(self, reason: str) -> None:
        """Count a connection that the service ended; `reason` comes from a fixed set."""
        self._broken_off.labels(reason).inc()

    def ask(self, source: Callable[[], Awaitable[None]]) -> None:
        """Have a source bring its numbers up to date before each exposition."""
        self._sources.append(source)

    async def exposition(self) -> bytes:
        """Return everything counted so far, by the other workers too, as Prometheus reads it."""
        if self._siblings is not None:
            return await self._siblings.exposition(self.collect)
        await self._refresh()
        return generate_latest(self.registry)

    async def collect(self) -> list[Family]:
        """Return everything that this process has counted so far."""
        await self._refresh()
        return families_of(self.registry)

    async def _refresh(self) -> None:
        for source in self._sources:
            await source()
