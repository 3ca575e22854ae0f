"""Where a server of the tests is laxer than the real one: the law fails there, and the end of the run says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest

from ports.errors import PortError

PROPERTY: Final = "gap"
"""The property of a case's report that holds the reason."""

BITES: Final = (AssertionError, pytest.fail.Exception, PortError, TimeoutError)
"""However a law fails."""


@contextmanager
def gap(request: pytest.FixtureRequest, reason: str) -> Iterator[None]:
    """Let the block fail, as it must for as long as the gap is there: a server that was mended is noticed."""
    request.node.user_properties.append((PROPERTY, reason))
    with pytest.raises(BITES):
        yield
