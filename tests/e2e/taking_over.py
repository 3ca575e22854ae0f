"""A cloud is switched off while people edit, and another takes over: with processes, through HTTP and by command."""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx

from entrypoints.sandbox.jira import ConnectSite
from tests.e2e.two_clouds import TwoClouds
from tests.e2e.wishes import add_note, batch
from tests.patience import Deadline
from tests.processes import Machine, Process

AWS = {"PANORAMA_ACTIVE": "aws"}
GCP = {"PANORAMA_ACTIVE": "gcp"}

_PATIENCE = 20.0
"""Seconds for which an edit is sent again while the answer is that nothing may be written now."""


class Story:
    """What happens, from the first edit to the last; `told` gets what an onlooker would see."""

    def __init__(self, clouds: TwoClouds, machine: Machine, told: Callable[[str], None] = lambda _: None) -> None:
        self.acknowledged: dict[int, datetime] = {}
        """When each numbered edit was acknowledged."""

        self.lost: datetime | None = None
        """When the cloud was switched off."""

        self.found: list[int] = []
        """The numbers that the other cloud has when it takes over, in their order."""

        self.report: dict[str, Any] = {}
        """What the failover reports."""

        self._clouds = clouds
        self._machine = machine
        self._told = told
        self._panorama = ""
        self._sent = 0

    async def happen(self, seconds: float, edits: int = 1) -> None:
        """Edit until so many edits were acknowledged, and for so long from then on; lose the cloud, fail over, go on.

        A slow machine edits slowly, and is to have as much to lose.
        """
        self._told("$ PANORAMA_ACTIVE=aws panorama serve &")
        aws = self._machine.start(AWS)
        self._told("$ panorama follow --site gcp &")
        self._told("$ PANORAMA_ACTIVE=gcp panorama serve &   # waits until it may serve")
        self._machine.launch(GCP, "follow", "--site", "gcp")
        gcp = self._machine.launch(GCP)
        site = self._machine.install(aws)
        await self._edit_until_lost(aws, site, seconds, edits)
        self._command("failover", "run", "--to", "gcp", "--text")
        (path,) = (self._machine.data / "reports").glob("*.json")
        self.report = json.loads(path.read_text())
        gcp.await_readiness()
        async with self._machine.client(gcp, site) as client:
            self.found = await self.numbers(client)
            self._told(f"# gcp has the edits 1 to {self.found[-1]} of {self._sent} that were sent; people go on.")
            self._sent = self.found[-1]
            for _ in range(3):
                assert await self._edit(client)
            assert await self.numbers(client) == list(range(1, self._sent + 1))
        self._told(f"# On gcp: edits up to {self._sent}.")

    async def numbers(self, client: httpx.AsyncClient) -> list[int]:
        """Return the numbers that are there, in their order."""
        nodes = (await client.get(f"/api/panoramas/{self._panorama}")).json()["nodes"]
        return [int(row[3]) for row in reversed(nodes)]  # Each is put before all others.

    async def _edit_until_lost(self, aws: Process, site: ConnectSite, seconds: float, edits: int) -> None:
        async with self._machine.client(aws, site) as client:
            self._panorama = (await client.post("/api/panoramas", json={"name": "Counter"})).json()["id"]
            while self._sent < edits:
                assert await self._edit(client)
            began = time.monotonic()
            while time.monotonic() < began + seconds:
                assert await self._edit(client, patient=True)
            self._told(f"# {self._sent} edits are acknowledged. All of AWS is switched off, and its processes die.")
            self.lost = datetime.now(UTC)
            self._clouds.lose_aws()
            await self._edit(client)
        aws.kill()

    async def _edit(self, client: httpx.AsyncClient, *, patient: bool = False) -> bool:
        """Send the next number, again for as long as the answer is to try again; whether it was acknowledged.

        A patient caller also repeats what a machine that is too busy did not do in time.
        """
        self._sent += 1
        body, key = batch(add_note(str(self._sent))), {"Idempotency-Key": f"{self._sent}"}
        deadline = Deadline(_PATIENCE)
        while not deadline.has_passed():
            await asyncio.sleep(0.1)
            answer = await client.post(f"/api/panoramas/{self._panorama}/changes", json=body, headers=key)
            if answer.is_success:
                self.acknowledged[self._sent] = datetime.now(UTC)
                return True
            passing = patient and answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
            if not passing and answer.json()["type"] != "/schema#read-only":
                return False
        return False

    def _command(self, *words: str) -> None:
        self._told(f"$ panorama {' '.join(words[:-1])}")
        came = self._machine.run(*words)
        self._told(came.stdout)
        assert came.returncode == 0, came.stderr
