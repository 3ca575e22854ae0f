"""How much memory trees may take, how often they are put down, and how long what is past is kept."""

from datetime import timedelta
from typing import Annotated

import msgspec


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an operator may choose."""

    cached_nodes: Annotated[int, msgspec.Meta(ge=0)] = 2_000_000
    """How many nodes the trees in memory may have in all; at up to 400 bytes each."""

    snapshot_after: Annotated[int, msgspec.Meta(ge=1)] = 200
    """The fewest facts between two snapshots; large trees wait for a twenty-fifth of their nodes."""

    removed_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 30
    """For how many days a removed node can be restored, and an archived panorama brought back."""

    history_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 90
    """For how many days a change can be looked at, at the least."""

    @property
    def removed(self) -> timedelta:
        """How long what was removed or archived can come back."""
        return timedelta(days=self.removed_days)

    @property
    def history(self) -> timedelta:
        """How long a change can be looked at."""
        return timedelta(days=self.history_days)
