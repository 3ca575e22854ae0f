"""Jira's reporting of personal data in memory, for tests of what stands above the port."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import msgspec

from domain.accounts import Verdict
from ports.accounts import BATCH, Account, Answer, Throttled, Way
from ports.errors import InvalidArgument, PortError


class Told(msgspec.Struct, frozen=True):
    """One report that was taken."""

    way: Way
    accounts: tuple[Account, ...]

    @property
    def ids(self) -> list[str]:
        """The accounts that it named."""
        return [account.id for account in self.accounts]


class FakeAccountReports:
    """Says `verdicts` of the accounts that it is told of.

    `failure`, while it is set, is what every call raises; `patience`, how long the next call is asked to wait;
    `no_accounts`, what is no account id to this Jira; `meanwhile` happens before each answer.
    """

    def __init__(self) -> None:
        self.verdicts: dict[str, Verdict] = {}
        self.period: timedelta | None = None
        self.failure: PortError | None = None
        self.patience: timedelta | None = None
        self.no_accounts: set[str] = set()
        self.told: list[Told] = []
        self.asked = 0
        self.meanwhile: Callable[[], None] = lambda: None

    async def report(self, way: Way, accounts: Sequence[Account]) -> Answer:
        self.asked += 1
        self.meanwhile()
        if self.failure is not None:
            raise self.failure
        if self.patience is not None:
            wait, self.patience = self.patience, None
            raise Throttled(wait)
        if not 1 <= len(accounts) <= BATCH or self.no_accounts & {account.id for account in accounts}:
            raise InvalidArgument("the report is malformed")
        told = Told(way, tuple(accounts))
        self.told.append(told)
        return Answer({name: self.verdicts[name] for name in self.verdicts}, self.period)

    async def close(self) -> None:
        """Nothing is held."""
