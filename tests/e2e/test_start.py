"""A command imports what it needs and no more: what is imported, not how long it takes, is what a test can hold."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from entrypoints.cli.exits import Exit

PROGRAM: Final = Path(sys.executable).with_name("panorama")

CLOUDS: Final = frozenset({"boto3", "botocore", "google", "grpc", "pymongo", "adapters.aws", "adapters.gcp"})
SERVER: Final = frozenset({"litestar", "uvicorn", "structlog", "prometheus_client", "jwt"})
CLIENTS: Final = frozenset({"httpx", "requests"})
CORE: Final = frozenset(
    {"application.sealing", "adapters", "dependency_injector", "asyncio", "sqlite3", "cryptography"}
)
TYPER: Final = frozenset({"typer", "pydantic", "click"})
EVERYTHING: Final = CLOUDS | SERVER | CLIENTS | CORE | TYPER | {"rich", "msgspec", "domain", "application"}


def imported(tmp_path: Path, *arguments: str, code: Exit, **settings: str) -> set[str]:
    """Return what the installed program imports, packages included; it ends with that exit code."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE_", "PANORAMA_"))}
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", PROGRAM, *arguments],
        cwd=tmp_path,
        env=own | {f"PANORAMA_{name}": value for name, value in settings.items()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == code, ended.stderr[-2_000:]
    lines = (line for line in ended.stderr.splitlines() if line.startswith("import time:"))
    modules = {line.rpartition("|")[2].strip() for line in lines}
    assert "entrypoints.cli.main" in modules
    return modules


@pytest.mark.parametrize(
    ("line", "without"),
    [
        ("version", EVERYTHING | {"importlib.metadata", "json", "pathlib"}),
        ("--version", EVERYTHING | {"importlib.metadata", "json", "pathlib"}),
        ("--help", EVERYTHING - {"typer", "rich"}),
        ("backup --help", EVERYTHING - {"typer", "rich"}),
        ("config show", CLOUDS | SERVER | CLIENTS | CORE | {"rich"}),
        ("config check", CLOUDS | SERVER | CLIENTS | CORE | {"rich"}),
        ("keys status", CLOUDS | SERVER | CLIENTS),
        ("backup status", CLOUDS | SERVER | CLIENTS),
    ],
)
def test_a_command_imports_what_it_needs(tmp_path: Path, line: str, without: frozenset[str]) -> None:
    """The version waits for nothing, help for Typer, and what looks at the data for no web framework."""
    assert imported(tmp_path, *line.split(), code=Exit.DONE) & without == set()


@pytest.fixture
def taken() -> socket.socket:
    """Listen at a port of this machine and answer nothing."""
    return socket.create_server(("127.0.0.1", 0))


def test_health_is_asked_with_the_standard_library(tmp_path: Path, taken: socket.socket) -> None:
    """Whether the service answers or, as here, does not."""
    port = str(taken.getsockname()[1])
    taken.close()
    found = imported(tmp_path, "health", "--json", code=Exit.UNAVAILABLE, SERVER__PORT=port)
    assert found & (CLOUDS | SERVER | CLIENTS | CORE | TYPER | {"rich"}) == set()


def test_the_service_imports_the_drivers_of_its_site_alone(tmp_path: Path, taken: socket.socket) -> None:
    """The embedded default has none of a cloud. Its port is taken, so that it ends as soon as all is open."""
    with taken:
        found = imported(tmp_path, "serve", code=Exit.UNAVAILABLE, SERVER__PORT=str(taken.getsockname()[1]))
    assert found & CLOUDS == set()
    assert {"litestar", "adapters.sqlite", "adapters.local.keys"} <= found
