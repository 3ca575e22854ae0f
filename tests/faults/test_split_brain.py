"""Two sites alive at once, as processes: one of them writes at a time, whoever is stopped or cut off when."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from application.failover.fence import PERIOD
from entrypoints.sandbox.jira import ConnectSite
from tests.e2e.wishes import add_note, batch
from tests.patience import Deadline, patience
from tests.processes import Machine, Process, machine

EAST = {"PANORAMA_ACTIVE": "east"}
WEST = {"PANORAMA_ACTIVE": "west"}
PROGRAM = Path(sys.executable).with_name("panorama")
SITE = 'storage = "sqlite:storage.db"\nvault = "sqlite:vault.db"\nkeys = ["file:keyring"]\n'
CONTROL = ("one", "two", "three")


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    """Return a configuration of two sites with three control stores.

    Both have the same storage, as if every write reached the other in no time: what is looked at is who acknowledges.
    """
    stores = ", ".join(f'"dir:{name}"' for name in CONTROL)
    file = tmp_path / "panorama.toml"
    file.write_text(f"[control]\nstores = [{stores}]\n[sites.east]\n{SITE}[sites.west]\n{SITE}", encoding="utf-8")
    return file


@pytest.fixture
def sites(tmp_path: Path, configuration: Path) -> Iterator[Machine]:
    """Yield the machine on which both run."""
    with machine(tmp_path, {"PANORAMA_CONFIG": str(configuration)}) as made:
        yield made


@pytest.fixture
def pair(sites: Machine) -> tuple[Process, Process]:
    """Return a process of the site that was there first, and one of the other."""
    return sites.start(EAST), sites.start(WEST)


@pytest.fixture
def site(sites: Machine, pair: tuple[Process, Process]) -> ConnectSite:
    """Return a Jira site that has installed the app."""
    return sites.install(pair[0])


def failover(configuration: Path, data: Path, *words: str) -> str:
    """Run `panorama failover` and return what it prints."""
    command: list[str | Path] = [PROGRAM, "failover", *words, "--config", configuration, "--text"]
    environment = {"PANORAMA_DATA": str(data), "PANORAMA_ACTIVE": "west"}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, timeout=patience(60)
    ).stdout


async def acknowledged(client: httpx.AsyncClient, panorama: str) -> bool:
    """Make one edit; whether it was acknowledged."""
    answer = await client.post(f"/api/panoramas/{panorama}/changes", json=batch(add_note("x")))
    assert answer.is_success or answer.json()["type"] == "/schema#read-only", answer.text
    return answer.is_success


async def begun(client: httpx.AsyncClient) -> str:
    """Begin a panorama and return its id."""
    return str((await client.post("/api/panoramas", json={"name": "Plan"})).json()["id"])


def cut_off(data: Path, *stores: str) -> None:
    """Put something that is no directory in the place of control stores."""
    for name in stores:
        (data / name).rename(data / f"{name}-away")
        (data / name).touch()


def reach_again(data: Path, *stores: str) -> None:
    """Put the control stores back."""
    for name in stores:
        (data / name).unlink()
        (data / f"{name}-away").rename(data / name)


async def until(seconds: float, client: httpx.AsyncClient, panorama: str, *, writes: bool) -> float:
    """Edit until edits are acknowledged, or until they are not any more; return when that was."""
    deadline = Deadline(seconds)
    while not deadline.has_passed():
        if await acknowledged(client, panorama) is writes:
            return time.monotonic()
        await asyncio.sleep(0.1)
    pytest.fail(f"after {patience(seconds):.0f} s edits are {'not' if writes else 'still'} acknowledged")


async def test_split_brain_of_a_stopped_process(
    sites: Machine, configuration: Path, pair: tuple[Process, Process], site: ConnectSite
) -> None:
    """A site that was stopped while another took over acknowledges nothing any more, not even what it had received.

    The request comes over a connection of its own: one that was idle for long is closed unread.
    """
    east, west = pair
    async with sites.client(east, site) as ann, sites.client(west, site) as ben:
        panorama = await begun(ann)
        assert not await acknowledged(ben, panorama)
        assert "Site east writes in epoch 1." in failover(configuration, sites.data, "status")
        east.pause()
        late = sites.client(east, site)
        received = asyncio.create_task(acknowledged(late, panorama))
        await asyncio.sleep(patience(0.2))
        printed = await asyncio.to_thread(failover, configuration, sites.data, "fence", "--to", "west")
        assert "Site west writes in epoch 2." in printed
        await until(10, ben, panorama, writes=True)
        east.resume()
        assert not await received
        await late.aclose()
        assert not await acknowledged(ann, panorama)
        await asyncio.sleep(PERIOD)
        shown = await ann.get(f"/api/panoramas/{panorama}")
        assert (shown.status_code, shown.json()["version"].partition(".")[0]) == (200, "0")
        readiness = await ann.get("/readyz")
        assert (readiness.status_code, readiness.json()["epoch"]) == (200, "read-only")


async def test_split_brain_of_a_site_that_is_cut_off(
    sites: Machine, configuration: Path, pair: tuple[Process, Process], site: ConnectSite
) -> None:
    """Without a majority a site stops within 15 s by itself; with one store out it goes on."""
    east, _ = pair
    async with sites.client(east, site) as ann:
        panorama = await begun(ann)
        cut_off(sites.data, "one")
        await asyncio.sleep(6)
        assert await acknowledged(ann, panorama)
        cut_off(sites.data, "two")
        cut = time.monotonic()
        stopped = await until(20, ann, panorama, writes=False)
        assert stopped - cut <= patience(16), "the bound by a clock of its own: test_split_brain_lines"
        reach_again(sites.data, "two")
        await until(10, ann, panorama, writes=True)
