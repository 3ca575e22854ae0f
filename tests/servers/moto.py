"""moto's server: here for KMS and S3, where it is stricter than MiniStack in some ways and laxer in others."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.free_ports import free_port
from tests.servers.aws import Server
from tests.servers.programs import running

_PROGRAM: Final = Path(sys.executable).with_name("moto_server")


@contextmanager
def moto(folder: Path) -> Iterator[Server]:
    """Run it on the loopback address; `folder` takes its log."""
    port = free_port()
    with running([_PROGRAM, "-H", "127.0.0.1", "-p", str(port)], port, os.environ, folder / "moto.log"):
        yield Server(port)
