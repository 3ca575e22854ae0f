"""How long what a removed site has left behind is kept, as an operator chooses it."""

from datetime import timedelta
from typing import Annotated, TypeAlias

import msgspec

from domain.retention import RetentionPolicy
from domain.silence import SilencePolicy

Days: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=3_650)]

SilentDays: TypeAlias = Annotated[float, msgspec.Meta(ge=2, le=3_650)]
"""A day may pass between two looks, and one more until a site is heard that uses the app."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All in days; together with a site's soft delete, everything but the ledger's must fit into 30."""

    grace_days: Days = 14.0
    """For how long after its removal a site can come back as it was."""

    maintenance_days: Days = 1.0
    """The longest that a purge waits for maintenance, however it is run."""

    copy_days: Days = 1.0
    """The longest until every store has a verified copy of the vault as it is after the purge."""

    vault_copy_days: Days = 10.0
    """For how long copies of the vault are kept."""

    pruning_days: Days = 1.0
    """The longest that a copy of the vault that may go waits for being pruned."""

    silence_days: SilentDays = 10.0
    """For how long a site of Forge must not be heard until it has ended."""

    leaving_silence_days: SilentDays = 3.0
    """The same after the site told that the app is about to be removed."""

    return_days: Days = 4.0
    """How long a site of Forge can come back after its end was found, at the least."""

    outage_share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.2
    """If a larger share of all sites of Forge fall silent together, and more than three, it is Forge that is out."""

    ledger_days: Annotated[float, msgspec.Meta(ge=31, le=36_500)] = 400.0
    """For how long the erasure ledger names a tenant; longer than any backup is kept."""

    def policy(self, soft_delete_days: float) -> RetentionPolicy:
        """Return the policy of a site whose providers keep what has been deleted for so long."""
        return RetentionPolicy(
            grace=timedelta(days=self.grace_days),
            maintenance=timedelta(days=self.maintenance_days),
            copy_interval=timedelta(days=self.copy_days),
            vault_copies=timedelta(days=self.vault_copy_days),
            soft_delete=timedelta(days=soft_delete_days),
            pruning=timedelta(days=self.pruning_days),
            silence=SilencePolicy(
                silence=timedelta(days=self.silence_days),
                leaving=timedelta(days=self.leaving_silence_days),
                returning=timedelta(days=self.return_days),
                outage_share=self.outage_share,
            ),
        )

    @property
    def ledger(self) -> timedelta:
        """Return for how long an entry of the erasure ledger stands."""
        return timedelta(days=self.ledger_days)
