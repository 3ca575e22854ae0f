"""The job that replaces passwords of databases before they are too old."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from application.credentials.accounts import Account, Replaceable, Sight, look
from application.credentials.agreements import Agreements
from application.credentials.findings import Stuck, barred, findings_of
from application.credentials.replacing import Replacing
from application.credentials.settings import Settings
from application.maintenance.jobs import Due, Finding, Report, Turn
from application.sealing.records import Records
from domain.credentials import Policy, Step, next_step
from ports.edges import port_errors_only
from ports.errors import PortError
from ports.sources import Clock, Random


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody logs in at one part; never the password."""

    part: str
    kind: str
    """What somebody logs in by, as in `password` and `identity`."""

    user: str | None = None
    version: str | None = None
    """The newest version of the secret that the address is kept as."""

    since: datetime | None = None
    """When the password came into use."""

    next: Step | None = None
    due: datetime | None = None
    """When that is done."""

    findings: tuple[Finding, ...] = ()


class RotatingCredentials:
    """A job: replaces the password of each part in turn, and disables the user before when all have followed."""

    name = "rotate-credentials"

    def __init__(
        self,
        accounts: Sequence[Account],
        records: Records,
        settings: Settings,
        environment: Mapping[str, str],
        clock: Clock,
        random: Random,
    ) -> None:
        """Take administrators before those whom they administer."""
        self._accounts = accounts
        self._agreements = Agreements(records)
        self._replacing = Replacing(self._agreements, clock, random)
        self._policy = Policy(age=timedelta(days=settings.days), settling=timedelta(seconds=settings.settle_seconds))
        self._environment = environment
        self._clock = clock

    async def plan(self) -> list[Due]:
        """Return the next step of each password, soonest first."""
        steps = [
            Due(at=status.due, what=f"{status.next.value} ({status.part})")
            for status in await self.statuses()
            if status.next is not None and status.due is not None
        ]
        return sorted(steps, key=lambda due: due.at)

    async def statuses(self) -> list[Status]:
        """Return how somebody logs in at each part, without changing anything."""
        sights = [await look(account, self._agreements) for account in self._accounts]
        bars = barred(sights)
        return [self._status(sight, bars.get(sight.account.part)) for sight in sights]

    async def run(self, turn: Turn) -> Report:
        """Do what is due."""
        return await self.advance(turn, {})

    async def advance(self, turn: Turn, away_from: Mapping[str, str]) -> Report:
        """Do what is due, and begin to replace, by part, each of these versions that is still the newest.

        One part's failure does not keep the others from theirs; it is raised in the end.
        """
        done, findings, failures, sights = Counter[str](), list[Finding](), list[PortError](), list[Sight]()
        for account in self._accounts:
            with _noted(failures):
                sights.append(await look(account, self._agreements))
        bars = barred(sights)
        for sight in sights:
            if turn.is_over():
                return Report(done=dict(+done), findings=tuple(findings), unfinished=True)
            part = sight.account.part
            with _noted(failures):
                findings += await self._advance(sight, bars.get(part), away_from.get(part), done)
            turn.advance(total=len(sights))
        if failures:
            raise failures[0]
        return Report(done=dict(+done), findings=tuple(findings))

    async def _advance(
        self, sight: Sight, bar: Finding | None, away_from: str | None, done: Counter[str]
    ) -> Sequence[Finding]:
        """Take each step that is due: there are two, and the second follows the first at once where it is due too."""
        for _ in Step:
            held = None if bar else sight.password
            if held is None:
                break
            step, due = next_step(held.standing, self._policy)
            begins = step is Step.REPLACE and held.history.newest.version == away_from
            if self._clock() < due and not begins:
                break
            try:
                await self._take(step, sight.account, held, done)
            except Stuck as stuck:
                return (*self._status(sight, bar).findings, stuck.finding)
            sight = await look(sight.account, self._agreements)
        return self._status(sight, bar).findings

    async def _take(self, step: Step, account: Account, held: Replaceable, done: Counter[str]) -> None:
        take = self._replacing.replace if step is Step.REPLACE else self._replacing.settle
        done.update(await take(account, held))

    def _status(self, sight: Sight, bar: Finding | None) -> Status:
        findings = [*findings_of(sight, self._environment, self._clock())]
        held = sight.password
        status = Status(
            part=sight.account.part,
            kind=sight.login.proof.value,
            user=sight.login.user,
            findings=(*findings, bar) if bar else tuple(findings),
        )
        if held is None:
            return status
        status = replace(status, version=held.history.newest.version, since=held.standing.made)
        if bar:
            return status
        step, due = next_step(held.standing, self._policy)
        return replace(status, next=step, due=due)


@contextmanager
def _noted(failures: list[PortError]) -> Iterator[None]:
    """Go on after a failure, and remember it."""
    try:
        with port_errors_only():
            yield
    except PortError as error:
        failures.append(error)
