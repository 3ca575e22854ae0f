"""An object on its way to Cloud Storage in parts; nobody sees it before the last one has arrived.

The protocol: https://cloud.google.com/storage/docs/performing-resumable-uploads.
"""

import base64
import re
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import google_crc32c
import requests

from adapters.gcp.errors import mapped, meaning
from adapters.gcp.locations import checked_location
from ports.errors import AlreadyExists, Corrupt, PortError, Unavailable

PART_MULTIPLE: Final = 256 * 1024
"""Every part but the last has a multiple of this size."""

_ATTEMPTS: Final = 3
_COMMITTED: Final = re.compile(r"bytes=0-([0-9]{1,19})")
_OCTETS: Final = "application/octet-stream"
_LOST: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})

Timeout = tuple[float, float]
"""The most seconds for connecting, and between two bytes."""


class _SessionLost(Unavailable):
    """The service does not know the session any more: there is no going on, and an upload has to begin anew."""


class _Made(NamedTuple):
    """What the service says of the object that the last part has made."""

    generation: str
    crc32c: str


class _Attempts:
    """How many attempts are left for a part; all of them again whenever the store has got further than ever."""

    def __init__(self, begin: int) -> None:
        self._furthest = begin
        self._left = _ATTEMPTS

    def was_last(self) -> bool:
        """Count an attempt that came to nothing, and say whether there are no more."""
        self._left -= 1
        return self._left == 0

    def came_to(self, sent: int, *, asked: bool) -> None:
        """Note how far the store has got, by its answer to a part or a question; raises Unavailable after the last."""
        if sent > self._furthest:
            self._furthest, self._left = sent, _ATTEMPTS
        elif not asked and self.was_last():  # A question brings nothing further; what it followed has been counted.
            raise Unavailable("Cloud Storage takes nothing more of an upload")


class Upload:
    """A session of an upload whose name must be free in the end; for one thread at a time.

    Each call raises Unavailable where the outcome is not known, or the session is lost and the parts with it.
    """

    def __init__(self, session: requests.Session, url: str, name: str, timeout: Timeout) -> None:
        self._session = session
        self._timeout = timeout
        self._sent = 0
        self._crc32c = 0
        self._given_up = False
        with mapped():
            response = session.post(
                url,
                params={"uploadType": "resumable", "ifGenerationMatch": "0"},
                json={"name": name},
                headers={"X-Upload-Content-Type": _OCTETS},
                timeout=timeout,
            )
            _accept(response, HTTPStatus.OK)
            self._url = checked_location(response.headers.get("Location", ""), url)

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
        made = self._send(part, str(self._sent + len(part)), {"X-Goog-Hash": f"crc32c={digest}"})
        if made is None:
            raise Unavailable("Cloud Storage awaits more than there is")
        if made.crc32c != digest:
            raise Corrupt("Cloud Storage answers with another checksum")
        return made.generation

    def give_up(self) -> None:
        """Send no further part, from whichever thread; a request that is under way comes to its end."""
        self._given_up = True

    def cancel(self) -> None:
        """Have the store forget the parts, now if it can be reached, in a week otherwise."""
        with suppress(PortError), mapped():
            self._session.delete(self._url, timeout=self._timeout)

    def _send(self, part: bytes, total: str, headers: dict[str, str]) -> _Made | None:
        """Send it, again from where the store has got to, until it has all; return the object once there is one.

        What came of a request without a good answer is not known: the session is asked before anything is sent again.
        Raises Unavailable after some attempts in a row that have brought the store no further, whatever it answers.
        """
        begin, end = self._sent, self._sent + len(part)
        attempts, asking = _Attempts(begin), False
        while self._sent < end:
            if self._given_up:
                raise Unavailable("the upload has been given up")
            try:
                if asking:
                    made = self._put(b"", f"bytes */{total}", {})
                else:
                    made = self._put(part[self._sent - begin :], f"bytes {self._sent}-{end - 1}/{total}", headers)
            except _SessionLost:
                raise
            except Unavailable:
                if attempts.was_last():
                    raise
                asking = True
                continue
            if made is not None:
                self._sent = end
                return made
            if not begin <= self._sent <= end:
                raise _SessionLost("Cloud Storage has other parts of the upload than it was sent")
            attempts.came_to(self._sent, asked=asking)
            asking = False
        return None

    def _put(self, content: bytes, content_range: str, headers: dict[str, str]) -> _Made | None:
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
            if response.status_code in _LOST:
                raise _SessionLost(f"Cloud Storage answers {response.status_code} for a session of its own")
            _accept(response, HTTPStatus.OK, HTTPStatus.CREATED)
            return _made(response.json())


def _made(said: Any) -> _Made:
    """Return what matters of an answer; raises Unavailable where it does not describe an object."""
    match said:
        case {"generation": str(generation), "crc32c": str(crc32c)} if generation:
            return _Made(generation, crc32c)
        case _:
            raise Unavailable("Cloud Storage answers with something else than an object")


def _accept(response: requests.Response, *statuses: HTTPStatus) -> None:
    if response.status_code == HTTPStatus.PRECONDITION_FAILED:
        raise AlreadyExists("there is a blob of that name")
    if response.status_code not in statuses:
        raise meaning(response.status_code)
