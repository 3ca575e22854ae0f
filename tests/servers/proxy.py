"""A TCP proxy that does harm at a chosen step: what a network can do to a connection, on demand."""

import asyncio
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from typing import Final

from tests.patience import patience
from tests.servers.loops import Beside, beside

_CHUNK: Final = 1 << 20

# To linger for no time at all is to reset the connection, instead of ending it in order.
_RESET: Final = struct.pack("ii", 1, 0)


class Harm(Enum):
    """What happens to a connection on which somebody asks for something."""

    CUT_BEFORE = "the connection ends, and what was asked never arrives"
    CUT_AFTER = "what was asked arrives, and the connection ends instead of the answer"
    RESET_BEFORE = "the connection is reset, and what was asked never arrives"
    RESET_AFTER = "what was asked arrives, and the connection is reset instead of the answer"
    STALL_BEFORE = "nothing more passes, and the connection stays"
    STALL_AFTER = "what was asked arrives, and nothing more passes"


class Proxy:
    """Passes bytes both ways between its own port and a server's, until it is told to do harm."""

    def __init__(self, loop: Beside, server_port: int) -> None:
        self.steps = 0
        """How many times a client has sent something; what is sent at once counts once."""

        self._loop = loop
        self._server_port = server_port
        self._server: asyncio.Server | None = None
        self._plan: dict[int, Harm] = {}
        self._refusing = False
        self._stalling = False
        self._open: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Where clients connect to."""
        assert self._server is not None
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    def harm(self, step: int, harm: Harm) -> None:
        """Have the `step`-th thing that clients send from now on, counted from 1, come to harm; then all is well."""
        self._plan = {self.steps + step: harm}

    def refuse(self, *, refusing: bool) -> None:
        """From now on end every connection, new ones included, or let them through again."""
        self._refusing = refusing
        if refusing:
            self._loop.call(self._end_connections())

    def stall(self, *, stalling: bool) -> None:
        """From now on let nothing pass either way, or let it; a connection that had something to pass stays stalled."""
        self._stalling = stalling

    async def start(self) -> None:
        """Listen on a free port of the loopback address."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def close(self) -> None:
        """End every connection and listen no more."""
        assert self._server is not None
        self._server.close()
        await self._end_connections()
        await self._server.wait_closed()

    async def _end_connections(self) -> None:
        tasks = list(self._open)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            if not self._refusing:
                await self._join(reader, writer)
        except (OSError, asyncio.CancelledError):
            """One of the ends is gone, or the proxy closes."""
        finally:
            self._open.discard(task)
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        back = asyncio.create_task(self._carry(far_reader, writer))
        try:
            while chunk := await reader.read(_CHUNK):
                self.steps += 1
                await self._pass()
                harm = self._plan.pop(self.steps, None)
                if harm is not None:
                    await self._do(harm, chunk, far_writer, back)
                    if harm in {Harm.RESET_BEFORE, Harm.RESET_AFTER}:
                        _reset(writer)
                    return
                far_writer.write(chunk)
                await far_writer.drain()
        finally:
            back.cancel()
            # First, because whoever closes the proxy may cancel the waiting.
            far_writer.transport.abort()
            await asyncio.gather(back, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(_CHUNK):
            await self._pass()
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()

    async def _pass(self) -> None:
        if self._stalling:
            await asyncio.Event().wait()

    async def _do(self, harm: Harm, chunk: bytes, far_writer: asyncio.StreamWriter, back: asyncio.Task[None]) -> None:
        back.cancel()
        if harm in {Harm.CUT_AFTER, Harm.RESET_AFTER, Harm.STALL_AFTER}:
            far_writer.write(chunk)
            await far_writer.drain()
            # The server must have taken it before its side of the connection ends.
            await asyncio.sleep(patience(_TAKEN))
        if harm in {Harm.STALL_BEFORE, Harm.STALL_AFTER}:
            await asyncio.Event().wait()


_TAKEN: Final = 0.05


def _reset(writer: asyncio.StreamWriter) -> None:
    raw: socket.socket = writer.get_extra_info("socket")
    with suppress(OSError):  # The other side may have gone first.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def losing(proxy: Proxy) -> Callable[[int], Callable[[], bool]]:
    """Return a function that loses the answer to the so-many-th request, and no other; it returns whether it was made.

    Counted from 1. The request arrives, and the connection ends instead of the answer.
    """

    def lose(step: int) -> Callable[[], bool]:
        asked = proxy.steps
        proxy.harm(step, Harm.CUT_AFTER)
        return lambda: proxy.steps - asked >= step

    return lose


@contextmanager
def proxy_to(server_port: int) -> Iterator[Proxy]:
    """Put a proxy before a server of this machine."""
    with beside() as loop:
        proxy = Proxy(loop, server_port)
        loop.call(proxy.start())
        try:
            yield proxy
        finally:
            loop.call(proxy.close())
