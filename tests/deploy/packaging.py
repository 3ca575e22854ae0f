"""What must not be done side by side: making a package of the checkout, for which setuptools writes into it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from tests.deploy.tools import TOOLS


@contextmanager
def packaging() -> Iterator[None]:
    """Hold a lock among all test processes of this checkout until the end of the block."""
    with (TOOLS / "packaging.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
