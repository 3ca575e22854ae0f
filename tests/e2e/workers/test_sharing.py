"""Workers share what several processes on one storage share: each sees at once what another has answered."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from entrypoints.sandbox.jira import ConnectSite
from tests.e2e.workers.worker_service import WorkerService
from tests.faults.writers import Promise, Writer, heard_issues, outline, write_and_look
from tests.patience import Deadline, patience
from tests.processes import Machine, tell

EDITS = 20


@pytest.fixture
async def clients(
    service: WorkerService, site: ConnectSite
) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """Yield Ann at one worker and Ben at the other."""
    async with service.client(1, site, "ann") as ann, service.client(2, site, "ben") as ben:
        yield ann, ben


@pytest.fixture
async def panorama(clients: tuple[httpx.AsyncClient, httpx.AsyncClient]) -> str:
    """Return a panorama that Ann has begun at one worker."""
    answer = await clients[0].post("/api/panoramas", json={"name": "Roadmap"})
    return str(answer.json()["id"])


async def test_an_edit_at_one_worker_is_seen_at_the_other(
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient], panorama: str
) -> None:
    """Right after its answer, and whichever of the two it was made at; edits at both at once are all kept."""
    writers = [Writer(panorama, iter(range(start, start + EDITS))) for start in (1, 1_001)]
    ann, ben = clients
    await write_and_look(writers[0], panorama, ann, ben, range(1, 1 + EDITS))
    await write_and_look(writers[1], panorama, ben, ann, range(1_001, 1_001 + EDITS))
    shown = [await outline(client, panorama) for client in clients]
    assert shown[0] == shown[1]
    assert len(shown[0]["nodes"]) == 2 * EDITS


async def test_an_edit_at_one_worker_reaches_a_stream_at_the_other(
    service: WorkerService, site: ConnectSite, clients: tuple[httpx.AsyncClient, httpx.AsyncClient], panorama: str
) -> None:
    """Every edit, in order."""
    writer = Writer(panorama)
    async with asyncio.timeout(patience(30)), service.client(2, site) as listener:
        listening = asyncio.create_task(heard_issues(listener, panorama, EDITS))
        for issue in range(1, EDITS + 1):
            await writer.ask(clients[0], Promise(f"key-{issue}", issue))
        assert await listening == list(range(1, EDITS + 1))


async def test_a_request_that_is_repeated_at_the_other_worker_changes_nothing(
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient], panorama: str
) -> None:
    """Under the same idempotency key it gets the first answer."""
    action = {"action": "add", "kind": "ISSUE", "issue": 7, "node": -1, "place": {"under": None}}
    path, headers = f"/api/panoramas/{panorama}/changes", {"Idempotency-Key": "once"}
    ann, ben = clients
    first = await ann.post(path, json={"actions": [action]}, headers=headers)
    again = await ben.post(
        path, json={"actions": [action]}, headers=headers | {"Authorization": ann.headers["Authorization"]}
    )
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json()["made"] == first.json()["made"]
    assert len((await outline(ben, panorama))["nodes"]) == 1


async def test_a_token_that_changed_something_at_one_worker_is_refused_at_the_other(
    computer: Machine, service: WorkerService
) -> None:
    """The `jti` of a Forge token is used once."""
    site = computer.jira.new_forge_site()
    assert tell(service.process, computer.jira.forge.installed(site)).is_success
    headers = computer.jira.forge.page_headers(site, "ann")
    async with service.client(1) as one, service.client(2) as two:
        first = await one.post("/api/panoramas", json={"name": "Roadmap"}, headers=headers)
        second = await two.post("/api/panoramas", json={"name": "Roadmap"}, headers=headers)
    assert (first.status_code, second.status_code) == (201, 401)


async def scraped(client: httpx.AsyncClient, up: dict[str, float]) -> dict[str, float]:
    """Return how many lists each worker has answered, by a scrape that finds these workers up.

    A worker of a slow machine may not answer in time, so that it is scraped again.
    """
    deadline = Deadline(30)
    while (found := await scrape(client))[1] != up:
        assert not deadline.has_passed(), found
    return found[0]


async def scrape(client: httpx.AsyncClient) -> tuple[dict[str, float], dict[str, float]]:
    """Return how many lists each worker has answered, and whether it is up."""
    answer = await client.get("/metrics")
    assert answer.is_success
    lists, up = {}, {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            if sample.name == "panorama_worker_up":
                up[sample.labels["worker"]] = sample.value
            if sample.name == "panorama_requests_total" and sample.labels["route"] == "/api/panoramas":
                lists[sample.labels["worker"]] = sample.value
    return lists, up


async def test_whichever_worker_is_scraped_answers_for_both(
    service: WorkerService, clients: tuple[httpx.AsyncClient, httpx.AsyncClient]
) -> None:
    """The requests at each are counted under its number, and add up to all that were made."""
    for _ in range(3):
        assert (await clients[0].get("/api/panoramas")).is_success
    for _ in range(5):
        assert (await clients[1].get("/api/panoramas")).is_success
    for client in clients:
        lists = await scraped(client, {"1": 1, "2": 1})
        assert set(lists) == {"1", "2"}
        assert sum(lists.values()) == 8


async def test_a_worker_that_hangs_is_shown_and_delays_no_scrape_for_long(
    service: WorkerService, site: ConnectSite
) -> None:
    """Its series are missing until it answers again; counters show a gap and no fall."""
    async with service.client(1, site) as client:
        assert (await client.get("/api/panoramas")).is_success
        with service.only(1):
            assert await scraped(client, {"1": 1, "2": 0}) == {"1": 1}
        assert await scraped(client, {"1": 1, "2": 1}) == {"1": 1}
