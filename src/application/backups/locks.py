"""Until when the objects of one store must be locked."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from application.backups.states import State
from domain.backups.chains import Chained
from domain.backups.manifests import Position, VaultCopy
from domain.backups.retention import Retention, copy_locked_until, locks

_SHARED: Final = timedelta(days=1)
"""An object that copies of the vault share is locked again with the first of a day."""


class Locks:
    """What is asked of one store, by what it has been given; the lock is the last that it is given of anything."""

    def __init__(self, state: State, retention: Retention, now: datetime) -> None:
        self._state = state
        self._retention = retention
        self._now = now

    def of(self, line: Sequence[Chained], book: Mapping[Position, str]) -> Mapping[Position, datetime]:
        """Return until when manifests of a chain and their objects must be locked; without those that need not be.

        Those that are not as the site's own book knows them are not asked for: they could not be given once more.
        """
        head = self._state.head
        given = [] if head is None else [each for each in line if each.position <= head]
        untils = locks([each.manifest for each in given], self._retention)
        own = [each.position for each in given if book.get(each.position) == each.sha256]
        return {position: untils[position] for position in own if untils[position] > self._now}

    def of_copy(self, copy: VaultCopy) -> datetime | None:
        """Return until when the list of a copy of the vault must be locked; None where it need not be."""
        until = copy_locked_until(copy, self._retention)
        vault = self._state.vault
        return until if vault is not None and copy.position <= vault and until > self._now else None

    def of_objects(self, copy: VaultCopy) -> datetime | None:
        """Return until when the objects of a copy of the vault must be locked; None where they need not be."""
        until = self.of_copy(copy)
        return None if until is None else until - _SHARED
