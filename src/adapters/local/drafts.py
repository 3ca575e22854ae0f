"""A blob while it is being written: out of sight until it is whole and on the disk."""

import fcntl
import os
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from ports.blob_checks import Announced
from ports.errors import Unavailable

HEADER_SIZE: Final = 32
"""A blob's file begins with the SHA-256 of its content, which is its tag too."""


class _Opened(NamedTuple):
    file: BinaryIO
    path: Path


class Draft:
    """A file in the folder of drafts, for one thread at a time and for none after `discard`."""

    def __init__(self, folder: Path, sha256: bytes) -> None:
        self._folder = folder
        self._content = Announced(sha256)
        self._lock = threading.Lock()
        self._opened: _Opened | None = None
        self._discarded = False

    @property
    def tag(self) -> str:
        """What the content will be known by."""
        return self._content.sha256.hex()

    def write(self, chunks: Iterable[bytes]) -> None:
        """Append to the content."""
        with self._lock:
            file = self._open().file
            for chunk in chunks:
                file.write(chunk)
                self._content.add(chunk)

    def finish(self) -> Path:
        """Return where the draft lies, once it is on the disk; raises Corrupt where it is not what was announced."""
        with self._lock:
            opened = self._open()
            self._content.finish()
            opened.file.flush()
            os.fsync(opened.file.fileno())
            return opened.path

    def discard(self) -> None:
        """Close the file and remove it, unless it has been moved to its place; twice is once."""
        with self._lock:
            self._discarded = True
            opened, self._opened = self._opened, None
            if opened is not None:
                opened.path.unlink(missing_ok=True)
                opened.file.close()

    def _open(self) -> _Opened:
        """Open the file at first use, in the thread that writes, so that whoever is cancelled leaves none behind."""
        if self._discarded:
            raise Unavailable("the draft has been given up")
        if self._opened is None:
            descriptor, path = tempfile.mkstemp(dir=self._folder)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._opened = _Opened(os.fdopen(descriptor, "wb"), Path(path))
            self._opened.file.write(self._content.sha256)
        return self._opened


def sweep_drafts(folder: Path) -> None:
    """Remove the drafts of processes that have died: those that nobody holds locked.

    One that another process has opened this very moment may be hit too; its `create` then ends in an error.
    """
    for path in folder.iterdir():
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            path.unlink(missing_ok=True)
