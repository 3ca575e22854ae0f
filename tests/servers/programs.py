"""Programs that serve on a port of the loopback address for as long as a block lasts."""

import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.patience import Deadline, patience

_PATIENCE: Final = 60.0
_PAUSE: Final = 0.05
_LAST_WORDS: Final = 2_000


@contextmanager
def running(
    command: Sequence[str | Path],
    port: int | None,
    environment: Mapping[str, str],
    log: Path,
    *,
    ends: float = _PATIENCE,
) -> Iterator[None]:
    """Run the command until the end of the block, which begins when the port, if it has one, takes connections.

    It has `ends` seconds to end by itself, on a quiet machine.
    """
    with log.open("wb") as output:
        child = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            if port is not None:
                _await_port(port, child, log)
            yield
        finally:
            child.terminate()
            try:
                child.wait(patience(ends))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _await_port(port: int, child: subprocess.Popen[bytes], log: Path) -> None:
    deadline = Deadline(_PATIENCE)
    while not deadline.has_passed():
        try:
            socket.create_connection(("127.0.0.1", port), timeout=patience(1)).close()
        except OSError:
            assert child.poll() is None, log.read_text()[-_LAST_WORDS:]
            time.sleep(_PAUSE)
        else:
            return
    raise AssertionError(log.read_text()[-_LAST_WORDS:])
