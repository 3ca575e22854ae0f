"""The sockets that all workers share, bound by the parent before there is any worker."""

import errno
import os
import socket
import stat
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from entrypoints.http.settings import Listen

_MODE: Final = 0o666
"""As uvicorn makes a Unix socket; the folder that it lies in says who may reach it."""


def bind(listen: Listen) -> list[socket.socket]:
    """Bind what to listen at, without listening: until the first worker does, connections are refused.

    Raises OSError where an address is taken or may not be used. One socket that all workers accept from, instead of one
    for each (`SO_REUSEPORT`): a connection is never given to a worker that has just ended, and a port that another
    service has taken stays refused.
    """
    if listen.socket is not None:
        return [_bind_unix(Path(listen.socket))]
    found = socket.getaddrinfo(listen.host, listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    addresses = dict.fromkeys((family, address) for family, _, _, _, address in found)
    with ExitStack() as stack:
        sockets = [stack.enter_context(_bind_inet(family, address)) for family, address in addresses]
        stack.pop_all()
    return sockets


def _bind_inet(family: socket.AddressFamily, address: tuple[object, ...]) -> socket.socket:
    with ExitStack() as stack:
        made = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
        stack.pop_all()
    return made


def _bind_unix(path: Path) -> socket.socket:
    with ExitStack() as stack:
        made = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        with suppress(FileNotFoundError):
            if stat.S_ISSOCK(path.stat().st_mode):
                _require_stale(path)
                path.unlink()
        made.bind(str(path))
        path.chmod(_MODE)
        stack.pop_all()
    return made


def _require_stale(path: Path) -> None:
    """Raise OSError where a process listens at a path."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
