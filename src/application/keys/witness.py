"""What this process has seen to be so, and for how long: by its own monotonic clock, whatever the time of day says."""

from collections.abc import Hashable

from ports.sources import Monotonic


class Witness:
    """Remembers since when things have been so; a process that ends forgets it all, and the next begins anew."""

    def __init__(self, monotonic: Monotonic) -> None:
        self._monotonic = monotonic
        self._since: dict[Hashable, float] = {}

    def saw(self, what: Hashable) -> float:
        """Note that something is so; return for how many seconds this process has known it."""
        now = self._monotonic()
        return now - self._since.setdefault(what, now)

    def forget(self, what: Hashable) -> None:
        """It is of no interest any more."""
        self._since.pop(what, None)
