"""Files that nobody but their owner may read, from the moment that they are there."""

import os
from pathlib import Path
from typing import BinaryIO, Final

_FILE_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700


def make_private_folder(folder: Path) -> None:
    """Make the folder and those above it, where they are missing."""
    folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)


def write_private(path: Path, content: bytes) -> None:
    """Make a file, and its folder where that is missing; raises FileExistsError and leaves what is there alone."""
    make_private_folder(path.parent)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE), "wb") as file:
        file.write(content)


def append_private(path: Path) -> BinaryIO:
    """Open a file to write behind what it holds, and make it, and its folder, where they are missing."""
    make_private_folder(path.parent)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _FILE_MODE), "ab")
