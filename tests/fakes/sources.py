"""Time that passes when told, and chance that is the same in every run."""

import asyncio
from datetime import UTC, datetime, timedelta
from hashlib import sha256


class FakeTime:
    """One course of time behind the clock, the monotonic clock and every sleep."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self.start = start
        self.now = start

    def clock(self) -> datetime:
        """Return the time of day."""
        return self.now

    def monotonic(self) -> float:
        """Return the seconds since the start."""
        return (self.now - self.start).total_seconds()

    async def sleep(self, seconds: float) -> None:
        """Let that much time pass at once, and others have their turn."""
        self.go_on(seconds=seconds)
        await asyncio.sleep(0)

    def go_on(self, *, seconds: float = 0, hours: float = 0) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds, hours=hours)


class FakeRandom:
    """Bytes that follow from a seed; two of the same seed agree."""

    def __init__(self, seed: str = "panorama") -> None:
        self._seed = seed
        self._calls = 0

    def __call__(self, size: int) -> bytes:
        """Return the next bytes."""
        self._calls += 1
        blocks = range(size // 32 + 1)
        stream = b"".join(sha256(f"{self._seed}/{self._calls}/{block}".encode()).digest() for block in blocks)
        return stream[:size]
