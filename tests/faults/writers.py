"""Clients that add nodes as fast as they are answered, and remember what was acknowledged."""

import asyncio
from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx
import msgspec


class Promise(msgspec.Struct, frozen=True):
    """One request, with the key to repeat it by, and the node that it was answered with if it was."""

    key: str
    issue: int
    node: str | None = None


class Writer:
    """Adds one issue after the other to a panorama, each request under an idempotency key of its own."""

    def __init__(self, panorama: str, numbers: Iterator[int] | None = None) -> None:
        self.promises: dict[str, Promise] = {}
        self._panorama = panorama
        self._numbers = numbers or count(1)

    @property
    def unanswered(self) -> list[Promise]:
        """Return what was asked for and never answered."""
        return [promise for promise in self.promises.values() if promise.node is None]

    async def write(self, client: httpx.AsyncClient) -> None:
        """Go on until the service is gone."""
        try:
            while True:
                issue = next(self._numbers)
                await self.ask(client, Promise(f"key-{issue}", issue))
        except httpx.TransportError:
            return

    async def ask(self, client: httpx.AsyncClient, promise: Promise) -> None:
        """Make one request, for the first time or again, and remember its answer."""
        self.promises.setdefault(promise.key, promise)
        action = {"action": "add", "kind": "ISSUE", "issue": promise.issue, "node": -1, "place": {"under": None}}
        answer = await client.post(
            f"/api/panoramas/{self._panorama}/changes",
            json={"actions": [action]},
            headers={"Idempotency-Key": promise.key},
        )
        assert answer.is_success, answer.text
        self.promises[promise.key] = msgspec.structs.replace(promise, node=answer.json()["made"]["-1"])


async def write_until_cut(writer: Writer, client: httpx.AsyncClient, at_once: int) -> None:
    """Write with several requests under way at any time, until the service is gone."""
    await asyncio.gather(*(writer.write(client) for _ in range(at_once)))


async def outline(client: httpx.AsyncClient, panorama: str) -> dict[str, Any]:
    """Return a panorama as the service shows it."""
    answer = await client.get(f"/api/panoramas/{panorama}")
    assert answer.is_success, answer.text
    shown: dict[str, Any] = answer.json()
    return shown
