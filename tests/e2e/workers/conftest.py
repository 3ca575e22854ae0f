"""A machine whose service has two workers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from entrypoints.sandbox.jira import ConnectSite
from tests.e2e.workers.worker_service import WorkerService
from tests.free_ports import free_port
from tests.processes import Machine, machine


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[Machine]:
    """Yield a machine with an empty data directory."""
    with machine(tmp_path, {"PANORAMA_HTTP__REQUESTS_PER_SECOND": "100000", "PANORAMA_HTTP__BURST": "100000"}) as made:
        yield made


@pytest.fixture
def service(computer: Machine) -> WorkerService:
    """Return a service whose two workers are ready."""
    return WorkerService(computer, "--workers", "2").await_ready()


@pytest.fixture
def site(computer: Machine, service: WorkerService) -> ConnectSite:
    """Return a site that has installed the app through one of the workers."""
    return computer.install(service.process)


@pytest.fixture
def free() -> int:
    """Return a port that nothing uses."""
    return free_port()
