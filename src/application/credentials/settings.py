"""How soon processes follow to a newer password."""

from typing import Annotated

import msgspec


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an operator may choose."""

    poll_seconds: Annotated[float, msgspec.Meta(gt=0, le=60)] = 30.0
    """The longest time until a process looks for a newer version of an address that is kept among the secrets."""
