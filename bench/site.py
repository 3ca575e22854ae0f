"""A running service with a panorama to measure."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx

from bench.slowness import TooSlow
from entrypoints.sandbox.jira import ConnectSite
from tests.processes import Machine, Process, machine

_PATIENCES: Final = 8
"""How many times as long as a test a measurement waits until the service is ready."""

_UNLIMITED: Final = {"PANORAMA_HTTP__REQUESTS_PER_SECOND": "1000000", "PANORAMA_HTTP__BURST": "1000000"}


@contextmanager
def a_machine(folder: Path) -> Iterator[Machine]:
    """Yield a machine whose service does not limit the rate of requests."""
    with machine(folder, _UNLIMITED) as made:
        yield made


def start(made: Machine, settings: Mapping[str, str] | None = None) -> Process:
    """Start a service and return when it is ready; raises TooSlow where it runs, and is not ready for minutes."""
    return await_ready(made.launch(settings or {}))


def await_ready(process: Process) -> Process:
    """Return a process when it is ready, which may take several times what tests wait; raises TooSlow."""
    for _ in range(_PATIENCES):
        try:
            process.await_readiness()
        except AssertionError:
            if not process.is_running:
                raise
        else:
            return process
    message = "the service is not ready"
    raise TooSlow(message)


def client_of(url: str, made: Machine, site: ConnectSite, account: str = "ann") -> httpx.Client:
    """Return a client that speaks for an account."""
    return httpx.Client(base_url=url, headers={"Authorization": made.jira.context_token(site, account)}, timeout=60)


def a_panorama(client: httpx.Client, nodes: int) -> tuple[str, list[str]]:
    """Begin a panorama of so many issues below its root; return its id and theirs."""
    panorama = str(client.post("/api/panoramas", json={"name": "Bench"}).raise_for_status().json()["id"])
    actions = [
        {"action": "add", "kind": "ISSUE", "issue": number, "place": {"under": None}} for number in range(1, nodes + 1)
    ]
    client.post(f"/api/panoramas/{panorama}/changes", json={"actions": actions}).raise_for_status()
    rows = client.get(f"/api/panoramas/{panorama}").raise_for_status().json()["nodes"]
    return panorama, [row[0] for row in rows]
