"""The stores that a site is restored into, and the note there that says how far it is."""

from contextlib import suppress
from datetime import datetime
from typing import Final

import msgspec

from application.restore.refusals import RestoreRefused
from application.sealing.commits import commit, remove
from domain.backups.manifests import Link
from domain.ids import SYSTEM
from ports.errors import Conflict, Corrupt, Unavailable
from ports.sources import Clock
from ports.storage import ABSENT, Record, Ref, Shipping, Storage

NOTE: Final = Ref(SYSTEM, "restore", "1")
"""The record that is there from before the first write of a restore until after its last."""


FOLLOWING: Final = Ref(SYSTEM, "following", "1")
"""The record that is there for as long as the site is a standby, which follows another."""


class Restoring(msgspec.Struct, frozen=True):
    """What is being restored, and how much of it is done."""

    at: datetime | None
    """The moment that was asked for; None for the newest."""

    newest: Link
    """The last manifest there was when it began; begun again, it restores nothing newer."""

    done: int = 0
    """How many steps of the plan are done."""


class Target:
    """Storage and vault of the site that is restored; raises what they raise."""

    def __init__(self, storage: Storage, vault: Storage, clock: Clock) -> None:
        self.storage = storage
        self.vault = vault
        self._clock = clock

    async def under_way(self) -> Restoring | None:
        """Return the restore that was begun there; None where there is nothing at all.

        Raises RestoreRefused where there is anything else: nothing is ever restored over what is there.
        """
        record = await self.storage.get(NOTE)
        if record is not None:
            return _restoring(record)
        for part, storage in (("storage", self.storage), ("key vault", self.vault)):
            if await storage.everything(1):
                raise RestoreRefused(
                    f"the {part} is not empty, and a restore writes over nothing",
                    "name an empty storage and an empty vault for the site that is restored, or empty these two",
                )
        return None

    async def note(self, restoring: Restoring) -> None:
        """Note how far it is; raises Conflict where another process restores into the same storage."""
        before = await self.storage.get(NOTE)
        rev = ABSENT if before is None else before.rev
        body = msgspec.json.encode(restoring)
        await commit(self.storage, [Record(NOTE, rev + 1, body, self._clock(), shipping=Shipping.NEVER)])

    async def finish(self) -> None:
        """Take the note away: the site is whole."""
        record = await self.storage.get(NOTE)
        if record is not None:
            with suppress(Conflict):
                await remove(self.storage, NOTE, record.rev)


async def check_whole(storage: Storage) -> None:
    """Return where the storage is that of a site that may be served.

    Raises Unavailable where a restore is under way, which leaves half a site, or the site follows another.
    """
    if await storage.get(NOTE) is not None:
        raise Unavailable("a restore into the storage is not done: repeat `panorama restore` until it is")
    if await storage.get(FOLLOWING) is not None:
        raise Unavailable("the site is a standby: `panorama failover run` makes it the one that writes")


def _restoring(record: Record) -> Restoring:
    try:
        return msgspec.json.decode(record.body or b"", type=Restoring)
    except msgspec.DecodeError as exc:
        raise Corrupt("the note about a restore does not decode") from exc
