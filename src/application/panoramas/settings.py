"""How much memory trees may take, and how often they are put down."""

from typing import Annotated

import msgspec


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an operator may choose."""

    cached_nodes: Annotated[int, msgspec.Meta(ge=0)] = 2_000_000
    """How many nodes the trees in memory may have in all; at up to 400 bytes each."""

    snapshot_after: Annotated[int, msgspec.Meta(ge=1)] = 200
    """The fewest facts between two snapshots; large trees wait for a twenty-fifth of their nodes."""
