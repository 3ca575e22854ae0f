"""The leases of jobs, kept in their records by compare-and-swap.

Each job has a lease of its own, so that instances share the work: a long rotation at one does not keep another from
erasing a customer in time. What a crash leaves is a lease that nobody renews, and that another instance takes once it
has watched it for a term. Why no time of day is compared stands in `domain.leases`.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from msgspec.structs import replace

from application.maintenance.jobs import Progress
from application.maintenance.states import JobState, Outlook, Ran, ended
from application.sealing.records import Records, Write
from domain.ids import SYSTEM
from domain.leases import Sight, given_up, looked, may_take, taken, trusted_until
from ports.errors import Conflict, Corrupt
from ports.sources import Clock, Monotonic, Random
from ports.storage import ABSENT, Ref, Shipping

JOB: Final = "job"
"""The kind of the SYSTEM records that hold what is known of each job; the key is the job's name."""

_NAME_SIZE: Final = 12
_TRIES: Final = 3


class Seen(NamedTuple):
    """A job's record, as it was found."""

    rev: int
    state: JobState


class Leases:
    """One instance's way to the leases of all jobs; it remembers what it has seen of each.

    Raises what `Records` raises, but for records that do not open: those count as empty, and are written anew.
    """

    def __init__(self, records: Records, clock: Clock, monotonic: Monotonic, random: Random) -> None:
        self._records = records
        self._clock = clock
        self._monotonic = monotonic
        self._name = random(_NAME_SIZE).hex()
        self._sights: dict[str, Sight] = {}

    async def look(self, job: str) -> Seen:
        """Return what is known of the job, and remember the revision."""
        seen = await self._read(job)
        self._sights[job] = looked(self._sights.get(job), seen.rev, self._monotonic())
        return seen

    def sight(self, job: str) -> Sight | None:
        """Return what this instance has last seen of the job's lease."""
        return self._sights.get(job)

    async def take(self, job: str, *, politely: bool = False) -> "Hold | Seen":
        """Take the lease if it is to be had; else return what is known of the job.

        `politely`: leave it where another instance has had its turn since this one last looked, and left nothing to
        do. So of several instances that look once a pause one does the work, and the next when that one is gone.
        """
        before, asked = self._sights.get(job), self._monotonic()
        seen = await self.look(job)
        if politely and _was_served(before, seen):
            return seen
        if not may_take(seen.state.lease, self._name, self._sights[job], asked):
            return seen
        lease = taken(seen.state.lease, self._name, self._clock())
        hold = Hold(self, job, Seen(seen.rev, replace(seen.state, lease=lease, progress=Progress())))
        return hold if await hold.begin() else await self.look(job)

    async def write(self, job: str, seen: Seen) -> None:
        """Store the next state, at the revision that it becomes; raises Conflict where that is taken."""
        await self._records.put(Write(_ref(job), seen.rev, seen.state, shipping=Shipping.NEVER))
        self._sights[job] = Sight(seen.rev, self._monotonic())

    def now(self) -> float:
        """Return the time by the clock that leases are measured with."""
        return self._monotonic()

    async def _read(self, job: str) -> Seen:
        record = await self._records.storage.get(_ref(job))
        if record is None:
            return Seen(ABSENT, JobState())
        try:
            return Seen(record.rev, (await self._records.open(record, JobState)).value)
        except Corrupt:
            return Seen(record.rev, JobState())


class Hold:
    """A lease that this instance has taken, for as long as nobody takes it after it."""

    def __init__(self, leases: Leases, job: str, seen: Seen) -> None:
        self._leases = leases
        self._job = job
        self._rev, self._state = seen
        self._until = float("-inf")

    @property
    def token(self) -> int:
        """Return the fencing token."""
        return self._state.lease.token

    @property
    def state(self) -> JobState:
        """Return what has been written last."""
        return self._state

    def is_good(self) -> bool:
        """Whether the holder may go on, without asking anybody."""
        return self._leases.now() < self._until

    async def begin(self) -> bool:
        """Write down that the lease is taken; whether nobody was faster."""
        return await self._write(lambda state: state)

    async def renew(self, progress: Progress) -> bool:
        """Make the lease last, and tell how far the work is; whether it is still held."""
        return await self._write(lambda state: replace(state, progress=progress))

    async def end(self, ran: Ran, outlook: Outlook | None) -> bool:
        """Give the lease up and write down what came of the turn; nothing is written where it is no longer held."""
        return await self._write(lambda state: ended(state, ran, outlook))

    async def _write(self, change: Callable[[JobState], JobState]) -> bool:
        """Write upon whatever revision bears the own token: a rotation of keys seals records anew in between."""
        for _ in range(_TRIES):
            asked = self._leases.now()
            state = change(self._state)
            try:
                await self._leases.write(self._job, Seen(self._rev + 1, state))
            except Conflict:
                if not await self._catch_up():
                    break
            else:
                self._rev, self._state, self._until = self._rev + 1, state, trusted_until(asked)
                return True
        self._until = float("-inf")
        return False

    async def _catch_up(self) -> bool:
        found = await self._leases.look(self._job)
        if found.state.lease not in {self._state.lease, given_up(self._state.lease)}:
            return False
        self._rev, self._state = found
        return True


def _was_served(before: Sight | None, seen: Seen) -> bool:
    last = seen.state.last
    return before is not None and before.rev != seen.rev and last is not None and last.is_done


def _ref(job: str) -> Ref:
    return Ref(SYSTEM, JOB, job)
