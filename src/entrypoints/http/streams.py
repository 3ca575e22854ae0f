"""One stream of events: what is written, how long it lasts, and what ends it early."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Final

import msgspec
from litestar.response.base import ASGIResponse
from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, Receive, Scope, Send

from domain.errors import DomainError
from domain.ids import PanoramaId
from domain.panoramas.facts import Change
from entrypoints.http.documents import change_document
from entrypoints.http.guards import served
from entrypoints.http.headers import version_text
from entrypoints.http.problems import event_problem
from entrypoints.http.services import Services
from entrypoints.http.tokens import Caller
from ports.errors import PortError

_FIELDS: Final = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
]
"""A proxy that packs or gathers what comes would hold events back."""

_RETRY: Final = b"retry: 2000\n\n"
"""How long EventSource waits before it comes again, in milliseconds."""

_KEEP_ALIVE: Final = b": still here\n\n"
_PAUSE: Final = 0.1
"""Seconds between two looks at what a client sends though nothing is expected of it; a body may have many parts."""

_SLICE: Final = 16 * 1024
"""The most that is written without waiting for the client, so that little more than the buffer is ever held."""

_END: Final = b"event: end\ndata: {}\n\n"


class EventStream(ASGIResponse):
    """Writes changes until the time is up, the client leaves, or the caller may not see them any more.

    The last event is `end` where the client is to come again, and `problem` where the stream was broken off.
    """

    __slots__ = ("_caller", "_panorama", "_services", "_version")

    def __init__(self, services: Services, caller: Caller, panorama: PanoramaId, after: int) -> None:
        self._services = services
        self._caller = caller
        self._panorama = panorama
        self._version = after

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Write; whatever ends it, nothing of it goes on afterwards."""
        start: HTTPResponseStartEvent = {"type": "http.response.start", "status": 200, "headers": _FIELDS}
        await send(start)
        settings = self._services.settings
        longest = settings.stream_seconds + settings.keep_alive_seconds  # Somebody may take nothing and not leave.
        writing = asyncio.create_task(self._write(send))
        leaving = asyncio.create_task(_departure(receive))
        try:
            await asyncio.wait({writing, leaving}, timeout=longest, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if not writing.done():
                writing.cancel()
            await asyncio.gather(writing, leaving, return_exceptions=True)

    async def _write(self, send: Send) -> None:
        async with aclosing(self._frames()) as frames:
            async for frame in frames:
                await send(_part(frame, more=True))
        await send(_part(b"", more=False))

    async def _frames(self) -> AsyncGenerator[bytes, None]:
        """Yield the text of the events; the first says at once that the stream is open."""
        yield _RETRY + _KEEP_ALIVE
        try:
            async with aclosing(self._changes()) as batches:
                async for changes in batches:
                    events = deque(map(self._event, changes))
                    changes.clear()  # While a client is waited for, no more is held than what it has not taken.
                    for part in _slices(events) if events else (_KEEP_ALIVE,):
                        yield part
        except (DomainError, PortError) as error:
            yield b"event: problem\ndata: %b\n\n" % msgspec.json.encode(event_problem(error))
        else:
            yield _END

    async def _changes(self) -> AsyncGenerator[list[Change], None]:
        """Yield changes, or an empty list when nothing came for a while; raises what forbids to go on."""
        caller = self._caller
        watched = self._services.watches.changes(caller.tenant, self._panorama, caller.user, self._version)
        arriving = asyncio.ensure_future(anext(watched))
        ending = asyncio.ensure_future(self._services.ending.wait())
        try:
            async for pause in self._pauses():
                await asyncio.wait({arriving, ending}, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
                if not arriving.done():
                    yield []
                else:
                    yield arriving.result()
                    arriving = asyncio.ensure_future(anext(watched))
        finally:
            arriving.cancel()
            ending.cancel()
            await asyncio.gather(arriving, ending, return_exceptions=True)
            await watched.aclose()

    async def _pauses(self) -> AsyncGenerator[float, None]:
        """Yield how long to wait next, for as long as the stream lasts; raises what forbids to go on."""
        services, settings = self._services, self._services.settings
        now = services.monotonic()
        end, recheck = now + settings.stream_seconds, now + settings.recheck_seconds
        while now < end and not services.ending.is_set():
            if now >= recheck:
                await self._check()
                recheck = now + settings.recheck_seconds
            yield min(settings.keep_alive_seconds, recheck - now, end - now)
            now = services.monotonic()

    async def _check(self) -> None:
        """Raise NotInstalled or PanoramaMissing where the caller's tenant or the caller lost what they had."""
        await served(self._services, self._caller.tenant)
        await self._services.panoramas.visible(self._caller.tenant, self._panorama, self._caller.user)

    def _event(self, change: Change) -> bytes:
        epoch = self._services.panoramas.epoch
        data = msgspec.json.encode(change_document(change, epoch))
        return b"id: %b\nevent: change\ndata: %b\n\n" % (version_text(epoch, change.version).encode(), data)


def _slices(events: deque[bytes]) -> Iterator[bytes]:
    """Yield events in parts of which each is waited for, and let go of those that are done."""
    while events:
        event = events.popleft()
        for begin in range(0, len(event), _SLICE):
            yield event[begin : begin + _SLICE]


def _part(body: bytes, *, more: bool) -> HTTPResponseBodyEvent:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def _departure(receive: Receive) -> None:
    """Return when the client has left; what it sends is discarded, slowly, so that it takes no time of others."""
    while (await receive())["type"] != "http.disconnect":  # noqa: ASYNC110 - the pause is all that it is for
        await asyncio.sleep(_PAUSE)
