"""uvicorn's connection with bounds: on the head of a request, on time, on what waits, and on what `Upgrade` does."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from entrypoints.http.connections.endings import LastTransport
from entrypoints.http.connections.limits import ConnectionLimits
from entrypoints.http.connections.refusals import Refusal
from entrypoints.http.connections.sockets import bound_socket
from entrypoints.http.connections.upgrades import AfterHead, head_without_upgrade

_PIECE: Final = 64 * 1024
"""The parser is given at most this at once, so that a head is measured before much of it is held."""

_MALFORMED: Final = Refusal("request-invalid")
_TOO_LARGE: Final = Refusal("headers-too-large")

_TOO_MANY: Final = "too-many-requests"
_TOO_LATE: Final = "too-late"
_NOT_TAKEN: Final = "not-taken"
"""Why a connection ends without an answer that says so."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection.

    Two lazy timers watch it: one that a request ends in time, set anew only when it fires, so that a request costs no
    timer; the other that an answer is taken, which runs only while the transport's buffer is full.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: ConnectionLimits,
        broken_off: Callable[[str], None],
    ) -> None:
        """`broken_off` is told why, by a word of the program itself, whenever the service ends a connection."""
        super().__init__(config, server_state, app_state, _loop)
        self._broken_off = broken_off
        self._limits = limits
        self._period = min(limits.head_seconds, limits.stall_seconds)
        """After which it is time to look, whatever has begun meanwhile."""
        self._deaf = False
        """Whether what still arrives is discarded."""
        self._arrived = 0.0
        """When the newest bytes came."""
        self._due: float | None = None
        """When the request that is being read has to have gone on; None where none is."""
        self._unframed = 0
        """Bytes since the parser last found the end of a head, or a part of a body."""
        self._head = 0
        """Bytes given to the parser since the present head began; at most one piece too many."""
        self._piece = 0
        self._body_began = 0.0
        self._body_bytes = 0
        self._watch: asyncio.TimerHandle | None = None
        self._unsent = 0
        self._reader_watch: asyncio.TimerHandle | None = None
        self._last: LastTransport
        """The transport as answers see it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin; the first request has to come in time."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=self._limits.write_buffer)
        bound_socket(transport, self._limits)
        self._last = LastTransport(transport, self._close)
        self._due = self.loop.time() + self._limits.head_seconds
        self._watch = self.loop.call_later(self._period, self._check_progress)

    def connection_lost(self, exc: Exception | None) -> None:
        """End, and wait for nothing any more."""
        for watch in (self._watch, self._reader_watch):
            if watch is not None:
                watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what arrived, in pieces."""
        if self._deaf:
            return
        if self.timeout_keep_alive_task is not None:
            self._unset_keepalive_if_required()
        self._arrived = self.loop.time()
        if self._due is None and not self._is_answering():
            self._due = self._arrived + self._limits.head_seconds
        if len(data) <= _PIECE:
            self._feed(data)
            return
        for begin in range(0, len(data), _PIECE):
            if not self._deaf:
                self._feed(data[begin : begin + _PIECE])

    def on_message_begin(self) -> None:
        """Begin to measure a head; raises, which ends the parsing, where too many requests wait."""
        if len(self.pipeline) >= self._limits.pipelined:
            self._broken_off(_TOO_MANY)
            self._end_after_answers()
            raise _TooManyWait
        self._head = self._piece
        self._due = self._arrived + self._limits.head_seconds
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Give the request to the application, or to a refusal where its head is too large."""
        self._unframed = 0
        is_large = self._head > self._limits.head_bytes and self._head_size() > self._limits.head_bytes
        if is_large:
            self.app = _TOO_LARGE
        super().on_headers_complete()
        self.cycle.transport = self._last
        if is_large:
            self._broken_off(_TOO_LARGE.code)
            self._end_after_answers()
        self.headers = []  # What comes as a trailer must not become a header of the request.
        self._body_began, self._body_bytes = self._arrived, 0
        self._due = self._arrived + self._limits.stall_seconds

    def on_body(self, body: bytes) -> None:
        """Take a part of the body; the next has to come in time, and all of it at some pace."""
        self._unframed = 0
        self._body_bytes += len(body)
        paced = self._body_began + self._limits.stall_seconds + self._body_bytes / self._limits.slowest
        self._due = min(paced, self._arrived + self._limits.stall_seconds)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the request, unless the parser only takes its body for another protocol."""
        if self.parser.should_upgrade():
            return
        self._unframed = 0
        cycle = self.cycle  # As uvicorn does, which would ask the parser once more.
        self._due = self._arrived + self._limits.head_seconds if cycle.response_complete else None
        if not cycle.response_complete:
            cycle.more_body = False
            cycle.message_event.set()

    def pause_writing(self) -> None:
        """Stop the application from writing, and watch whether the client takes what waits for it."""
        super().pause_writing()
        self._watch_reader()

    def resume_writing(self) -> None:
        """Let the application write on."""
        if self._reader_watch is not None:
            self._reader_watch.cancel()
            self._reader_watch = None
        super().resume_writing()

    def _feed(self, piece: bytes) -> None:
        self._piece = len(piece)
        self._head += self._piece
        self._unframed += self._piece
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade(piece[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(_MALFORMED)
        else:
            if self._unframed > self._limits.head_bytes:
                self._refuse(_TOO_LARGE)

    def _ignore_upgrade(self, rest: bytes) -> None:
        scope, listener = self.scope, AfterHead(self)
        self.parser = httptools.HttpRequestParser(listener)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # As uvicorn reads.
        try:
            self.parser.feed_data(head_without_upgrade(scope["method"], scope["http_version"], scope["headers"]))
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):  # Wrong framing; CONNECT, which has none.
            self._refuse(_MALFORMED)
            return
        listener.is_behind_head = True
        if rest and not self._deaf:
            self._feed(rest)

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _end_after_answers(self) -> None:
        """Read nothing more; the answer to the newest request ends the connection."""
        self._deaf = True
        self._due = None
        self.cycle.keep_alive = False
        self.cycle.transport = LastTransport(self.transport, self._linger)

    def _refuse(self, refusal: Refusal) -> None:
        """Answer where no other answer is under way, read nothing more, and close."""
        if self._deaf:
            return
        self._broken_off(refusal.code)
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete:
            self._answer(refusal)
        elif cycle.more_body and not cycle.response_started and not self.pipeline:
            cycle.disconnected = True
            cycle.message_event.set()
            self._answer(refusal)
        elif cycle.more_body:
            self.transport.close()
        else:
            self._end_after_answers()

    def _answer(self, refusal: Refusal) -> None:
        self.logger.warning("Invalid HTTP request received.")
        self.transport.write(refusal.as_bytes(self.server_state.default_headers))
        self._linger()

    def _close(self) -> None:
        """Close behind an answer, or linger where the body of its request is still on its way."""
        if self.cycle.more_body and not self._deaf:
            self._linger()
        else:
            self.transport.close()

    def _linger(self) -> None:
        """Discard for a while what still arrives, and close then: a reset would take the answer with it."""
        self._deaf = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()  # The application, which would, reads no more.
        self._due = self.loop.time() + self._limits.linger_seconds
        if self._watch is not None:
            self._watch.cancel()
        self._watch = self.loop.call_at(self._due, self._check_progress)

    def _check_progress(self) -> None:
        """Close a connection whose request did not go on in time; look again when the present one is due."""
        now = self.loop.time()
        if self._due is not None and self._due <= now:
            if not self._is_to_go_on():
                self.transport.abort()
                return
            self._due = now + self._limits.stall_seconds
        next_look = now + self._period
        self._watch = self.loop.call_at(min(self._due or next_look, next_look), self._check_progress)

    def _is_to_go_on(self) -> bool:
        """Whether what is due waits for the application, or for the client to take the last answer."""
        if self._deaf:
            return self.transport.get_write_buffer_size() > 0
        if self.flow.read_paused or self._is_answering():
            return True
        if self._arrived:  # Connections that are only tried, or made in advance, end in silence.
            self._broken_off(_TOO_LATE)
        return False

    def _is_answering(self) -> bool:
        """Whether the newest request that is here as a whole has no whole answer yet."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.more_body and not cycle.response_complete

    def _watch_reader(self) -> None:
        self._unsent = self.transport.get_write_buffer_size()
        self._reader_watch = self.loop.call_later(self._limits.drain_seconds, self._check_reader)

    def _check_reader(self) -> None:
        """Give up a client that took too little; nothing is written while the application waits for it."""
        taken = self._unsent - self.transport.get_write_buffer_size()
        if taken < self._limits.drain_seconds * self._limits.slowest:
            self._broken_off(_NOT_TAKEN)
            self.transport.abort()
        else:
            self._watch_reader()


class _TooManyWait(Exception):
    """Ends the parsing: requests wait, and nothing more is read before the connection closes."""
