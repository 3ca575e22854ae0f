"""An object on its way to Cloud Storage in parts; nobody sees it before the last one has arrived.

The protocol: https://cloud.google.com/storage/docs/performing-resumable-uploads.
"""

import base64
import re
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

import google_crc32c
import requests

from adapters.gcp.errors import mapped, meaning
from ports.errors import AlreadyExists, Corrupt, PortError, Unavailable

PART_MULTIPLE: Final = 256 * 1024
"""Every part but the last has a multiple of this size."""

_ATTEMPTS: Final = 3
_COMMITTED: Final = re.compile(r"bytes=0-(\d+)")
_OCTETS: Final = "application/octet-stream"

Timeout = tuple[float, float]
"""The most seconds for connecting, and between two bytes."""


class Upload:
    """A session of an upload whose name must be free in the end; for one thread at a time."""

    def __init__(self, session: requests.Session, url: str, name: str, timeout: Timeout) -> None:
        self._session = session
        self._timeout = timeout
        self._sent = 0
        self._crc32c = 0
        with mapped():
            response = session.post(
                url,
                params={"uploadType": "resumable", "ifGenerationMatch": "0"},
                json={"name": name},
                headers={"X-Upload-Content-Type": _OCTETS},
                timeout=timeout,
            )
        _accept(response, HTTPStatus.OK)
        self._url = response.headers["Location"]

    def append(self, part: bytes) -> None:
        """Send a part that is not the last one."""
        self._crc32c = google_crc32c.extend(self._crc32c, part)
        self._send(part, "*", {})

    def finish(self, part: bytes) -> str:
        """Send the last part, which is not empty, and return the object's generation.

        Raises AlreadyExists where the name has been taken.
        """
        self._crc32c = google_crc32c.extend(self._crc32c, part)
        digest = base64.b64encode(self._crc32c.to_bytes(4, "big")).decode()
        found = self._send(part, str(self._sent + len(part)), {"X-Goog-Hash": f"crc32c={digest}"})
        if found is None:
            raise Unavailable("Cloud Storage awaits more than there is")
        if found.get("crc32c") != digest:
            raise Corrupt("Cloud Storage answers with another checksum")
        return str(found["generation"])

    def cancel(self) -> None:
        """Have the store forget the parts, now if it can be reached, in a week otherwise."""
        with suppress(PortError), mapped():
            self._session.delete(self._url, timeout=self._timeout)

    def _send(self, part: bytes, total: str, headers: dict[str, str]) -> dict[str, Any] | None:
        """Send it, again from where the store has got to, until it has all; return the object once there is one."""
        end, attempts = self._sent + len(part), _ATTEMPTS
        while self._sent < end:
            rest = part[len(part) - (end - self._sent) :]
            before = self._sent
            try:
                found = self._put(rest, f"bytes {self._sent}-{end - 1}/{total}", headers)
            except Unavailable:
                attempts -= 1
                if attempts == 0:
                    raise
                found = self._put(b"", f"bytes */{total}", {})
            if found is not None:
                self._sent = end
                return found
            attempts = _ATTEMPTS if self._sent > before else attempts
        return None

    def _put(self, content: bytes, content_range: str, headers: dict[str, str]) -> dict[str, Any] | None:
        with mapped():
            response = self._session.put(
                self._url,
                data=content,
                headers={"Content-Type": _OCTETS, "Content-Range": content_range, **headers},
                timeout=self._timeout,
            )
        if response.status_code == HTTPStatus.PERMANENT_REDIRECT:
            committed = _COMMITTED.fullmatch(response.headers.get("Range", ""))
            self._sent = int(committed[1]) + 1 if committed else 0
            return None
        _accept(response, HTTPStatus.OK, HTTPStatus.CREATED)
        found: dict[str, Any] = response.json()
        return found


def _accept(response: requests.Response, *statuses: HTTPStatus) -> None:
    if response.status_code == HTTPStatus.PRECONDITION_FAILED:
        raise AlreadyExists("there is a blob of that name")
    if response.status_code not in statuses:
        raise meaning(response.status_code)
