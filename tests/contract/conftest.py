"""The servers that the suites of several ports share: each is started when it is first asked for, once a run."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache

import botocore.session
import pytest

from tests.report import not_proven
from tests.servers.aws import Server
from tests.servers.chroot import NotHere
from tests.servers.fake_gcs_server import FakeGcsServer, fake_gcs_server
from tests.servers.moto import moto
from tests.servers.radosgw import radosgw


@pytest.fixture(scope="session", autouse=True)
def aws_models_are_read_once() -> Iterator[None]:
    """Share what botocore reads of AWS's services between sessions: each would parse some megabytes of JSON anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(botocore.session.create_loader))
        yield


@pytest.fixture(scope="session")
def moto_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve KMS and S3."""
    with moto(tmp_path_factory.mktemp("moto")) as server:
        yield server


@pytest.fixture(scope="session")
def fake_gcs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeGcsServer]:
    """Serve Cloud Storage by a server that was written elsewhere."""
    with fake_gcs_server(tmp_path_factory.mktemp("fake-gcs-server")) as server:
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
