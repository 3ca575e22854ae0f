"""Workers ask one another for their numbers, so that whichever of them is scraped answers for all.

Each worker has an inbox: a pair of sockets that the parent has made before it started any of them, so that nothing
lies in the file system, and nothing but these processes can ask. A worker that asks makes a connection, sends one end
of it to the inbox of each other worker, and reads the answer from the other end.
"""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final, NamedTuple, TypeAlias

import msgspec

from entrypoints.workers.samples import Family, decode, encode, exposition

PATIENCE: Final = 2.0
"""For how many seconds another worker is waited for: less than a scrape may take."""

_LOG: Final = logging.getLogger(__name__)

_QUESTION: Final = b"?"
_PIECE: Final = 64 * 1024
_CLOSE_ON_EXEC: Final = getattr(socket, "MSG_CMSG_CLOEXEC", 0)

Collect: TypeAlias = Callable[[], Awaitable[Sequence[Family]]]


class Inbox(NamedTuple):
    """Where a worker is asked; it outlives each process that reads it."""

    reader: socket.socket
    writer: socket.socket


def open_inbox() -> Inbox:
    """Return a new one, neither end of which waits."""
    reader, writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    reader.settimeout(0)
    writer.settimeout(0)
    return Inbox(reader, writer)


class Siblings:
    """The way of one worker to the numbers of the others, and of the others to its own."""

    def __init__(self, number: int, inboxes: Mapping[int, Inbox], *, patience: float = PATIENCE) -> None:
        self._number = number
        self._inboxes = inboxes
        self._patience = patience
        self._answers = set[asyncio.Task[None]]()

    @asynccontextmanager
    async def answering(self, collect: Collect) -> AsyncIterator[None]:
        """Answer the other workers, for as long as the block lasts, with what `collect` returns."""
        loop, reader = asyncio.get_running_loop(), self._inboxes[self._number].reader
        loop.add_reader(reader.fileno(), self._take_questions, reader, collect)
        try:
            yield
        finally:
            loop.remove_reader(reader.fileno())
            for answer in self._answers:
                answer.cancel()
            await asyncio.gather(*self._answers, return_exceptions=True)

    async def exposition(self, own: Collect) -> bytes:
        """Return the numbers of all workers, as Prometheus reads them."""
        others = [number for number in self._inboxes if number != self._number]
        mine, *theirs = await asyncio.gather(own(), *map(self._ask, others))
        answers: dict[int, Sequence[Family] | None] = {self._number: mine, **dict(zip(others, theirs, strict=True))}
        return exposition(dict(sorted(answers.items())))

    async def _ask(self, number: int) -> list[Family] | None:
        """Return the numbers of another worker; None where it does not answer in time."""
        try:
            async with asyncio.timeout(self._patience):
                return decode(await self._answer_of(self._inboxes[number].writer))
        except (TimeoutError, OSError, msgspec.DecodeError):
            return None

    async def _answer_of(self, inbox: socket.socket) -> bytes:
        ours, theirs = socket.socketpair()
        with ours:
            ours.settimeout(0)
            with theirs:
                socket.send_fds(inbox, [_QUESTION], [theirs.fileno()])
            loop, pieces = asyncio.get_running_loop(), []
            while piece := await loop.sock_recv(ours, _PIECE):
                pieces.append(piece)
            return b"".join(pieces)

    def _take_questions(self, reader: socket.socket, collect: Collect) -> None:
        while True:
            try:
                _, files, _, _ = socket.recv_fds(reader, len(_QUESTION), 1, _CLOSE_ON_EXEC)
            except BlockingIOError:
                return
            for file in files:
                task = asyncio.create_task(self._answer(socket.socket(fileno=file), collect))
                self._answers.add(task)
                task.add_done_callback(self._note_end)

    def _note_end(self, answer: asyncio.Task[None]) -> None:
        self._answers.discard(answer)
        if not answer.cancelled() and (error := answer.exception()) is not None:
            _LOG.warning("the numbers of this worker could not be collected", exc_info=error)

    async def _answer(self, asker: socket.socket, collect: Collect) -> None:
        """Answer one question; one whose asker has gone is not answered, as those that an earlier process was asked."""
        with asker, suppress(OSError, TimeoutError):
            asker.settimeout(0)
            async with asyncio.timeout(self._patience):
                content = encode(await collect())
                await asyncio.get_running_loop().sock_sendall(asker, content)


def close_other_ends(number: int, inboxes: Mapping[int, Inbox]) -> None:
    """Close what a worker does not need of the inboxes: the reading ends of the others."""
    for other, inbox in inboxes.items():
        if other != number:
            os.close(inbox.reader.detach())
