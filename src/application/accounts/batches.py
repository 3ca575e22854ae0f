"""One batch of accounts on its way to Jira."""

from collections.abc import Sequence
from typing import Final

from domain.users import User
from ports.accounts import Account, AccountReports, Answer, Way
from ports.errors import InvalidArgument
from ports.sources import Sleep

PAUSE: Final = 1.0
"""Seconds of rest after each report."""

DIVISIONS: Final = 20
"""How often a batch is divided at the most, because Jira refuses the whole of it for the sake of some accounts."""


class Batch:
    """Reports users in one go. Where Jira refuses that, in halves, until those that it refuses stand alone."""

    def __init__(self, reports: AccountReports, way: Way, sleep: Sleep) -> None:
        self._reports = reports
        self._way = way
        self._sleep = sleep
        self._divisions = 0
        self.refused = 0
        """How many accounts are none that Jira could have: whatever a client of the API has made up."""

    async def report(self, users: Sequence[User]) -> Answer:
        """Return what Jira says of the users who have an account. Raises what the port raises."""
        accounts = [Account(user.account, user.retrieved) for user in users if user.account is not None]
        return await self._report(accounts) if accounts else Answer({})

    async def _report(self, accounts: Sequence[Account]) -> Answer:
        try:
            answer = await self._reports.report(self._way, accounts)
        except InvalidArgument:
            await self._sleep(PAUSE)
            return await self._divided(accounts)
        await self._sleep(PAUSE)
        return answer

    async def _divided(self, accounts: Sequence[Account]) -> Answer:
        if len(accounts) == 1:
            self.refused += 1
            return Answer({})
        self._divisions += 1
        if self._divisions > DIVISIONS:
            raise InvalidArgument("Jira refuses too many of the accounts")
        middle = len(accounts) // 2
        one, other = await self._report(accounts[:middle]), await self._report(accounts[middle:])
        return Answer({**one.verdicts, **other.verdicts}, other.period or one.period)
