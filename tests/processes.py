"""Real processes of the service over one data directory, and a Jira that talks to them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx

from entrypoints.sandbox.calls import App, Callback
from entrypoints.sandbox.jira import ConnectSite, SandboxJira
from entrypoints.sandbox.key_server import served
from entrypoints.sandbox.keys import KEY_SET_PATH, SandboxKeys
from tests.free_ports import free_port
from tests.patience import Deadline, patience

BASE_URL: Final = "https://panorama.example"

_PROGRAM: Final = Path(sys.executable).with_name("panorama")
_PATIENCE: Final = 30.0
"""Seconds within which a process starts, answers or ends on a quiet machine; see tests.patience."""

_PAUSE: Final = 0.02
_LAST_WORDS: Final = 2_000


class Process:
    """One running `panorama serve`."""

    def __init__(self, environment: Mapping[str, str], log: Path, *command: str) -> None:
        self.port = free_port()
        self.log = log
        own = {"PANORAMA_SERVER__PORT": str(self.port)}
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                [_PROGRAM, *(command or ("serve",))], env={**environment, **own}, stdout=output, stderr=output
            )

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Return its number."""
        return self._child.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._child.poll() is None

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        return self._end(signal.SIGTERM)

    def pause(self) -> None:
        """Let it do nothing at all for a while."""
        self._child.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on where it was."""
        self._child.send_signal(signal.SIGCONT)

    def wait(self) -> int:
        """Return its exit code when it has ended."""
        return self._child.wait(patience(_PATIENCE))

    def _end(self, how: signal.Signals) -> int:
        self._child.send_signal(how)
        return self.wait()

    def await_readiness(self) -> None:
        """Return when it is ready to serve."""
        self._await("/readyz")

    def await_life(self) -> None:
        """Return when it answers at all."""
        self._await("/healthz")

    def _await(self, path: str) -> None:
        deadline = Deadline(_PATIENCE)
        while not deadline.has_passed():
            try:
                if httpx.get(f"{self.url}{path}", timeout=patience(_PATIENCE)).is_success:
                    return
            except httpx.TransportError:
                assert self._child.poll() is None, self._last_words()
            time.sleep(_PAUSE)
        raise AssertionError(self._last_words())

    def _last_words(self) -> str:
        return self.log.read_text()[-_LAST_WORDS:]


class Machine:
    """A data directory, the processes that serve it, and the Jira whose keys they trust."""

    def __init__(self, folder: Path, keys: SandboxKeys, key_server: str, settings: Mapping[str, str]) -> None:
        self.data = folder / "data"
        self.log = folder / "service.log"
        self.jira = SandboxJira(App(base_url=BASE_URL, key="panorama"), keys, _now, os.urandom)
        self._environment = {
            **os.environ,
            "PANORAMA_DATA": str(self.data),
            "PANORAMA_APP__BASE_URLS": BASE_URL,
            "PANORAMA_APP__KEY_SERVERS": key_server,
            "PANORAMA_APP__FORGE_APP": self.jira.app.forge_app,
            "PANORAMA_APP__FORGE_KEYS": f"{key_server}{KEY_SET_PATH}",
            **settings,
        }
        self._running: list[Process] = []

    def start(self, settings: Mapping[str, str] | None = None, *, ready: bool = True) -> Process:
        """Start one more process, perhaps with further settings; return when it is ready, or when it lives."""
        process = self.launch(settings or {})
        if ready:
            process.await_readiness()
        else:
            process.await_life()
        return process

    def launch(self, settings: Mapping[str, str], *command: str) -> Process:
        """Start a command that goes on, `serve` or another; do not wait for anything."""
        process = Process({**self._environment, **settings}, self.log, *command)
        self._running.append(process)
        return process

    def run(self, *arguments: str, settings: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, perhaps with further settings, and return what it has printed."""
        environment = {**self._environment, **(settings or {})}
        return subprocess.run([_PROGRAM, *arguments], env=environment, capture_output=True, text=True, check=False)

    def install(self, process: Process, site: ConnectSite | None = None) -> ConnectSite:
        """Install the app for a site, a new one unless it is given, through one of the processes."""
        site = site or self.jira.new_site()
        answer = tell(process, self.jira.installed(site))
        assert answer.status_code == httpx.codes.NO_CONTENT, answer.text
        return site

    def client(self, process: Process, site: ConnectSite, account: str = "ann") -> httpx.AsyncClient:
        """Return a client that speaks for an account of the site with one of the processes."""
        token = self.jira.context_token(site, account)
        return httpx.AsyncClient(base_url=process.url, headers={"Authorization": token}, timeout=patience(_PATIENCE))

    def close(self) -> None:
        """End every process that has not ended yet."""
        for process in self._running:
            process.resume()
            process.kill()


def tell(process: Process, callback: Callback) -> httpx.Response:
    """Make a request that Jira makes of its own accord."""
    return httpx.post(
        f"{process.url}{callback.path}", content=callback.body, headers=callback.headers, timeout=patience(_PATIENCE)
    )


@contextmanager
def machine(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Machine]:
    """Yield a machine on which nothing runs yet, and stop whatever runs on it in the end."""
    keys = SandboxKeys()
    with served(keys.documents()) as key_server:
        machine = Machine(folder, keys, key_server, settings or {})
        try:
            yield machine
        finally:
            machine.close()


def _now() -> datetime:
    return datetime.now(UTC)
