"""When maintenance has its turn."""

from typing import Annotated

import msgspec


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an operator may choose."""

    background: bool = True
    """Whether the service does it by itself; else somebody runs `panorama maintain`."""

    pause_seconds: Annotated[float, msgspec.Meta(gt=0, le=3600)] = 60.0
    """How long an instance rests between two rounds."""

    turn_seconds: Annotated[float, msgspec.Meta(gt=0, le=3600)] = 300.0
    """How long one job may go on before the next has its turn."""
