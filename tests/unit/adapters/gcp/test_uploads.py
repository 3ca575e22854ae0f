"""How often a part of an upload is sent again, whatever the service answers."""

from collections.abc import Iterator
from typing import Final, cast

import pytest
import requests

from adapters.gcp.uploads import Upload
from ports.errors import Unavailable

PART: Final = b"x" * 1_000
_ENOUGH: Final = 50
"""Requests after which a loop is taken for one without an end."""


class Scripted:
    """A session whose service has got to each of these bytes in turn; None is an answer of no use."""

    def __init__(self, committed: Iterator[int | None]) -> None:
        self.asked: list[str] = []
        self._committed = committed

    def post(self, url: str, **_: object) -> requests.Response:
        """Begin the session."""
        return _answer(200, Location=f"{url}/session")

    def put(self, url: str, *, headers: dict[str, str], **_: object) -> requests.Response:
        """Say how far the service has got."""
        assert url.endswith("/session")
        self.asked.append(headers["Content-Range"])
        assert len(self.asked) < _ENOUGH, "the upload does not end"
        committed = next(self._committed)
        if committed is None:
            return _answer(503)
        return _answer(308, **({"Range": f"bytes=0-{committed - 1}"} if committed else {}))


def _answer(status: int, **headers: str) -> requests.Response:
    answer = requests.Response()
    answer.status_code = status
    answer.headers.update(headers)
    return answer


def upload(*committed: int | None) -> tuple[Upload, Scripted]:
    """Return an upload to a service that answers so, and the last over and over."""

    def answers() -> Iterator[int | None]:
        yield from committed
        while True:
            yield committed[-1]

    session = Scripted(answers())
    url = "https://storage.googleapis.com/upload"
    return Upload(cast("requests.Session", session), url, "name", (1.0, 1.0)), session


def test_a_service_that_takes_nothing_is_given_up() -> None:
    """It answers well each time, and the part would be sent for ever."""
    sending, session = upload(0)
    with pytest.raises(Unavailable, match="takes nothing more"):
        sending.append(PART)
    assert session.asked == ["bytes 0-999/*"] * 3


def test_a_service_that_goes_to_and_fro_is_given_up() -> None:
    """What it loses and takes again is no progress."""
    sending, session = upload(*[500, 0] * _ENOUGH)
    with pytest.raises(Unavailable, match="takes nothing more"):
        sending.append(PART)
    assert len(session.asked) == 4


def test_each_step_forward_allows_for_new_attempts() -> None:
    """However many there are: the part arrives."""
    sending, session = upload(0, 0, 300, 300, 300, 600, 600, 600, 1_000)
    sending.append(PART)
    assert session.asked[-1] == "bytes 600-999/*"


def test_a_question_is_no_attempt() -> None:
    """Twice there is no answer, and the session says that it has nothing: the third time counts."""
    sending, session = upload(None, 0, None, 0, 1_000)
    sending.append(PART)
    assert session.asked == ["bytes 0-999/*", "bytes */*", "bytes 0-999/*", "bytes */*", "bytes 0-999/*"]
