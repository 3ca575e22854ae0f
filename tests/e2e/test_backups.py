"""A service ships what its users do, by itself, and nothing that they typed is in what it ships."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from application.backups.packs import unpacked
from entrypoints.cli.exits import Exit
from tests.e2e.wishes import add_note, batch
from tests.patience import Deadline
from tests.processes import Machine, machine

PATIENCE = 40.0
TITLE = "canary title 6677"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Machine]:
    """Yield a machine whose backups go to two directories."""
    with machine(tmp_path, {"PANORAMA_SITES__LOCAL__BLOBS": "dir:blobs,dir:more"}) as one:
        yield one


def metric(url: str, name: str) -> float:
    """Return a sample of what the service shows."""
    text = httpx.get(f"{url}/metrics").raise_for_status().text
    found = re.search(rf"^panorama_backup_{re.escape(name)} (.+)$", text, re.MULTILINE)
    assert found is not None, text
    return float(found[1])


def until(happened: Callable[[], bool]) -> None:
    """Wait for what the service does by itself."""
    deadline = Deadline(PATIENCE)
    while not happened():
        assert not deadline.has_passed(), "it does not happen"
        time.sleep(0.1)


def objects(folder: Path) -> list[bytes]:
    """Return what the objects in a directory of blobs hold, which has a header of 32 bytes."""
    return [path.read_bytes()[32:] for path in (folder / "blobs" / "objects+").rglob("*@")]


async def test_what_users_do_is_shipped_by_itself(home: Machine) -> None:
    """Within a cycle, to both directories; a kill costs nothing, and an orderly end ships what is left."""
    process = home.start()
    site = home.install(process)
    async with home.client(process, site) as client:
        panorama = (await client.post("/api/panoramas", json={"name": TITLE})).json()["id"]
        assert (await client.post(f"/api/panoramas/{panorama}/changes", json=batch(add_note(TITLE)))).is_success
    until(lambda: metric(process.url, "lag_seconds") == 0 and metric(process.url, "segments_total") >= 1)
    process.kill()
    process = home.start()
    async with home.client(process, site) as client:
        assert (await client.post(f"/api/panoramas/{panorama}/changes", json=batch(add_note(TITLE)))).is_success
    assert process.stop() == Exit.DONE
    status = json.loads(home.run("backup", "status", "--json").stdout)
    assert status["fine"] is True
    assert status["status"]["lag"] == "P0D"
    assert home.run("backup", "verify", "--json").returncode == Exit.DONE
    for folder in (home.data / "blobs", home.data / "more"):
        packs = [content for content in objects(folder) if content.startswith(b"PANOBAK1")]
        held = [record for content in packs for records in unpacked(content) for record in records]
        changes = {record.ref.key for record in held if record.ref.kind == "change"}
        assert changes == {f"{panorama}/{version:012d}" for version in (1, 2, 3)}
        shown = [record.body or b"" for record in held] + [repr(record.ref).encode() for record in held]
        files = [path.read_bytes() for path in folder.rglob("*@")]
        for secret in (TITLE, site.shared_secret):
            assert secret.encode() not in b"".join(shown + files)


async def test_a_directory_that_is_lost_is_told_and_made_again(home: Machine) -> None:
    """The service goes on; what was in it is put there once more when there is a directory again."""
    process = home.start()
    home.install(process)
    until(lambda: metric(process.url, "segments_total") >= 1)
    (home.data / "more").rename(home.data / "away")
    until(lambda: '"store-behind"' in home.log.read_text(encoding="utf-8"))
    assert metric(process.url, 'store_behind_seconds{store="blobs 2"}') > 0
    assert metric(process.url, 'store_behind_seconds{store="blobs 1"}') == 0
    (home.data / "away").rename(home.data / "more")
    until(lambda: metric(process.url, 'store_behind_seconds{store="blobs 2"}') == 0)
    lines = [json.loads(line) for line in home.log.read_text(encoding="utf-8").splitlines()]
    assert [line["store"] for line in lines if line["event"] == "store-behind"] == ["blobs 2"]
