"""Legal holds: while one is in force, a site's data are not purged, whatever else is due."""

import msgspec
from msgspec.structs import replace

from domain.approvals import Request
from domain.errors import RetentionRefused


class Hold(msgspec.Struct, frozen=True):
    """Why a site's data had to be kept, and why no longer."""

    placed: Request
    released: Request | None = None
    """None while the hold is in force."""


def in_force(holds: tuple[Hold, ...]) -> Hold | None:
    """Of a site's holds, which follow one another, only the last can be in force."""
    return holds[-1] if holds and holds[-1].released is None else None


def place(holds: tuple[Hold, ...], request: Request) -> tuple[Hold, ...]:
    """A site is held once at a time, so that no release ends what somebody else relies on; raises RetentionRefused."""
    if in_force(holds) is not None:
        raise RetentionRefused("a legal hold is in force already")
    return (*holds, Hold(request))


def release(holds: tuple[Hold, ...], request: Request) -> tuple[Hold, ...]:
    """A release ends the hold that is in force and says why; raises RetentionRefused where none is."""
    hold = in_force(holds)
    if hold is None:
        raise RetentionRefused("no legal hold is in force")
    return (*holds[:-1], replace(hold, released=request))
