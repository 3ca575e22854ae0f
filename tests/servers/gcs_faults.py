"""Faults of transfers with Cloud Storage, as Google's own testbench makes them on demand.

https://github.com/googleapis/storage-testbench: `return-503-after-256K`, `return-broken-stream`, `stall-at-256KiB`,
`return-reset-connection` and others.
"""

from enum import Enum
from typing import Final, NamedTuple


class Harm(Enum):
    """How a transfer ends."""

    REFUSE = "the service answers with a status instead"
    CLOSE = "the connection ends in order"
    RESET = "the connection is reset"
    STALL = "nothing more passes, and the connection stays"
    GARBLE = "what has passed is all of the answer, and it says so"


class Fault(NamedTuple):
    """What happens to one transfer, once so many bytes of it have passed."""

    harm: Harm
    after: int = 0
    status: int = 503
    answered: bool = False
    """Whether it happens to the answer of an upload, which is done, and not to what is uploaded."""


UPLOAD_FAULTS: Final = {
    "503": Fault(Harm.REFUSE),
    "503-after-256K": Fault(Harm.REFUSE, 256 << 10),
    "broken-stream": Fault(Harm.CLOSE, 100_000),
    "broken-stream-at-once": Fault(Harm.CLOSE),
    "reset-connection": Fault(Harm.RESET),
    "reset-connection-after-100K": Fault(Harm.RESET, 100_000),
    "stall": Fault(Harm.STALL),
    "503-when-done": Fault(Harm.REFUSE, answered=True),
    "answer-lost": Fault(Harm.CLOSE, answered=True),
    "answer-broken": Fault(Harm.CLOSE, 20, answered=True),
    "answer-reset": Fault(Harm.RESET, 20, answered=True),
    "answer-garbled": Fault(Harm.GARBLE, 20, answered=True),
    "answer-empty": Fault(Harm.GARBLE, 0, answered=True),
}
"""By the names that the testbench has for them, or would have."""

DOWNLOAD_FAULTS: Final = {
    "503": Fault(Harm.REFUSE),
    "broken-stream": Fault(Harm.CLOSE),
    "broken-stream-after-100K": Fault(Harm.CLOSE, 100_000),
    "broken-stream-final-byte": Fault(Harm.CLOSE, -1),
    "reset-connection-after-100K": Fault(Harm.RESET, 100_000),
    "stall-after-100K": Fault(Harm.STALL, 100_000),
    "garbled": Fault(Harm.GARBLE, 100_000),
    "garbled-final-byte": Fault(Harm.GARBLE, -1),
}
"""Likewise; a negative number counts from the end."""
