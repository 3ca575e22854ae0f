"""Maintenance as an operator sees it: the command, the service's background, and both at once on the same data."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from application.maintenance.leases import Hold, Leases
from application.sealing.records import Records, Write
from application.tenants.replays import USE
from domain.ids import SYSTEM
from entrypoints.cli.app import app
from entrypoints.cli.exits import Exit
from entrypoints.configuration_file import embedded
from entrypoints.container import opened_site
from ports.storage import Ref, Shipping
from tests.patience import Deadline, patience
from tests.processes import Machine, machine

PROGRAM = Path(sys.executable).with_name("panorama")
SWEEP = "sweep"
FORGOTTEN = {"used tokens forgotten": 1}
PATIENCE = 20.0


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name the data directory that the commands work on."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PANORAMA_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@asynccontextmanager
async def records_in(data: Path) -> AsyncIterator[Records]:
    """Yield the records of a data directory."""
    async with opened_site(embedded({"PANORAMA_DATA": str(data)})) as outside:
        await outside.vault.create(SYSTEM)
        yield Records(outside.storage, outside.vault, lambda: datetime.now(UTC), os.urandom)


def leave_a_use(data: Path, key: str = "digest", due: timedelta = timedelta(days=-1)) -> None:
    """Leave what a token leaves behind that has expired."""

    async def leave() -> None:
        async with records_in(data) as records:
            ref = Ref(SYSTEM, USE, key)
            await records.put(Write(ref, 1, None, due=datetime.now(UTC) + due, shipping=Shipping.NEVER))

    asyncio.run(leave())


def die_over(job: str, data: Path) -> None:
    """Take a job's lease as a process that then dies."""

    async def die() -> None:
        async with records_in(data) as records:
            leases = Leases(records, lambda: datetime.now(UTC), time.monotonic, os.urandom)
            assert isinstance(await leases.take(job), Hold)

    asyncio.run(die())


def maintain(*options: str) -> Result:
    """Run the command as a program whose output is no terminal."""
    return CliRunner().invoke(app, ["maintain", *options])


def came(*options: str) -> dict[str, Any]:
    """Run the command, which succeeds, and return what came of the sweep."""
    result = maintain(*options)
    assert result.exit_code == Exit.DONE, result.stderr
    outcomes = {each["job"]: each for each in json.loads(result.stdout)["jobs"]}
    found: dict[str, Any] = outcomes[SWEEP]
    return found


def standing() -> dict[str, Any]:
    """Return how the sweep stands."""
    result = maintain("--plan")
    assert result.exit_code == Exit.DONE, result.stderr
    found: dict[str, Any] = next(job for job in json.loads(result.stdout)["jobs"] if job["job"] == SWEEP)
    return found


def until(happened: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    deadline = Deadline(PATIENCE)
    while not happened():
        assert not deadline.has_passed(), "it does not happen"
        time.sleep(0.05)


def test_whatever_is_due_is_done_and_told(data: Path) -> None:
    """Once; a repeat finds nothing to do."""
    leave_a_use(data)
    outcome = came()
    assert (outcome["outcome"], outcome["done"], outcome["findings"]) == ("done", FORGOTTEN, [])
    assert came()["done"] == {}


def test_people_are_told_in_a_table(data: Path) -> None:
    """Job, outcome, what was done."""
    leave_a_use(data)
    assert re.search(r"sweep +done +used tokens forgotten: 1", maintain("--text").stdout)


def test_the_plan_tells_how_each_job_stands_and_changes_nothing(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another process has done before is known; what is due stays due."""
    monkeypatch.setenv("COLUMNS", "200")
    leave_a_use(data)
    assert standing()["last"] is None
    came()
    leave_a_use(data, "other")
    stands = standing()
    assert stands["last"]["report"]["done"] == FORGOTTEN
    assert stands["succeeded"] == stands["last"]["at"]
    shown = maintain("--plan", "--text").stdout
    assert "forget used tokens that have expired" in shown
    assert re.search(r"sweep +20\d\d-\d\d-\d\d \d\d:\d\d +20\d\d-\d\d-\d\d \d\d:\d\d +done", shown)
    assert came()["done"] == FORGOTTEN


def test_a_dry_run_tells_what_would_be_done_and_does_nothing(data: Path) -> None:
    """What is due later is left out."""
    leave_a_use(data, due=timedelta(days=1))
    assert json.loads(maintain("--dry-run", "--job", SWEEP).stdout) == {"due": [], "failures": []}
    leave_a_use(data, "other")
    for _ in range(2):
        (due,) = json.loads(maintain("--dry-run", "--job", SWEEP).stdout)["due"]
        assert (due["job"], due["what"]) == (SWEEP, "forget used tokens that have expired")
    assert came()["done"] == FORGOTTEN


def test_one_job_is_done_alone(data: Path) -> None:
    """And one that there is not is refused with those there are."""
    leave_a_use(data)
    result = maintain("--job", SWEEP)
    assert [job["job"] for job in json.loads(result.stdout)["jobs"]] == [SWEEP]
    refused = maintain("--job", "sleep")
    assert refused.exit_code == Exit.REFUSED
    assert "there is no job sleep" in refused.stderr
    assert SWEEP in refused.stderr


def test_a_choice_is_a_choice(data: Path) -> None:
    """Of the three forms one is used at a time."""
    assert maintain("--watch", "--plan").exit_code == Exit.USAGE


def test_what_is_out_is_told_with_its_code(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that fails is told by its code, with a way out."""
    came()
    monkeypatch.setenv("PANORAMA_SITES__LOCAL__DEADLINE", "0.3")
    with subprocess.Popen(
        [sys.executable, "-c", LOCK, str(data / "storage.db")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"
        result = maintain("--text")
        holder.communicate(b"\n")
    assert result.exit_code == Exit.UNAVAILABLE
    assert "! sweep failed: deadline-exceeded; `panorama config check --connect`" in " ".join(result.stdout.split())


LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
"""


class Watch:
    """A running `panorama maintain --watch`, and what it has told."""

    def __init__(self, data: Path, *options: str) -> None:
        environment = {**os.environ, "PANORAMA_DATA": str(data), "PANORAMA_MAINTENANCE__PAUSE_SECONDS": "0.1"}
        self.told = data.parent / "told.jsonl"
        with self.told.open("wb") as output:
            self._child = subprocess.Popen(
                [PROGRAM, "maintain", *options], env=environment, stdout=output, stderr=subprocess.STDOUT
            )

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return the turns that it has told of."""
        return [json.loads(line) for line in self.told.read_text(encoding="utf-8").splitlines()]

    def catches(self, how: signal.Signals) -> bool:
        """Whether it has a handler for the signal, by the kernel's own word."""
        status = Path(f"/proc/{self._child.pid}/status").read_text(encoding="ascii")
        caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
        return bool(int(caught.split()[1], 16) >> (how - 1) & 1)

    def stop(self, how: signal.Signals) -> int:
        """Tell it to end, and return its exit code."""
        self._child.send_signal(how)
        return self._child.wait(patience(PATIENCE))

    def close(self) -> None:
        """End it if it has not ended."""
        self._child.kill()
        self._child.wait(patience(PATIENCE))


@pytest.fixture
def watch(data: Path) -> Iterator[Watch]:
    """Yield a command that watches."""
    came()
    watching = Watch(data, "--watch")
    yield watching
    watching.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_watch_goes_on_until_it_is_told_to_end(watch: Watch, data: Path, how: signal.Signals) -> None:
    """Turn after turn, a line each; then in order: exit code 0, no lease held, no journal left."""
    until(lambda: len(watch.lines) > 1)
    leave_a_use(data)
    until(lambda: any(line["done"] == FORGOTTEN for line in watch.lines))
    assert watch.stop(how) == Exit.DONE
    assert list(data.glob("*-wal")) == []
    assert not standing()["lease"]["holder"]


def test_a_command_that_waits_for_a_dead_process_s_lease_can_be_told_to_end(data: Path) -> None:
    """Exit code 5: it was not done."""
    came()
    die_over(SWEEP, data)
    waiting = Watch(data, "--json")
    try:
        until(lambda: bool(list(data.glob("*-wal"))) and waiting.catches(signal.SIGTERM))
        time.sleep(patience(1))  # Until it asks for the lease, which nothing tells from outside.
        assert waiting.stop(signal.SIGTERM) == Exit.INTERRUPTED
    finally:
        waiting.close()
    assert '"kind":"interrupted"' in waiting.told.read_text(encoding="utf-8")


def test_people_who_watch_are_told_what_was_done(data: Path) -> None:
    """A line for what was done, none for turns that did nothing."""
    leave_a_use(data)
    watching = Watch(data, "--watch", "--job", SWEEP, "--text")
    try:
        until(lambda: "used tokens forgotten: 1" in watching.told.read_text(encoding="utf-8"))
        assert watching.stop(signal.SIGTERM) == Exit.DONE
    finally:
        watching.close()
    first, *rest = watching.told.read_text(encoding="utf-8").splitlines()
    assert first == "Doing what is due, until Ctrl-C."
    assert len(rest) == 1


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Machine]:
    """Yield a machine on which maintenance hardly rests."""
    with machine(tmp_path, {"PANORAMA_MAINTENANCE__PAUSE_SECONDS": "0.1"}) as one:
        yield one


def metric(url: str, name: str) -> float:
    """Return a sample of what the service counts."""
    text = httpx.get(f"{url}/metrics").raise_for_status().text
    found = re.search(rf"^{re.escape(name)} (.+)$", text, re.MULTILINE)
    assert found is not None, text
    return float(found[1])


def test_a_service_sweeps_in_the_background(home: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has expired goes, log and metrics say so, and the lease is free when the service has ended."""
    began = time.time()
    process = home.start()
    assert metric(process.url, 'panorama_job_steps_total{job="sweep"}') == 0
    leave_a_use(home.data)
    until(lambda: metric(process.url, 'panorama_job_steps_total{job="sweep"}') == 1)
    assert metric(process.url, 'panorama_job_last_success_timestamp_seconds{job="sweep"}') >= began
    assert process.stop() == Exit.DONE
    lines = [json.loads(line) for line in home.log.read_text(encoding="utf-8").splitlines()]
    assert [line["done"] for line in lines if line["event"] == "job" and line["job"] == SWEEP] == [FORGOTTEN]
    monkeypatch.setenv("PANORAMA_DATA", str(home.data))
    assert not standing()["lease"]["holder"]


def test_a_service_that_is_told_to_leaves_it_to_the_command(home: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `background = false` nothing is done by itself; the command works beside it."""
    process = home.start({"PANORAMA_MAINTENANCE__BACKGROUND": "false"})
    monkeypatch.setenv("PANORAMA_DATA", str(home.data))
    leave_a_use(home.data)
    time.sleep(0.5)
    assert metric(process.url, 'panorama_job_runs_total{job="sweep"}') == 0
    assert came()["done"] == FORGOTTEN


def test_two_services_share_the_work(home: Machine) -> None:
    """One does it for as long as it lives; when it is killed, the other takes over."""
    settings = {"PANORAMA_MAINTENANCE__PAUSE_SECONDS": "0.3"}
    processes = [home.start(settings), home.start(settings)]
    runs = 'panorama_job_runs_total{job="sweep"}'
    until(lambda: max(metric(process.url, runs) for process in processes) > 5)
    busy, idle = sorted(processes, key=lambda process: metric(process.url, runs), reverse=True)
    before = metric(idle.url, runs)
    busy.kill()
    until(lambda: metric(idle.url, runs) > before + 3)
    with pytest.raises(httpx.TransportError):
        metric(busy.url, runs)
