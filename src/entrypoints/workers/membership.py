"""What one worker has of its parent and of the other workers."""

import asyncio
import os
import signal
import socket
from contextlib import suppress
from typing import Final

from entrypoints.workers.siblings import Siblings

READY: Final = b"+"
"""What a worker sends its parent when it serves."""


class Membership:
    """One worker's place: its number, and its line to the parent, which breaks with the parent's end."""

    def __init__(self, number: int, parent: socket.socket, siblings: Siblings) -> None:
        self.number = number
        self.siblings = siblings
        self._parent = parent

    def end_with_parent(self) -> None:
        """Have this process end in order, as by SIGTERM, when the parent is gone; for within the event loop.

        Otherwise workers whose parent was killed would go on, and keep the next service from its port.
        """
        loop = asyncio.get_running_loop()

        def on_end() -> None:
            loop.remove_reader(self._parent.fileno())
            os.kill(os.getpid(), signal.SIGTERM)

        loop.add_reader(self._parent.fileno(), on_end)

    def report_ready(self) -> None:
        """Let the parent know that this worker serves; where the parent is gone, its end is noticed elsewhere."""
        with suppress(OSError):
            self._parent.send(READY)
