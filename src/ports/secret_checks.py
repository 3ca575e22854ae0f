"""What every secret store refuses before it asks its provider, so that all of them refuse the same."""

import re
from typing import Final

from ports.errors import InvalidArgument
from ports.secrets import NAME_LIMIT, VALUE_LIMIT

_NAME: Final = re.compile(rf"[A-Za-z0-9_-]{{1,{NAME_LIMIT}}}")


def check_name(name: str) -> None:
    """Raise InvalidArgument unless a secret may be called so."""
    if _NAME.fullmatch(name) is None:
        raise InvalidArgument(f"the name of a secret is 1 to {NAME_LIMIT} ASCII letters, digits, `_` and `-`")


def check_value(value: bytes) -> None:
    """Raise InvalidArgument unless a secret may hold that."""
    if not 1 <= len(value) <= VALUE_LIMIT:
        raise InvalidArgument(f"a secret is 1 to {VALUE_LIMIT} bytes")
