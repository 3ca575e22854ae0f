"""Which records backups are about."""

from typing import Final

from application.keys.blind_index import INDEX_KEY
from application.panoramas.places import PLACE
from ports.storage import Row, Shipping

LEFT_OUT: Final = frozenset({INDEX_KEY, PLACE})
"""The kinds of the index from issues to panoramas, which every site makes for itself. See ADR 0029."""


def backed_up(rows: list[Row]) -> list[Row]:
    """Return those that backups are about, of rows that are without what is left out."""
    return [row for row in rows if row.shipping != Shipping.NEVER]
