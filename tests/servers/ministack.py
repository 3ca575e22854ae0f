"""MiniStack: S3, KMS and Secrets Manager in one emulator."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.free_ports import free_port
from tests.servers.aws import Server
from tests.servers.programs import running

_PROGRAM: Final = Path(sys.executable).with_name("ministack")


@contextmanager
def ministack(folder: Path) -> Iterator[Server]:
    """Run it on the loopback address alone, with nothing of earlier runs; `folder` takes its log."""
    port = free_port()
    own = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "PERSIST_STATE": "0"}
    with running([_PROGRAM], port, {**os.environ, **own}, folder / "ministack.log"):
        yield Server(port)
