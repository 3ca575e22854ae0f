"""A running service with a panorama to measure."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx

from entrypoints.sandbox.jira import ConnectSite
from tests.processes import Machine, machine

_UNLIMITED: Final = {"PANORAMA_HTTP__REQUESTS_PER_SECOND": "1000000", "PANORAMA_HTTP__BURST": "1000000"}


@contextmanager
def a_machine(folder: Path) -> Iterator[Machine]:
    """Yield a machine whose service does not limit the rate of requests."""
    with machine(folder, _UNLIMITED) as made:
        yield made


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
