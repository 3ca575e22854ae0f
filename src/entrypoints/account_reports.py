"""Jira's reporting of accounts, opened at the first report: few processes make one."""

from collections.abc import Sequence

from ports.accounts import Account, AccountReports, Answer, Way
from ports.sources import Clock, Sleep


class LazyAccountReports:
    """The adapter of Jira, imported with its HTTP client and its tokens when it is first asked."""

    def __init__(self, app_key: str, clock: Clock, sleep: Sleep) -> None:
        self._app_key = app_key
        self._clock = clock
        self._sleep = sleep
        self._reports: AccountReports | None = None

    async def report(self, way: Way, accounts: Sequence[Account]) -> Answer:
        """Do what the port promises."""
        if self._reports is None:
            self._reports = self._opened()
        return await self._reports.report(way, accounts)

    async def close(self) -> None:
        """Give up all connections."""
        if self._reports is not None:
            await self._reports.close()

    def _opened(self) -> AccountReports:
        from adapters.jira.accounts import JiraAccountReports
        from entrypoints.http.tokens.outgoing import signer
        from entrypoints.loopback import is_trustworthy

        sign = signer(self._app_key, self._clock)
        return JiraAccountReports(sign=sign, trust=is_trustworthy, clock=self._clock, sleep=self._sleep)
