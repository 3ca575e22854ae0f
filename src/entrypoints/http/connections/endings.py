"""How a connection ends behind its last answer."""

import asyncio
from collections.abc import Callable
from typing import Any


class LastTransport(asyncio.Transport):
    """The transport as the last answer of a connection sees it: to close it is left to the connection."""

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        super().__init__()
        self._transport = transport
        self._close = close

    def write(self, data: Any) -> None:
        """Write on."""
        self._transport.write(data)

    def is_closing(self) -> bool:
        """Whether nothing can be written any more."""
        return self._transport.is_closing()

    def close(self) -> None:
        """Have the connection end."""
        self._close()
