"""A site that is not, or not surely, the one that writes answers reads and acknowledges nothing."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from application.failover.fence import Fence
from application.failover.takeover import take_over
from domain.epochs import CONFIRMED_FOR
from entrypoints.sandbox.jira import ConnectSite
from entrypoints.sandbox.keys import SandboxKeys
from ports.storage import Record
from tests.e2e.service import Service, running
from tests.e2e.wishes import add_note, batch
from tests.fakes.house import House
from tests.fakes.sources import FakeTime
from tests.fakes.storage import MemoryStorage
from tests.unit.application.failover.scenes import Scene, begun


class Sleepy(MemoryStorage):
    """A storage during whose next write the process is stopped for as long as is said."""

    def __init__(self, time: FakeTime) -> None:
        super().__init__()
        self.time = time
        self.stopped_for = 0.0

    async def put(self, record: Record) -> None:
        await super().put(record)
        self.time.go_on(seconds=self.stopped_for)


class East:
    """The service of the site `east`, which writes in the first epoch, and what is around it."""

    def __init__(self, made: Scene, fence: Fence, service: Service, storage: Sleepy) -> None:
        self.made = made
        self.fence = fence
        self.service = service
        self.storage = storage

    async def lose(self) -> None:
        """Let another site take over, and this one learn of it."""
        await take_over(self.made.control(), "west", self.made.time.sleep)
        await self.fence.confirm()


@pytest.fixture
async def east(keys: SandboxKeys) -> AsyncIterator[East]:
    """Yield a service that has been confirmed just now."""
    made = await begun(site="east")
    fence, storage = made.fence("east"), Sleepy(made.time)
    await fence.confirm()
    async with running(House(storage, time=made.time, fence=fence), keys) as service:
        yield East(made, fence, service, storage)


@pytest.fixture
async def site(east: East) -> ConnectSite:
    """Return a Jira site that the service serves."""
    return await east.service.install()


@pytest.fixture
async def ann(east: East, site: ConnectSite) -> AsyncIterator[httpx.AsyncClient]:
    """Yield Ann's client."""
    async with east.service.client(site) as client:
        yield client


@pytest.fixture
async def changes(ann: httpx.AsyncClient) -> str:
    """Return where the changes of a panorama are that Ann has begun."""
    created = await ann.post("/api/panoramas", json={"name": "Plan"})
    return f"/api/panoramas/{created.json()['id']}/changes"


def assert_read_only(answer: httpx.Response) -> None:
    """The problem names itself, and asks for a little patience."""
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["type"]) == (503, "/schema#read-only")
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_site_that_lost_its_epoch_answers_reads_and_takes_no_changes(
    east: East, ann: httpx.AsyncClient, changes: str
) -> None:
    """Changes, new panoramas and installations are refused; nothing of them is stored."""
    await east.lose()
    before = dict(east.storage.records)
    assert_read_only(await ann.post(changes, json=batch(add_note("lost"))))
    assert_read_only(await ann.post("/api/panoramas", json={"name": "Other"}))
    callback = east.service.jira.installed(east.service.jira.new_site())
    assert await east.service.tell(callback.path, callback.headers, callback.body) == 503
    assert east.storage.records == before
    assert (await ann.get(changes.removesuffix("/changes"))).json()["nodes"] == []
    assert [each["name"] for each in (await ann.get("/api/panoramas")).json()["panoramas"]] == ["Plan"]


async def test_what_it_tells_is_of_no_epoch(east: East, ann: httpx.AsyncClient, changes: str) -> None:
    """Versions that it told before are answered with "reload"; those that it tells now are nobody's."""
    panorama = changes.removesuffix("/changes")
    assert (await ann.get(panorama)).headers["etag"] == '"1.1-gzip"'
    await east.lose()
    shown = await ann.get(panorama, headers={"If-None-Match": '"1.1"'})
    assert (shown.status_code, shown.headers["etag"], shown.json()["version"]) == (200, '"0.1-gzip"', "0.1")
    gone = await ann.get(changes, params={"after": "1.1"})
    assert (gone.status_code, gone.json()["type"]) == (410, "/schema#reload")


async def test_nothing_is_acknowledged_once_the_confirmation_has_run_out(
    east: East, ann: httpx.AsyncClient, changes: str
) -> None:
    """Without a majority for 15 s the site is read-only, and writes again as soon as there is one."""
    east.made.time.go_on(seconds=CONFIRMED_FOR)
    assert_read_only(await ann.post(changes, json=batch(add_note("late"))))
    await east.fence.confirm()
    assert (await ann.post(changes, json=batch(add_note("in time")))).is_success


async def test_a_process_that_was_stopped_between_its_write_and_its_answer_acknowledges_nothing(
    east: East, ann: httpx.AsyncClient, changes: str
) -> None:
    """The change is stored, perhaps for nobody; who sent it is told that it was not taken."""
    east.storage.stopped_for = CONFIRMED_FOR
    assert_read_only(await ann.post(changes, json=batch(add_note("stopped"))))


async def test_a_repeat_that_finds_its_first_try_is_not_acknowledged_either(
    east: East, ann: httpx.AsyncClient, changes: str
) -> None:
    """Nothing need be written to answer it; but another site writes by now and may not have it."""
    wish, key = batch(add_note("twice")), {"Idempotency-Key": "k"}
    assert (await ann.post(changes, json=wish, headers=key)).is_success
    await east.lose()
    assert_read_only(await ann.post(changes, json=wish, headers=key))
    assert east.service.lines[-1]["reason"] == "read-only"
