"""One object on its way here: one answer, so that it is one content from end to end, whatever replaces it meanwhile."""

import base64
import re
from typing import Final

import google_crc32c
import requests

from adapters.gcp.errors import mapped
from ports.errors import Corrupt, Unavailable

CHUNK_SIZE: Final = 256 * 1024
"""How many bytes are handed on at a time."""

_CONTENT_RANGE: Final = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/(?:[0-9]{1,19}|\*)")


def range_header(start: int, length: int | None) -> dict[str, str]:
    """Return the header that asks for a range; one from the end on is asked for whole, whatever its length."""
    if start < 0:
        return {"Range": f"bytes={start}"}
    if length is not None:
        return {"Range": f"bytes={start}-{start + length - 1}"}
    return {"Range": f"bytes={start}-"} if start else {}


class Download:
    """An answer that is read bit by bit, in one thread at a time, and closed in the end."""

    def __init__(self, response: requests.Response, length: int | None) -> None:
        self._response = response
        self._left = length
        self._crc32c = 0
        self._coming = _announced(response)
        # A part of an object comes with the checksum of the whole.
        self._expected = _crc32c(response) if response.status_code == requests.codes.ok and length is None else None

    def next(self) -> bytes:
        """Return the next bytes, none at the end; raises Corrupt where a whole object is not what was stored.

        Raises Unavailable where the answer ends before all that it has announced.
        """
        with mapped():
            size = CHUNK_SIZE if self._left is None else min(CHUNK_SIZE, self._left)
            chunk: bytes = self._response.raw.read(size, decode_content=False) if size else b""
        if self._left is not None:
            self._left -= len(chunk)
        self._crc32c = google_crc32c.extend(self._crc32c, chunk)
        if self._coming is not None:
            self._coming -= len(chunk)
            if size and not chunk and self._coming > 0:
                raise Unavailable("Cloud Storage ends its answer before the end")
        if not chunk and self._expected not in (None, self._crc32c):
            raise Corrupt("the object does not match its checksum")
        return chunk

    def close(self) -> None:
        """Give up the rest."""
        self._response.close()


def _announced(response: requests.Response) -> int | None:
    """Return how many bytes a range has, where the answer says so: without a length, its end may be one of the line."""
    if (found := _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))) is None:
        return None
    return int(found[2]) - int(found[1]) + 1


def _crc32c(response: requests.Response) -> int | None:
    hashes = dict(part.strip().split("=", 1) for part in response.headers.get("x-goog-hash", "").split(",") if part)
    return int.from_bytes(base64.b64decode(hashes["crc32c"]), "big") if "crc32c" in hashes else None
