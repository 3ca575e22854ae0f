"""The demo works on a fresh machine, goes on with what it finds, and ends or stays as it is told."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from entrypoints.cli.exits import Exit
from tests.free_ports import free_port
from tests.patience import patience
from tests.processes import Process

PROGRAM = Path(sys.executable).with_name("panorama")
PATIENCE = 30.0


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return what the demo is to find: a data directory that is not there yet, and a free port."""
    own = {"PANORAMA_DATA": str(tmp_path / "data"), "PANORAMA_SERVER__PORT": str(free_port()), "COLUMNS": "120"}
    return os.environ | own


def play(environment: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    """Run the demo to its end."""
    return subprocess.run(
        [PROGRAM, "demo", *options],
        env=environment,
        capture_output=True,
        text=True,
        timeout=patience(PATIENCE),
        check=False,
    )


def summary(environment: dict[str, str], *options: str) -> Any:
    """Run the demo to its end and return what it tells machines."""
    result = play(environment, "--once", "--json", *options)
    assert result.returncode == Exit.DONE, result.stderr
    return json.loads(result.stdout)


def test_a_second_run_goes_on_with_what_the_first_has_left(environment: dict[str, str]) -> None:
    """The same site, the same panorama with more in it, and no second import."""
    first, second = summary(environment), summary(environment)
    assert (first["found"], second["found"]) == (0, 2)
    assert first["nodes"] >= 28
    assert second["nodes"] > first["nodes"]
    assert {name: second[name] for name in ("tenant", "panorama", "imported")} == {
        name: first[name] for name in ("tenant", "panorama", "imported")
    }


def test_the_site_is_kept_for_its_owner_alone(environment: dict[str, str]) -> None:
    """Its secret is in a file of mode 0600 and in nothing that is printed or logged."""
    data = Path(environment["PANORAMA_DATA"])
    result = play(environment)
    site = data / "demo-site.json"
    secret = json.loads(site.read_text(encoding="utf-8"))["shared_secret"]
    assert site.stat().st_mode & 0o777 == 0o600
    assert (data / "demo.log").stat().st_mode & 0o777 == 0o600
    assert secret not in result.stdout + result.stderr + (data / "demo.log").read_text(encoding="utf-8")


def test_the_tree_is_shown_as_it_grows(environment: dict[str, str]) -> None:
    """What is new, moved and back again stands out; the second user's change comes in over the stream."""
    shown = play(environment).stdout
    for phrase in ("Discovery  new", "issue 10002  moved", "Design  back", "From Ben  new", "over its event stream"):
        assert phrase in shown
    assert shown.index("Discovery  new") < shown.index("Ship  new") < shown.index("issue 10002  moved")
    assert "/schema" in shown.splitlines()[-1]


def test_forge_calls_in_the_demo_as_on_a_site(environment: dict[str, str]) -> None:
    """A page calls first, then events come, all signed as Forge signs; each is answered, also in the next run."""
    log = Path(environment["PANORAMA_DATA"]) / "demo.log"
    for run in (1, 2):
        shown = " ".join(play(environment).stdout.split())
        assert "Cem's page calls before the installation is told" in shown
        assert "Dora finds “Through Forge” all the same" in shown
        lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        calls = [each for each in lines if "route" in each]
        events = [(each["method"], each["route"], each["status"]) for each in calls if "/forge/" in each["route"]]
        assert events == [("POST", "/forge/lifecycle", 200), ("POST", "/forge/hourly", 200)] * run
        first = next(number for number, each in enumerate(calls) if each["route"] == "/forge/lifecycle")
        before, behind = calls[first - 1], calls[first + 2]
        assert [each["status"] for each in (before, behind)] == [201, 200]
        assert before["tenant"] == behind["tenant"] != calls[first - 3]["tenant"]


def test_a_port_that_is_taken_is_told_and_another_one_used(environment: dict[str, str]) -> None:
    """The demo does not fail because something else runs on the machine."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(environment["PANORAMA_SERVER__PORT"])))
        other.listen()
        result = play(environment)
    assert result.returncode == Exit.DONE, result.stderr
    assert f"Port {environment['PANORAMA_SERVER__PORT']} is taken" in result.stdout


@pytest.fixture
def staying(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Yield a demo that leaves the service up, and see to its end."""
    with subprocess.Popen([PROGRAM, "demo", "--serve"], env=environment, stdout=subprocess.PIPE, text=True) as demo:
        try:
            yield demo
        finally:
            demo.kill()


def test_the_service_stays_up_until_it_is_interrupted(
    staying: subprocess.Popen[str], environment: dict[str, str]
) -> None:
    """The page of the API can be opened; Ctrl-C then ends the demo in order."""
    assert staying.stdout is not None
    for line in staying.stdout:
        if line.startswith("The service stays up"):
            break
    url = f"http://127.0.0.1:{environment['PANORAMA_SERVER__PORT']}"
    assert httpx.get(f"{url}/schema").is_success
    assert httpx.get(f"{url}/readyz").is_success
    staying.send_signal(signal.SIGINT)
    assert staying.wait(patience(PATIENCE)) == Exit.DONE
    assert list(Path(environment["PANORAMA_DATA"]).glob("*-wal")) == []


def test_a_demo_that_is_interrupted_half_way_says_so(
    staying: subprocess.Popen[str], environment: dict[str, str]
) -> None:
    """Exit code 5; everything is closed, and the next run goes on."""
    assert staying.stdout is not None
    assert "signed with RS256" in staying.stdout.readline()
    staying.send_signal(signal.SIGINT)
    assert staying.wait(patience(PATIENCE)) == Exit.INTERRUPTED
    assert list(Path(environment["PANORAMA_DATA"]).glob("*-wal")) == []
    assert summary(environment)["nodes"] >= 28


@contextmanager
def serving(environment: dict[str, str], folder: Path) -> Iterator[Process]:
    """Run a service that is not the demo's own."""
    process = Process(environment, folder / "service.log")
    try:
        process.await_readiness()
        yield process
    finally:
        process.stop()


def test_the_demo_plays_against_a_service_that_runs_already(environment: dict[str, str], tmp_path: Path) -> None:
    """Given its address, where that service takes the word of the demo's key server; else it says what to do."""
    keys_port = free_port()
    keys = ("--keys-port", str(keys_port))
    missing = play(environment, "--url", f"http://127.0.0.1:{free_port()}", *keys)
    assert missing.returncode == Exit.UNAVAILABLE
    assert "the service does not answer" in missing.stderr
    with serving(environment, tmp_path) as process:
        refused = play(environment, "--url", process.url, *keys)
    assert refused.returncode == Exit.REFUSED
    word = f"http://127.0.0.1:{keys_port}"
    assert f"PANORAMA_APP__KEY_SERVERS={word}" in refused.stderr
    with serving(environment | {"PANORAMA_APP__KEY_SERVERS": word}, tmp_path) as process:
        assert summary(environment, "--url", process.url, *keys)["url"] == process.url
