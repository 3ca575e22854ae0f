"""A part that can be done without is out: what does not need it goes on, and readiness says which it is."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.faults.writers import Promise, Writer, outline
from tests.processes import Machine, machine, tell

TWO_KEYRINGS = {
    "PANORAMA_SITES__LOCAL__KEYS": "file:first,file:second",
    "PANORAMA_SITES__LOCAL__BLOBS": "dir:blobs,dir:more",
}


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[Machine]:
    """Yield a machine whose data keys are wrapped twice and whose blobs go to two directories."""
    with machine(tmp_path, TWO_KEYRINGS) as made:
        yield made


def readiness(url: str) -> tuple[int, list[str]]:
    """Return the status of readiness and the parts that are out."""
    answer = httpx.get(f"{url}/readyz")
    return answer.status_code, [name for name, state in answer.json().items() if state != "ok"]


@pytest.mark.parametrize("lost", ["first", "second"])
async def test_one_key_manager_that_is_lost_stops_neither_reads_nor_edits(computer: Machine, lost: str) -> None:
    """Either of two keyrings opens every data key, in another process too; new sites wait until both are back."""
    process, fresh = computer.start(), computer.start()
    site = computer.install(process)
    async with computer.client(process, site) as client:
        panorama = (await client.post("/api/panoramas", json={"name": "Roadmap"})).json()["id"]
    (computer.data / lost).rename(computer.data / f"{lost}.away")
    for each in (process, fresh):
        status, out = readiness(each.url)
        assert (status, len(out)) == (200, 1)
        async with computer.client(each, site) as client:
            await Writer(panorama).ask(client, Promise(each.url, each.port))
            assert each.port in {row[3] for row in (await outline(client, panorama))["nodes"]}
    stranger = computer.jira.new_site()
    assert tell(process, computer.jira.installed(stranger)).status_code == httpx.codes.SERVICE_UNAVAILABLE
    (computer.data / f"{lost}.away").rename(computer.data / lost)
    computer.install(process, stranger)
    assert readiness(process.url) == (200, [])


async def test_all_key_managers_lost_leave_what_is_in_memory(computer: Machine) -> None:
    """A process that holds a tenant's key serves on; one that does not answers 503 and says why in its log."""
    process = computer.start()
    site = computer.install(process)
    async with computer.client(process, site) as client:
        panorama = (await client.post("/api/panoramas", json={"name": "Roadmap"})).json()["id"]
        # Its jobs would look after the tenant's index, for which they would take its key into memory.
        fresh = computer.start({"PANORAMA_MAINTENANCE__BACKGROUND": "false"})
        for name in ("first", "second"):
            (computer.data / name).unlink()
        await Writer(panorama).ask(client, Promise("still", 1))
    async with computer.client(fresh, site) as client:
        assert (await client.get(f"/api/panoramas/{panorama}")).status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert readiness(fresh.url)[0] == httpx.codes.SERVICE_UNAVAILABLE
    assert '"reason":"port-unavailable"' in fresh.log.read_text()


async def test_a_blob_store_that_is_lost_is_told_and_nothing_else(computer: Machine) -> None:
    """Edits need no blobs."""
    process = computer.start()
    site = computer.install(process)
    (computer.data / "more").rename(computer.data / "more.away")
    assert readiness(process.url) == (200, ["blobs 2"])
    async with computer.client(process, site) as client:
        assert (await client.post("/api/panoramas", json={"name": "Roadmap"})).is_success
