"""The port to Jira's reporting of personal data: which accounts are kept here, and what Jira says of each."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeAlias

import msgspec

from domain.accounts import Verdict
from ports.errors import Unavailable

BATCH: Final = 90
"""The most accounts that one report may name."""


class Account(msgspec.Struct, frozen=True):
    """An account that is kept, and when Atlassian was last asked about it."""

    id: str
    retrieved: datetime

    def __repr__(self) -> str:
        """Leave out the account, so that no log and no traceback holds it."""
        return f"Account(retrieved={self.retrieved})"


class ConnectSite(msgspec.Struct, frozen=True):
    """A site that is spoken to with the secret that it shares with the app."""

    base_url: str
    client_key: str
    secret: str

    def __repr__(self) -> str:
        """Leave out the secret, so that no log and no traceback holds it."""
        return f"ConnectSite(client_key={self.client_key!r})"


class ForgeInstallation(msgspec.Struct, frozen=True):
    """An installation that is spoken for with a token that Forge has given for it."""

    token: str

    def __repr__(self) -> str:
        """Leave out the token, so that no log and no traceback holds it."""
        return "ForgeInstallation()"


Way: TypeAlias = ConnectSite | ForgeInstallation
"""On whose behalf a report is made."""


class Answer(msgspec.Struct, frozen=True):
    """What Jira says of the accounts that were reported; those that it does not name are as before."""

    verdicts: Mapping[str, Verdict]
    period: timedelta | None = None
    """How long a cycle is from now on; None where Jira does not say."""

    def __repr__(self) -> str:
        """Leave out the accounts, so that no log and no traceback holds them."""
        return f"Answer(verdicts={len(self.verdicts)}, period={self.period})"


class Throttled(Unavailable):
    """Jira asks for patience: nothing was reported."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"asked to wait for {wait}")
        self.wait = wait


class AccountReports(Protocol):
    """Reports accounts to Jira. To report one twice does no harm, so that an unknown outcome is none."""

    async def report(self, way: Way, accounts: Sequence[Account]) -> Answer:
        """Report at most BATCH accounts.

        Raises Throttled; PermissionDenied where Jira does not take the signature or the token; NotFound where there
        is no such site; InvalidArgument where an account is none that Jira could have; Corrupt for an answer that
        cannot be read; Unavailable and DeadlineExceeded as all ports do.
        """

    async def close(self) -> None:
        """Give up all connections."""
