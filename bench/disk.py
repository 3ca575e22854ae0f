"""What the disk itself can do."""

import os
import time
from pathlib import Path
from typing import Final

from bench.scale import Scale, Sizes

_BLOCK: Final = bytes(4096)
_SECONDS: Final = Sizes(full=3, quick=1)


def commits_per_second(folder: Path, scale: Scale) -> float:
    """Return how often a second 4 KiB can be appended to a file and made durable, one after the other."""
    handle = os.open(folder / "yardstick", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    try:
        began = time.perf_counter()
        commits = 0
        while time.perf_counter() - began < _SECONDS.at(scale):
            os.write(handle, _BLOCK)
            os.fdatasync(handle)
            commits += 1
        return commits / (time.perf_counter() - began)
    finally:
        os.close(handle)
