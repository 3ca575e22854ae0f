"""How old keys may become, as an operator chooses it."""

from datetime import timedelta
from typing import Annotated, TypeAlias

import msgspec

from domain.rotation import Policy

Days: TypeAlias = Annotated[float, msgspec.Meta(gt=0, le=90)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All in days; the first three are ages, counted from when a key was made."""

    renew_days: Days = 60.0
    """When a new key takes the place of one."""

    sweep_days: Days = 75.0
    """By when everything is sealed anew; later is a failure, and told."""

    limit_days: Days = 90.0
    """The age at which no key is in use any more, whatever has failed."""

    rest_days: Annotated[float, msgspec.Meta(ge=1, le=90)] = 1.0
    """For how long a key is kept after that, at the least."""

    @property
    def policy(self) -> Policy:
        """Return the same as the domain speaks of it."""
        return Policy(
            renewed_after=timedelta(days=self.renew_days),
            swept_by=timedelta(days=self.sweep_days),
            limit=timedelta(days=self.limit_days),
            rest=timedelta(days=self.rest_days),
        )
