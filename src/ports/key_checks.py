"""What every key manager refuses before it asks its provider, so that all of them refuse the same."""

import re
from typing import Final

from ports.errors import InvalidArgument

PLAIN_SIZE: Final = 32
"""The size of a data key in bytes."""

CONTEXT_LIMIT: Final = 512
"""The longest context in bytes."""

_CONTEXT: Final = re.compile(rb"[ -~]{0,%d}" % CONTEXT_LIMIT)


def check_plain(plain: bytes) -> None:
    """Raise InvalidArgument unless `plain` has the size of a data key."""
    if len(plain) != PLAIN_SIZE:
        raise InvalidArgument(f"a data key is {PLAIN_SIZE} bytes")


def check_context(context: bytes) -> None:
    """Raise InvalidArgument unless `context` is printable ASCII and not too long."""
    if _CONTEXT.fullmatch(context) is None:
        raise InvalidArgument(f"a context is at most {CONTEXT_LIMIT} bytes of printable ASCII")
