"""One object of S3 on its way here: one answer, so that it is one content from end to end."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

CHUNK_SIZE: Final = 1024 * 1024
"""How many bytes are handed on at a time."""


class Download:
    """An answer that is read bit by bit, in one thread at a time, and closed in the end."""

    def __init__(self, said: "GetObjectOutputTypeDef", length: int | None) -> None:
        self._body = said["Body"]
        self._coming = said["ContentLength"]
        self._left = self._coming if length is None else min(length, self._coming)

    @property
    def ended(self) -> bool:
        """Whether there is nothing more."""
        return self._left == 0

    def next(self) -> bytes:
        """Return the next bytes; with the last of all that was sent, the checksum has been compared."""
        chunk: bytes = self._body.read(min(CHUNK_SIZE, self._left))
        self._left -= len(chunk)
        self._coming -= len(chunk)
        if self._coming == 0:
            # The library compares length and checksum when it is asked for more than there is.
            self._body.read(1)
        return chunk

    def close(self) -> None:
        """Give up the rest."""
        self._body.close()
