"""How long backups are kept, as an operator chooses it."""

from datetime import timedelta
from typing import Annotated, TypeAlias

import msgspec

from domain.backups.retention import Retention

Days: TypeAlias = Annotated[float, msgspec.Meta(ge=1, le=3_650)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All in days. For how long copies of the key vault are kept stands with the retention of removed sites."""

    segment_days: Days = 7.0
    """For how many days any moment can be restored."""

    daily_days: Days = 35.0
    """For how many days the last snapshot of each day is kept."""

    monthly_days: Days = 366.0
    """For how many days the first snapshot of each month is kept."""

    prune: bool = True
    """Whether the service prunes; else somebody runs `panorama backup prune` under an identity that may delete."""

    def retention(self, vault_copies: timedelta) -> Retention:
        """Return how long everything is kept, copies of the vault for so long."""
        return Retention(
            segments=timedelta(days=self.segment_days),
            dailies=timedelta(days=self.daily_days),
            monthlies=timedelta(days=self.monthly_days),
            vault_copies=vault_copies,
        )

    @property
    def longest(self) -> float:
        """Return how old anything in a backup grows, in days."""
        return max(self.segment_days, self.daily_days, self.monthly_days)
