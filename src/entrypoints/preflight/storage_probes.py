"""What a storage must do, tried on records of a tenant that nobody is."""

import asyncio
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from entrypoints.preflight.findings import Probe
from ports.errors import Conflict
from ports.sources import Clock
from ports.storage import ABSENT, BODY_LIMIT, Record, Ref, Shipping, Storage
from ports.storage_checks import truncated

KIND: Final = "preflight"
_WRITERS: Final = 8


class StorageProbes:
    """Probes that lean on those before them, on one storage. Their records are never shipped to a backup."""

    def __init__(self, storage: Storage, scratch: str, clock: Clock, permissions: Mapping[str, str]) -> None:
        self._storage = storage
        self._tenant = scratch
        self._clock = clock
        self._read = permissions.get("read", "")
        self._write = permissions.get("write", "")

    def first(self) -> Probe:
        """Return what is tried before anything else."""
        return Probe("answers", self._storage.check, permission=self._read)

    def probes(self) -> list[Probe]:
        """Return the others in their order."""
        return [
            Probe("creates a record and reads it back", self._created, permission=self._write),
            Probe("lets a revision be taken once", self._taken_twice, "conflict", self._write),
            Probe(f"of {_WRITERS} writers at once lets one win", self._raced, "1 of 8", self._write),
            Probe("stops a batch at the first conflict", self._batched, "1 of 3", self._write),
            Probe("takes the largest body", self._filled, permission=self._write),
            Probe("scans in key order, page by page", self._scanned, permission=self._read),
            Probe("finds what is due", self._due, permission=self._read),
            Probe("keeps tenants apart", self._apart, permission=self._read),
            Probe("deletes", self._deleted, permission=self._write),
            Probe("erases a tenant", self.cleaned, permission=self._write),
        ]

    async def cleaned(self) -> str | None:
        """Remove everything that the probes have left."""
        await self._storage.erase(self._tenant)
        left = await self._storage.scan(self._tenant, KIND)
        return f"{len(left)} records left" if left else None

    def _record(self, key: str, rev: int = ABSENT + 1, body: bytes = b"probe") -> Record:
        ref = Ref(self._tenant, KIND, key)
        return Record(ref, rev, body, truncated(self._clock()), shipping=Shipping.NEVER)

    async def _created(self) -> str | None:
        record = self._record("one", body=bytes(range(256)))
        await self._storage.put(record)
        return None if await self._storage.get(record.ref) == record else "another record came back"

    async def _taken_twice(self) -> None:
        await self._storage.put(self._record("one"))

    async def _raced(self) -> str:
        writes = [self._storage.put(self._record("one", 2, bytes([writer]))) for writer in range(_WRITERS)]
        answers = await asyncio.gather(*writes, return_exceptions=True)
        for answer in answers:
            if answer is not None and not isinstance(answer, Conflict):
                raise answer
        return f"{answers.count(None)} of {_WRITERS}"

    async def _batched(self) -> str:
        batch = [self._record("three"), self._record("one"), self._record("two")]
        try:
            await self._storage.put_many(batch)
        except Conflict:
            stored = [await self._storage.get(record.ref) for record in (batch[0], batch[2])]
            return f"{sum(record is not None for record in stored)} of {len(batch)}"
        return "no conflict"

    async def _filled(self) -> str | None:
        record = self._record("two", body=bytes(BODY_LIMIT))
        await self._storage.put(record)
        return None if await self._storage.get(record.ref) == record else "another record came back"

    async def _scanned(self) -> str | None:
        first = await self._storage.scan(self._tenant, KIND, limit=2)
        rest = await self._storage.scan(self._tenant, KIND, after=first[-1].ref.key if first else None)
        keys = [record.ref.key for record in (*first, *rest)]
        return None if keys == ["one", "three", "two"] else "another order"

    async def _due(self) -> str | None:
        record = replace(self._record("due"), due=truncated(self._clock()))
        await self._storage.put(record)
        due = await self._storage.due(KIND, self._clock(), 100)
        return None if record.ref in {found.ref for found in due} else "not found"

    async def _apart(self) -> str | None:
        other = Ref(f"{self._tenant}-other", KIND, "one")
        return None if await self._storage.get(other) is None else "another tenant's record came back"

    async def _deleted(self) -> str | None:
        record = self._record("three")
        await self._storage.delete(record.ref, record.rev)
        return None if await self._storage.get(record.ref) is None else "still there"
