"""A machine whose processes can be killed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import Machine, machine


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[Machine]:
    """Yield a machine with an empty data directory."""
    with machine(tmp_path, {"PANORAMA_HTTP__REQUESTS_PER_SECOND": "100000", "PANORAMA_HTTP__BURST": "100000"}) as made:
        yield made
