"""How old passwords of databases may become, and how soon processes follow."""

from typing import Annotated

import msgspec


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an operator may choose."""

    days: Annotated[int, msgspec.Meta(ge=1, le=89)] = 60
    """After how many days a password is replaced, so early that none is older than 90 days."""

    poll_seconds: Annotated[float, msgspec.Meta(gt=0, le=60)] = 30.0
    """The longest time until a process looks for a newer version of an address that is kept among the secrets."""

    settle_seconds: Annotated[float, msgspec.Meta(gt=0, le=86_400)] = 180.0
    """For how long the user before can still log in after a switch; at least twice `poll_seconds`."""
