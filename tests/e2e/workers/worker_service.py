"""A service of several workers, and ways to reach a certain one of them."""

import json
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from entrypoints.sandbox.jira import ConnectSite
from tests.patience import Deadline, patience
from tests.processes import Machine, Process

_PATIENCE: Final = 30.0
_ONE: Final = httpx.Limits(max_connections=1, max_keepalive_connections=1)


class WorkerService:
    """A parent and its workers, as their log shows them."""

    def __init__(
        self, computer: Machine, *arguments: str, count: int = 2, settings: Mapping[str, str] | None = None
    ) -> None:
        self.computer = computer
        self.count = count
        self.process: Process = computer.launch(settings or {}, "serve", *arguments)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return the log so far."""
        return [json.loads(line) for line in self.process.log.read_text().splitlines() if line.startswith("{")]

    @property
    def pids(self) -> dict[int, int]:
        """Return the process of each worker, the newest."""
        return {line["worker"]: line["pid"] for line in self.lines if line["event"] == "worker-started"}

    @property
    def ready(self) -> list[int]:
        """Return the numbers of the workers that have been ready, one for each time."""
        return [line["worker"] for line in self.lines if line["event"] == "worker-ready"]

    def await_ready(self) -> "WorkerService":
        """Return when each worker has been ready."""
        self.until(lambda: len(set(self.ready)) == self.count)
        return self

    def await_replacement(self, number: int) -> None:
        """Return when a worker has been ready a second time."""
        self.until(lambda: self.ready.count(number) > 1)

    def until(self, condition: Callable[[], bool]) -> None:
        """Return when a condition holds; fails with what was logged where it does not in time."""
        deadline = Deadline(_PATIENCE)
        while not condition():
            assert not deadline.has_passed(), self.process.log.read_text()[-3000:]
            time.sleep(0.02)

    def kill(self, number: int) -> None:
        """End a worker as the kernel does that is out of memory."""
        os.kill(self.pids[number], signal.SIGKILL)

    @contextmanager
    def only(self, number: int) -> Iterator[None]:
        """Have all other workers do nothing at all for the block, so that this one accepts what comes."""
        others = [pid for other, pid in self.pids.items() if other != number]
        for pid in others:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in others:
                os.kill(pid, signal.SIGCONT)

    @asynccontextmanager
    async def client(
        self, number: int, site: ConnectSite | None = None, account: str = "ann"
    ) -> AsyncIterator[httpx.AsyncClient]:
        """Yield a client whose connection is with one worker, for an account of the site."""
        headers = {} if site is None else {"Authorization": self.computer.jira.context_token(site, account)}
        async with httpx.AsyncClient(
            base_url=self.process.url, headers=headers, timeout=patience(_PATIENCE), limits=_ONE
        ) as client:
            with self.only(number):
                assert (await client.get("/healthz")).is_success
            yield client


def is_alive(pid: int) -> bool:
    """Whether a process is there, and not just its exit status."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
