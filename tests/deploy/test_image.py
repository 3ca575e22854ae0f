"""The image runs as a cloud runs it: nobody in particular, without capabilities, on a root that it cannot write to."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.deploy.containers import Container, Image, built, once, serving
from tests.free_ports import free_port
from tests.patience import Deadline

pytestmark = pytest.mark.timeout(2_400)
USER = 10_001


@pytest.fixture(scope="module")
def image() -> Image:
    """Build it."""
    return built()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a directory that belongs to the user of the image."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    os.chown(folder, USER, USER)
    return folder


@pytest.fixture
def port() -> int:
    """Return where the service is to listen."""
    return free_port()


@pytest.fixture
def container(image: Image, data: Path, port: int) -> Iterator[Container]:
    """Yield the service in a container."""
    with serving(image, data, port) as made:
        yield made


def await_life(port: int) -> None:
    """Return when the service answers."""
    deadline = Deadline(60)
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz").raise_for_status()
        except httpx.TransportError:
            assert not deadline.has_passed(), "it does not come up"
            time.sleep(0.05)
        else:
            return


def test_it_serves_with_all_capabilities_dropped_and_a_root_that_is_only_read(
    container: Container, port: int, data: Path
) -> None:
    """What it writes is in the data directory; its own health check finds it alive; told to stop, it ends in order."""
    await_life(port)
    assert httpx.get(f"http://127.0.0.1:{port}/readyz").is_success
    assert container.inside("python3.11", "-m", "entrypoints.cli.main", "health").returncode == 0
    status = container.inside("python3.11", "-c", "print(open('/proc/1/status').read())").stdout
    fields = dict(line.split(":\t") for line in status.splitlines() if ":\t" in line)
    assert fields["CapEff"] == fields["CapBnd"] == "0000000000000000"
    assert fields["Uid"].split() == [str(USER)] * 4
    assert fields["NoNewPrivs"] == "1"
    written = container.inside("python3.11", "-c", "open('/app/x', 'w')")
    assert "Read-only file system" in written.stderr
    assert (data / "storage.db").stat().st_mode & 0o777 == 0o600
    assert container.stop() == 0


def test_a_service_that_does_not_live_is_told(image: Image, port: int) -> None:
    """The health check ends with another code than 0 where nobody listens."""
    assert once(image, f"--env=PANORAMA_SERVER__PORT={port}", command=["health"]).returncode == 4


def test_every_command_is_in_the_one_image(image: Image) -> None:
    """Serving, maintaining and failing over are words behind the same entry point."""
    assert {"serve", "maintain", "failover", "preflight"} <= set(once(image, command=["--help"]).stdout.split())


def test_it_carries_the_list_of_what_is_in_it(image: Image) -> None:
    """A CycloneDX document names each package of the lock."""
    shown = once(image, "--entrypoint=python3.11", command=["-c", "print(open('/app/sbom.json').read())"])
    bill = json.loads(shown.stdout)
    lock = (Path(__file__).parents[2] / "requirements/runtime.txt").read_text(encoding="utf-8")
    pinned = {line.split(" ")[0].partition("[")[0].partition("==")[0] for line in lock.splitlines() if "==" in line}
    assert pinned <= {component["name"].lower() for component in bill["components"]}
    assert bill["bomFormat"] == "CycloneDX"
