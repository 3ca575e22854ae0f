"""Backups are shipped beside the requests, and what changes for the worse or the better is told once."""

import asyncio
import io
import json
from typing import Any

import pytest

from application.backups.shipping import Shipped
from application.maintenance.states import Failure
from entrypoints.http.logs import open_log
from entrypoints.http.shipping import shipping
from entrypoints.http.shipping_log import ShippingLog
from tests.fakes.backups import ABROAD, EAST, WEST
from tests.fakes.sources import FakeTime
from tests.patience import patience
from tests.unit.application.backups.scenes import a_yard, begun, head
from tests.unit.domain.backups.chains import at


async def test_it_ships_for_as_long_as_the_server_serves() -> None:
    """At once, and once more in the end; listeners are told of each cycle between."""
    yard = await a_yard()
    heard: list[Shipped] = []
    async with shipping(yard.backups, yard.time.monotonic, [heard.append]):
        async with asyncio.timeout(patience(5)):
            while not heard:
                await asyncio.sleep(0.001)
        assert await head(yard, ABROAD) == at(1)
        await begun(yard.house, "two")
    assert len(heard) == 1
    assert await head(yard, ABROAD) == at(2)
    assert await yard.house.storage.unshipped(1) == []


async def test_a_last_cycle_that_takes_too_long_keeps_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes next ships it."""
    yard = await a_yard()
    ended: list[str] = []

    async def stalled(**_: object) -> Shipped:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cycle")
        return Shipped()

    monkeypatch.setattr(yard.backups.shipper, "ship", stalled)
    async with asyncio.timeout(patience(5)):
        async with shipping(yard.backups, yard.time.monotonic, [], last=0.01):
            await asyncio.sleep(0)
        ended.append("block")
    assert ended == ["cycle", "cycle", "block"], "the one under way, and the last one"
    assert await yard.house.storage.unshipped(1) != []


async def test_a_site_without_backups_ships_nothing() -> None:
    """There is nowhere to: no task runs beside the requests, and no cycle is told of."""
    before, heard = asyncio.all_tasks(), list[Shipped]()
    async with shipping(None, FakeTime().monotonic, [heard.append]):
        await asyncio.sleep(0)
        served = asyncio.all_tasks() - before
    assert (served, heard) == (set(), [])


class Diary:
    """A log, and what was written since one last looked."""

    def __init__(self) -> None:
        self._stream = io.BytesIO()
        self.log = ShippingLog(open_log(self._stream, FakeTime().clock), [EAST, WEST, ABROAD])

    def lines(self) -> list[dict[str, Any]]:
        """Return what was written, without the times."""
        lines = [json.loads(line) for line in self._stream.getvalue().splitlines()]
        self._stream.seek(0)
        self._stream.truncate()
        return [{name: value for name, value in line.items() if name != "time"} for line in lines]


def test_a_failure_is_told_when_it_comes_and_when_it_goes() -> None:
    """And not with each cycle."""
    diary = Diary()
    for _ in range(2):
        diary.log.tell(Shipped(failure=Failure("unavailable")))
    diary.log.tell(Shipped(failure=Failure("fault", "KeyError at here.py:1")))
    for _ in range(2):
        diary.log.tell(Shipped())
    assert diary.lines() == [
        {"level": "error", "event": "shipping-failed", "reason": "unavailable", "where": ""},
        {"level": "error", "event": "shipping-failed", "reason": "fault", "where": "KeyError at here.py:1"},
        {"level": "info", "event": "shipping-recovered"},
    ]


def test_a_store_that_is_behind_is_told_likewise() -> None:
    """By its number; a cycle that fails says nothing of stores."""
    diary = Diary()
    for _ in range(2):
        diary.log.tell(Shipped(behind={WEST: "unavailable"}))
    diary.log.tell(Shipped(failure=Failure("unavailable")))
    diary.lines()
    diary.log.tell(Shipped(behind={WEST: "conflict", ABROAD: "unavailable"}))
    diary.log.tell(Shipped(behind={ABROAD: "unavailable"}))
    assert diary.lines() == [
        {"level": "info", "event": "shipping-recovered"},
        {"level": "warning", "event": "store-behind", "store": "blobs 2", "reason": "conflict"},
        {"level": "warning", "event": "store-behind", "store": "blobs 3", "reason": "unavailable"},
        {"level": "info", "event": "store-recovered", "store": "blobs 2"},
    ]
