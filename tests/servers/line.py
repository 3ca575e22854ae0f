"""A TCP line to a server, which can be cut."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

_CHUNK: Final = 65_536


class Line:
    """Carries bytes both ways between whoever connects to `port` and the server, until it is cut."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ends: list[socket.socket] = []
        self._lock = threading.Lock()
        self._cut = False
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End all connections, and take no new ones."""
        with self._lock:
            self._cut = True
            ends, self._ends = self._ends, []
        for end in (self._listener, *ends):
            with suppress(OSError):  # It may never have been connected, or have ended by itself.
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):  # The listener is closed when the line is cut.
            while True:
                self._join(self._listener.accept()[0])

    def _join(self, near: socket.socket) -> None:
        far = socket.create_connection(("127.0.0.1", self._server_port))
        with self._lock:
            self._ends += [near, far]
            cut = self._cut
        for one, other in ((near, far), (far, near)):
            if cut:
                one.close()
            else:
                threading.Thread(target=_carry, args=(one, other), daemon=True).start()


def _carry(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):  # One of the ends is gone.
        while chunk := one.recv(_CHUNK):
            other.sendall(chunk)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


@contextmanager
def line_to(server_port: int) -> Iterator[Line]:
    """Lay a line to a server on this machine."""
    line = Line(server_port)
    try:
        yield line
    finally:
        line.cut()
