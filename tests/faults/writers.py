"""Clients that add nodes as fast as they are answered, and remember what was acknowledged."""

import asyncio
import json
from collections.abc import Iterable, Iterator
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


async def write_and_look(
    writer: Writer, panorama: str, mine: httpx.AsyncClient, other: httpx.AsyncClient, issues: Iterable[int]
) -> None:
    """Add issues through one process; right after each answer, another process has to show what was answered."""
    for issue in issues:
        await writer.ask(mine, Promise(f"key-{issue}", issue))
        seen = {row[3] for row in (await outline(other, panorama))["nodes"]}
        assert issue in seen, "the other process shows an older tree"


async def heard_issues(client: httpx.AsyncClient, panorama: str, number: int) -> list[int]:
    """Return the first issues that a stream from the panorama's beginning reports as added."""
    heard: list[int] = []
    async with client.stream("GET", f"/api/panoramas/{panorama}/events", params={"after": "1.1"}) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("data:"):
                heard += [fact["issue"] for fact in json.loads(line[5:])["facts"]]
            if len(heard) == number:
                break
    return heard
