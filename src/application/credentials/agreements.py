"""What all processes agree on while a password is replaced: sealed records, taken by compare-and-swap."""

from contextlib import suppress
from typing import Final

import msgspec
from msgspec.structs import replace

from application.sealing.records import Records, Write
from domain.ids import SYSTEM
from ports.errors import Conflict
from ports.storage import ABSENT, Ref, Shipping

CREDENTIAL: Final = "credential"
"""The kind of the SYSTEM records that belong to one version of an address, by its part and version."""


class Agreement(msgspec.Struct, frozen=True):
    """What is agreed on about one version of an address while it is the newest."""

    settled: bool = False
    """Whether the user before is disabled."""

    password: str | None = None
    """The next password: whoever replaces this one uses that and no other, however often it is begun."""

    def __repr__(self) -> str:
        """Leave out the password, so that no log and no traceback holds it."""
        return f"Agreement(settled={self.settled})"


class Agreements:
    """The agreements on every part. Raises what `Records` raises."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def find(self, part: str, version: str) -> Agreement:
        """Return what is agreed on so far."""
        return (await self._held(part, version))[1]

    async def settle(self, part: str, version: str) -> None:
        """Agree that the user before is disabled, and forget what was agreed on about earlier versions."""
        rev, agreement = await self._held(part, version)
        if not agreement.settled:
            with suppress(Conflict):  # Somebody else has agreed to the same.
                await self._put(part, version, rev + 1, replace(agreement, settled=True))
        await self._forget_others(part, version)

    async def agree(self, part: str, version: str, proposed: str) -> str:
        """Return the next password: the proposed one, unless there is one already."""
        while True:
            rev, agreement = await self._held(part, version)
            if agreement.password is not None:
                return agreement.password
            with suppress(Conflict):
                await self._put(part, version, rev + 1, replace(agreement, password=proposed))

    async def _held(self, part: str, version: str) -> tuple[int, Agreement]:
        held = await self._records.get(_ref(part, version), Agreement)
        return (ABSENT, Agreement()) if held is None else (held.rev, held.value)

    async def _put(self, part: str, version: str, rev: int, agreement: Agreement) -> None:
        await self._records.put(Write(_ref(part, version), rev, agreement, shipping=Shipping.NEVER))

    async def _forget_others(self, part: str, version: str) -> None:
        for record in await self._records.storage.scan(SYSTEM, CREDENTIAL, prefix=f"{part}/"):
            if record.ref != _ref(part, version):
                with suppress(Conflict):
                    await self._records.delete(record.ref, record.rev)


def _ref(part: str, version: str) -> Ref:
    return Ref(SYSTEM, CREDENTIAL, f"{part}/{version}")
