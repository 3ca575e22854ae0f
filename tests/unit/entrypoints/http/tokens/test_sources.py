"""What comes back from a key server, and which servers are asked at all."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from entrypoints.http.tokens import sources
from entrypoints.http.tokens.sources import HttpKeySource
from entrypoints.loopback import is_trustworthy
from ports.errors import InvalidArgument, Unavailable
from tests.drivers import ERRORS, SECRET

URL = "https://keys.example/key"


def source(answer: Callable[[httpx.Request], httpx.Response]) -> HttpKeySource:
    """Return a source whose server answers like that."""
    return HttpKeySource(httpx.MockTransport(answer))


async def test_a_document_is_fetched() -> None:
    """The body of a good answer is the document."""
    assert await source(lambda _: httpx.Response(200, content=b"key")).fetch(URL) == b"key"


@pytest.mark.parametrize("status", [404, 410])
async def test_a_missing_document_is_none(status: int) -> None:
    """A server may say that there is no such key, which is an answer like any other."""
    assert await source(lambda _: httpx.Response(status)).fetch(URL) is None


@pytest.mark.parametrize("status", [204, 302, 403, 500, 503])
async def test_any_other_answer_is_none(status: int) -> None:
    """An error, or a way to somewhere else, is as good as no answer."""
    elsewhere = httpx.Response(status, headers={"Location": "https://elsewhere.example/"})
    with pytest.raises(Unavailable):
        await source(lambda _: elsewhere).fetch(URL)


async def test_too_much_is_as_good_as_nothing() -> None:
    """A document beyond the limit is not read to its end."""
    large = httpx.Response(200, content=b"x" * (sources.DOCUMENT_LIMIT + 1))
    with pytest.raises(Unavailable):
        await source(lambda _: large).fetch(URL)


async def test_a_slow_server_is_given_up() -> None:
    """The whole of a fetch has a deadline, however steadily the server goes on."""

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(60)
            raise AssertionError

    with pytest.raises(Unavailable):
        await HttpKeySource(Slow(), deadline=0.01).fetch(URL)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
async def test_what_nobody_expects_of_the_driver_is_an_outage(error: Exception) -> None:
    """It passes no port, wherever it comes from, and tells nothing of its text."""

    def breaks(_: httpx.Request) -> httpx.Response:
        raise error

    async def breaks_off() -> AsyncIterator[bytes]:
        yield b"{"
        raise error

    for answer in (breaks, lambda _: httpx.Response(200, content=breaks_off())):
        with pytest.raises(Unavailable) as raised:
            await source(answer).fetch(URL)
        assert SECRET not in str(raised.value)
        assert raised.value.__cause__ is error


async def test_plain_http_is_refused_beyond_this_machine() -> None:
    """A key that somebody in between could have forged is not even asked for."""
    with pytest.raises(InvalidArgument):
        await source(lambda _: pytest.fail("nothing may be asked")).fetch("http://keys.example/key")


@pytest.mark.parametrize(
    ("url", "trustworthy"),
    [
        ("https://keys.example/a", True),
        ("http://127.0.0.1:8091/a", True),
        ("http://localhost/a", True),
        ("http://[::1]:80/a", True),
        ("http://keys.example/a", False),
        ("http://127.0.0.1.example/a", False),
        ("http:///a", False),
        ("file:///etc/passwd", False),
    ],
)
def test_keys_come_over_https(url: str, *, trustworthy: bool) -> None:
    """Plain HTTP is for this machine only."""
    assert is_trustworthy(url) is trustworthy
