"""Time that passes when told, and chance that is the same in every run."""

import asyncio
from datetime import UTC, datetime, timedelta
from hashlib import sha256


class FakeTime:
    """One course of time behind the clock, the monotonic clock and every sleep."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self.start = start
        self.now = start
        """The true time."""

        self.ahead = timedelta()
        """By how much the clock is wrong."""

    def clock(self) -> datetime:
        """Return the time of day."""
        return self.now + self.ahead

    def monotonic(self) -> float:
        """Return the seconds since the start."""
        return (self.now - self.start).total_seconds()

    def step(self, *, hours: float) -> None:
        """Have the clock jump, forth or back, while no time passes."""
        self.ahead += timedelta(hours=hours)

    async def sleep(self, seconds: float) -> None:
        """Let that much time pass at once, and others have their turn."""
        self.go_on(seconds=seconds)
        await asyncio.sleep(0)

    def go_on(self, *, seconds: float = 0, hours: float = 0) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds, hours=hours)


class SteadyTime(FakeTime):
    """Time that only the test moves: whoever sleeps does so until it has moved far enough."""

    def __init__(self) -> None:
        super().__init__()
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    async def sleep(self, seconds: float) -> None:
        """Wait until that much time has passed."""
        awake = asyncio.Event()
        self._sleepers.append((self.monotonic() + seconds, awake))
        await awake.wait()

    async def live(self, seconds: float, step: float = 1) -> None:
        """Let time pass step by step, and whoever wakes up do what there is to do."""
        for _ in range(round(seconds / step)):
            self.go_on(seconds=step)
            for until, awake in self._sleepers:
                if until <= self.monotonic():
                    awake.set()
            self._sleepers = [sleeper for sleeper in self._sleepers if not sleeper[1].is_set()]
            await settled()


async def settled() -> None:
    """Return when everybody who need not wait for time has had their turn, several times."""
    for _ in range(50):
        await asyncio.sleep(0)


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
