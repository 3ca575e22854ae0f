"""What the kernel is told of a connection."""

import asyncio
import socket
from typing import Final

from entrypoints.http.connections.limits import ConnectionLimits

_TCP: Final = (socket.AF_INET, socket.AF_INET6)
_USER_TIMEOUT: Final = getattr(socket, "TCP_USER_TIMEOUT", None)
"""Linux has it; elsewhere a client that makes no room is noticed when the buffers before it are full."""


def bound_socket(transport: asyncio.Transport, limits: ConnectionLimits) -> None:
    """Bound what the kernel holds for a client that takes nothing, and for how long; Unix sockets are bounded."""
    connection = transport.get_extra_info("socket")
    if connection is None or connection.family not in _TCP:
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, limits.send_buffer)
    if _USER_TIMEOUT is not None:
        connection.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, int(limits.unacknowledged_seconds * 1000))
