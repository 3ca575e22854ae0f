"""What goes on beside the requests while the server serves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from entrypoints.http.background import in_background
from entrypoints.http.backup_metrics import BackupMetrics
from entrypoints.http.job_log import JobLog
from entrypoints.http.job_metrics import JobMetrics
from entrypoints.http.logs import Log
from entrypoints.http.metrics import Metrics
from entrypoints.http.services import Services
from entrypoints.http.shipping import Listener, shipping
from entrypoints.http.shipping_log import ShippingLog


@asynccontextmanager
async def company(services: Services, metrics: Metrics, log: Log) -> AsyncIterator[None]:
    """Ship and do maintenance for as long as the block lasts; both are counted and logged."""
    jobs = (JobMetrics(metrics.registry, services.maintenance.names).tell, JobLog(log).tell)
    shipments: list[Listener] = []
    if services.backups is not None:
        shown = BackupMetrics(metrics.registry, services.backups)
        metrics.ask(shown.refresh)
        names = [store.name for store in services.backups.ground.stores]
        shipments = [shown.tell, ShippingLog(log, names).tell]
    async with (
        shipping(services.backups, services.monotonic, shipments),
        in_background(services.maintenance, services.ending, jobs, log),
    ):
        yield
