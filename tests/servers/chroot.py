"""A Debian beside this machine's own, for servers whose packages it does not have: a chroot, made once."""

import os
import subprocess
from pathlib import Path
from typing import Final

from tests.patience import patience

FOLDER: Final = "PANORAMA_TEST_SERVERS"
"""Names the folder of what is built once for tests, where it is not ~/.cache/panorama-test-servers."""

_SCRIPT: Final = Path(__file__).with_name("chroot-up")
_BUILDING: Final = 900.0


class NotHere(Exception):
    """A server cannot be had on this machine; says why."""


def chroot_with(*packages: str) -> Path:
    """Return the root of a Debian that has these packages, once they are installed there. Raises NotHere."""
    base = os.environ.get(FOLDER)
    root = (Path(base) if base else Path.home() / ".cache" / "panorama-test-servers") / "documentdb"
    last_line(_SCRIPT, root, *packages)
    return root


def last_line(*command: str | Path) -> str:
    """Run a script that builds or starts something; return the last line that it prints. Raises NotHere."""
    try:
        made = subprocess.run(command, capture_output=True, text=True, timeout=patience(_BUILDING), check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotHere(f"{Path(command[0]).name} comes to no end: {type(error).__name__}") from error
    if made.returncode:
        raise NotHere((made.stderr.strip().splitlines() or [f"{Path(command[0]).name} says nothing"])[-1])
    return (made.stdout.split() or [""])[-1]
