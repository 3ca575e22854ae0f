"""Two processes serve the same tenants from the same files."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from entrypoints.sandbox.forge import LARGE_CONTEXT
from entrypoints.sandbox.jira import ConnectSite
from tests.faults.writers import Promise, Writer, heard_issues, outline, write_and_look
from tests.patience import patience
from tests.processes import Machine, Process, tell

EDITS = 40


@pytest.fixture
def pair(computer: Machine) -> tuple[Process, Process]:
    """Return two processes over one data directory."""
    return computer.start(), computer.start()


@pytest.fixture
def site(computer: Machine, pair: tuple[Process, Process]) -> ConnectSite:
    """Return a site that one of the processes has installed."""
    return computer.install(pair[0])


@pytest.fixture
async def clients(
    computer: Machine, pair: tuple[Process, Process], site: ConnectSite
) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """Yield Ann at one process and Ben at the other."""
    async with computer.client(pair[0], site, "ann") as ann, computer.client(pair[1], site, "ben") as ben:
        yield ann, ben


@pytest.fixture
async def panorama(clients: tuple[httpx.AsyncClient, httpx.AsyncClient]) -> str:
    """Return a panorama that Ann has begun at one process."""
    answer = await clients[0].post("/api/panoramas", json={"name": "Roadmap"})
    return str(answer.json()["id"])


async def test_edits_at_both_are_all_accepted_and_seen_at_both(
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient], panorama: str
) -> None:
    """Concurrent edits take a version each; right after an answer, the other process shows what was answered."""
    writers = [Writer(panorama, iter(range(start, start + EDITS))) for start in (1, 1_001)]
    ann, ben = clients
    await asyncio.gather(
        write_and_look(writers[0], panorama, ann, ben, range(1, 1 + EDITS)),
        write_and_look(writers[1], panorama, ben, ann, range(1_001, 1_001 + EDITS)),
    )
    shown = [await outline(client, panorama) for client in clients]
    assert shown[0] == shown[1]
    assert len(shown[0]["nodes"]) == 2 * EDITS
    assert shown[0]["version"] == f"1.{2 * EDITS + 1}"


async def test_events_cross_from_one_process_to_the_other(
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient], panorama: str
) -> None:
    """A stream at one process tells of every edit at the other, in order."""
    ann, ben = clients
    writer = Writer(panorama)
    async with asyncio.timeout(patience(30)):
        listening = asyncio.create_task(heard_issues(ann, panorama, EDITS))
        for issue in range(1, EDITS + 1):
            await writer.ask(ben, Promise(f"key-{issue}", issue))
        assert await listening == list(range(1, EDITS + 1))


async def test_a_token_that_changed_something_at_one_is_refused_at_the_other(
    computer: Machine, pair: tuple[Process, Process]
) -> None:
    """The `jti` of a Forge token, as large as they come, is used once, whichever process it comes to second."""
    site = computer.jira.new_forge_site()
    assert tell(pair[0], computer.jira.forge.installed(site)).is_success
    headers = computer.jira.forge.page_headers(site, "ann", context_size=LARGE_CONTEXT)
    async with httpx.AsyncClient(headers=headers) as client:
        first = await client.post(f"{pair[0].url}/api/panoramas", json={"name": "Roadmap"})
        second = await client.post(f"{pair[1].url}/api/panoramas", json={"name": "Roadmap"})
    assert first.is_success, first.text
    assert second.status_code == httpx.codes.UNAUTHORIZED


async def test_a_secret_that_one_process_swapped_holds_at_the_other(
    computer: Machine, pair: tuple[Process, Process], site: ConnectSite
) -> None:
    """After a re-installation at one process, the other takes the new secret at once."""
    async with computer.client(pair[1], site) as client:
        assert (await client.get("/api/panoramas")).is_success
    computer.jira.swap_secret(site)
    computer.install(pair[0], site)
    async with computer.client(pair[1], site) as client:
        assert (await client.get("/api/panoramas")).is_success


async def test_a_removal_at_one_process_ends_the_service_at_the_other(
    computer: Machine, pair: tuple[Process, Process], site: ConnectSite
) -> None:
    """Within five seconds, the oldest that a process's view of a tenant may be, the other refuses the site too."""
    async with computer.client(pair[1], site) as client, asyncio.timeout(patience(10)):
        assert (await client.get("/api/panoramas")).is_success
        assert tell(pair[0], computer.jira.uninstalled(site)).is_success
        while (await client.get("/api/panoramas")).is_success:
            await asyncio.sleep(0.1)
        assert (await client.get("/api/panoramas")).status_code == 403
