"""How much a run measures: all of it, or what fits into ten minutes on a slow machine."""

from enum import StrEnum
from typing import NamedTuple


class Scale(StrEnum):
    """Which sizes a run takes; figures of quick sizes are estimates, and are told to be of them."""

    FULL = "full"
    QUICK = "quick"


class Sizes(NamedTuple):
    """One size, number of rounds or duration, at either scale."""

    full: int
    quick: int

    def at(self, scale: Scale) -> int:
        """Return the one of that scale."""
        return self.quick if scale is Scale.QUICK else self.full
