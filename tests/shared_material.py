"""Published vectors and working servers that lie beside the repository, not in it."""

import os
from pathlib import Path
from typing import Final

import pytest

from tests.report import not_proven

VARIABLE: Final = "PANORAMA_SHARED"
"""Names the folder of shared material where it is not the repository's neighbour `shared`."""

REPOSITORY: Final = Path(__file__).resolve().parent.parent


def shared(path: str) -> Path:
    """Where a shared file or folder lies; where it does not, the test is skipped and the run says that it was."""
    folder = Path(os.environ.get(VARIABLE) or REPOSITORY.parent / "shared")
    found = folder / path
    if not found.exists():
        not_proven(path, f"the shared material is not there; set {VARIABLE} to its folder")
        pytest.skip(f"{path} is not there")
    return found
