"""The servers that the suites of several ports share: each is started when it is first asked for, once a run."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.report import not_proven
from tests.servers.aws import Server
from tests.servers.chroot import NotHere
from tests.servers.moto import moto
from tests.servers.radosgw import radosgw


@pytest.fixture(scope="session")
def moto_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve KMS."""
    with moto(tmp_path_factory.mktemp("moto")) as server:
        yield server


@pytest.fixture(scope="session")
def radosgw_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve S3 by a real server, where it can run; the last lines say where it cannot."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(radosgw(tmp_path_factory.mktemp("radosgw")))
        except NotHere as absent:
            not_proven("s3-radosgw", str(absent))
            pytest.skip(str(absent))
        yield server
