"""What is known of each store: how far it has everything, and since when it fails."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import quote

import msgspec

from application.sealing.commits import commit
from domain.backups.manifests import Position
from domain.errors import TooContended
from domain.ids import SYSTEM
from ports.errors import Conflict, Corrupt
from ports.sources import Clock
from ports.storage import ABSENT, Record, Ref, Shipping, Storage

STATE: Final = "backup-store"
"""The kind of the SYSTEM records that hold the state of a store each."""

_TRIES: Final = 10


class Shed(msgspec.Struct, frozen=True):
    """Copies of the key vault that have been deleted, and that the provider may still be keeping."""

    begun: datetime
    """When the oldest of them was begun."""

    until: datetime


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a store has everything."""

    head: Position | None = None
    """The manifest up to which it has all manifests and their objects; None where it has none."""

    covered: datetime | None = None
    """Up to which moment that covers everything."""

    vault: Position | None = None
    """The newest copy of the key vault that it has."""

    reached: datetime | None = None
    """When it last had all that there was."""

    failing: datetime | None = None
    """Since when it lacks something that it could not be given; None while it does not."""

    failure: str | None = None
    """The code of the error that it last failed with."""

    shed: tuple[Shed, ...] = ()


_decoder: Final = msgspec.json.Decoder(State)


class States:
    """Reads and changes the states; raises what the storage raises."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def of(self, store: str) -> State:
        """Return a store's state."""
        return _state(await self._storage.get(_ref(store)))

    async def change(self, store: str, change: Callable[[State], State]) -> State:
        """Replace the state by what `change` makes of it, tried again for as long as others change it meanwhile.

        Raises TooContended.
        """
        for _ in range(_TRIES):
            record = await self._storage.get(_ref(store))
            before = _state(record)
            after = change(before)
            if after == before:
                return after
            rev = ABSENT if record is None else record.rev
            body = msgspec.json.encode(after)
            try:
                await commit(
                    self._storage, [Record(_ref(store), rev + 1, body, self._clock(), shipping=Shipping.NEVER)]
                )
            except Conflict:
                continue
            return after
        raise TooContended


def _ref(store: str) -> Ref:
    return Ref(SYSTEM, STATE, quote(store, safe="/:"))


def _state(record: Record | None) -> State:
    if record is None:
        return State()
    try:
        return _decoder.decode(record.body or b"")
    except msgspec.DecodeError as exc:
        raise Corrupt("the state of a blob store does not decode") from exc
