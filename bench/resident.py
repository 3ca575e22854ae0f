"""How much a process grows by keeping one tree; a process of its own, so that nothing else is in the figure."""

import asyncio
import ctypes
import gc
import os
import sys
from pathlib import Path
from typing import Final

from bench.furnished import House, furnished
from domain.ids import PanoramaId

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


async def main(folder: str, small: str, large: str) -> None:
    """Print by how many bytes the process grows when the large tree is loaded, a small one having warmed it up."""
    async with furnished(Path(folder)) as house:
        await _load(house, small)
        before = _resident()
        await _load(house, large)
        print(_resident() - before)


async def _load(house: House, panorama: str) -> None:
    await house.panoramas.newest(house.tenant, PanoramaId(panorama))


def _resident() -> int:
    """Return the memory in use, after what was only borrowed for loading has been given back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
