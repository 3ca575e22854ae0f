"""A blob while it is being read: one file from end to end, whatever is moved to its path meanwhile."""

import os
import threading
from pathlib import Path
from typing import BinaryIO, Final

from adapters.local.drafts import HEADER_SIZE
from ports.errors import Unavailable

CHUNK_SIZE: Final = 1024 * 1024
"""How many bytes are read at a time."""


class Reading:
    """A range of a blob, for one thread at a time and for none after `close`."""

    def __init__(self, path: Path, start: int, length: int | None) -> None:
        self._path = path
        self._start = start
        self._length = length
        self._left: int | None = None
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._closed = False

    @property
    def ended(self) -> bool:
        """Whether there is nothing more; not known before the first step."""
        return self._left == 0

    def next(self) -> bytes:
        """Return the next bytes; raises FileNotFoundError at the first step."""
        with self._lock:
            file, left = self._open()
            chunk = file.read(min(left, CHUNK_SIZE))
            # No blob is ever cut short, but a file whose end came too soon is not waited for.
            self._left = left - len(chunk) if chunk else 0
            return chunk

    def close(self) -> None:
        """Give up the rest, after whoever waits for it."""
        with self._lock:
            self._closed = True
            if self._file is not None:
                self._file.close()

    def _open(self) -> tuple[BinaryIO, int]:
        """Open the file at first use, in the thread that reads, so that whoever gives up leaves none open."""
        if self._closed:
            raise Unavailable("the reading has been given up")
        if self._file is None or self._left is None:
            self._file = self._path.open("rb")
            size = os.fstat(self._file.fileno()).st_size - HEADER_SIZE
            first = max(size + self._start, 0) if self._start < 0 else min(self._start, size)
            self._file.seek(HEADER_SIZE + first)
            self._left = size - first if self._length is None else min(self._length, size - first)
        return self._file, self._left
