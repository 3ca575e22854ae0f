"""What PyMongo leaves to the garbage collector: the socket of a connection that is cancelled while it comes about."""

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest

FORGIVEN: Final = pytest.mark.filterwarnings("ignore:.*<socket.socket:pytest.PytestUnraisableExceptionWarning")
"""On tests that cut or stall connections to MongoDB; it holds for what is collected while they run."""


@contextmanager
def collected() -> Iterator[None]:
    """At the end collect what is left, so that no later test is blamed for it."""
    try:
        yield
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
