"""The servers that the suites of several ports share: each is started when it is first asked for, once a run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.aws import Server
from tests.servers.ministack import ministack
from tests.servers.moto import moto


@pytest.fixture(scope="session")
def ministack_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve S3, KMS and Secrets Manager."""
    folder: Path = tmp_path_factory.mktemp("ministack")
    with ministack(folder) as server:
        yield server


@pytest.fixture(scope="session")
def moto_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve KMS."""
    with moto(tmp_path_factory.mktemp("moto")) as server:
        yield server
