"""Files that are there whole or not at all, also after a power cut, and for nobody but their owner."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ports.errors import PermissionDenied
from ports.sources import Random

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700

_DRAFT_SIZE: Final = 8


def make_folder(folder: Path) -> None:
    """Create a folder whose parent exists, unless it is there already."""
    try:
        folder.mkdir(FOLDER_MODE)
    except FileExistsError:
        return
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Return when the folder's entries are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_new(path: Path, content: bytes) -> None:
    """Create a file that must not exist yet, and return when its content is on the disk; if it fails, none is left."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb") as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            path.unlink()
            raise


def read_private(path: Path) -> bytes:
    """Return what a file holds; raises PermissionDenied where others than its owner may use it."""
    with path.open("rb") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & ~FILE_MODE:
            raise PermissionDenied(f"the file is open to others than its owner; close it: chmod 600 {path}")
        return file.read()


def write_draft(path: Path, content: bytes, random: Random) -> Path:
    """Write a new file beside `path`, to be moved or linked there once it is on the disk, and return its path."""
    draft = path.with_name(f"{path.name}.{random(_DRAFT_SIZE).hex()}")
    write_new(draft, content)
    return draft


def replace_whole(path: Path, content: bytes, random: Random) -> None:
    """Put a new file in the place of what is there, if anything is; whoever reads sees the one or the other."""
    write_draft(path, content, random).replace(path)
    sync_folder(path.parent)


def lock_beside(path: Path) -> Path:
    """Return the file that stands for the lock of one that is replaced as a whole."""
    return path.with_name(path.name + ".lock")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock that this file stands for, against threads and processes alike; the file is made if need be."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
