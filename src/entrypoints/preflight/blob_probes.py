"""What a blob store must do, tried on objects under a prefix of their own."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Final

from entrypoints.preflight.findings import NotTried, Probe
from ports.blobs import BlobStore, Capability
from ports.errors import PermissionDenied
from ports.sources import Clock, Sleep

_CONTENT: Final = bytes(range(256)) * 4
_LOCK: Final = timedelta(seconds=4)
"""How long an object is locked on trial; the probes wait for it to end, so that they leave nothing behind."""

DRIFT: Final = timedelta(seconds=5)
"""By how much the provider's clock and ours may differ: signatures and locks are judged by both."""


class BlobProbes:
    """Probes that lean on those before them, on one blob store."""

    def __init__(
        self, store: BlobStore, scratch: str, clock: Clock, sleep: Sleep, permissions: Mapping[str, str]
    ) -> None:
        self._store = store
        self._prefix = f"preflight/{scratch}/"
        self._clock = clock
        self._sleep = sleep
        self._permissions = permissions
        self._created = ""
        self._began = clock()

    def first(self) -> Probe:
        """Return what is tried before anything else."""
        return Probe("answers", self._store.check, permission=self._permissions.get("check", ""))

    def probes(self) -> list[Probe]:
        """Return the others in their order, by what the store has told of itself."""
        read, write = self._permissions.get("read", ""), self._permissions.get("write", "")
        listing, delete = self._permissions.get("list", ""), self._permissions.get("delete", "")
        retained = "locked" if Capability.RETENTION in self._store.capabilities else "unsupported"
        return [
            Probe("creates an object", self._create, permission=write),
            Probe("reads all of it and a part", self._read, permission=read),
            Probe("lets a name be taken once", self._taken_twice, "already-exists", write),
            Probe("refuses content with a wrong checksum", self._miswritten, "corrupt", write),
            Probe("replaces exactly what it is told to", self._replaced, permission=write),
            Probe("refuses to replace what has changed", self._stale, "conflict", write),
            Probe("lists by prefix, in order", self._listed, permission=listing),
            Probe("goes by the same clock", self._drift),
            Probe("locks an object against deletion", self._locked, retained, self._permissions.get("retain", "")),
            Probe("deletes and leaves nothing", self.cleaned, permission=delete),
        ]

    async def cleaned(self) -> str | None:
        """Remove everything that the probes have left."""
        for info in await self._store.list(prefix=self._prefix):
            await self._store.delete(info.name)
        left = await self._store.list(prefix=self._prefix)
        return f"{len(left)} objects left" if left else None

    async def _put(self, name: str, sha256: bytes) -> str:
        async def content() -> AsyncIterator[bytes]:
            yield _CONTENT

        return await self._store.create(self._prefix + name, content(), sha256=sha256)

    async def _create(self) -> None:
        await self._put("0/c", hashlib.sha256(_CONTENT).digest())
        self._began = self._clock()
        self._created = await self._put("a", hashlib.sha256(_CONTENT).digest())

    async def _read(self) -> str | None:
        self._made()
        whole = b"".join([chunk async for chunk in self._store.read(self._prefix + "a")])
        part = b"".join([chunk async for chunk in self._store.read(self._prefix + "a", start=200, length=100)])
        return None if (whole, part) == (_CONTENT, _CONTENT[200:300]) else "other bytes came back"

    async def _taken_twice(self) -> None:
        self._made()
        await self._put("a", hashlib.sha256(_CONTENT).digest())

    async def _miswritten(self) -> None:
        await self._put("b", bytes(32))

    async def _replaced(self) -> str | None:
        await self._store.replace(self._prefix + "a", b"replaced", tag=self._made())
        whole = b"".join([chunk async for chunk in self._store.read(self._prefix + "a")])
        return None if whole == b"replaced" else "other bytes came back"

    async def _stale(self) -> None:
        await self._store.replace(self._prefix + "a", b"again", tag=self._made())

    def _made(self) -> str:
        """Return the tag of the first object."""
        if not self._created:
            raise NotTried
        return self._created

    async def _listed(self) -> str | None:
        self._made()
        names = [info.name.removeprefix(self._prefix) for info in await self._store.list(prefix=self._prefix)]
        return None if names == ["0/c", "a"] else "another list"

    async def _drift(self) -> str | None:
        self._made()
        drift = abs((await self._store.info(self._prefix + "0/c")).written - self._began)
        return f"{drift.total_seconds():.0f} s apart" if drift > DRIFT else None

    async def _locked(self) -> str:
        self._made()
        name = self._prefix + "0/c"
        until = self._clock() + _LOCK
        await self._store.retain(name, until)
        try:
            await self._store.delete(name)
        except PermissionDenied:
            while (left := (until - self._clock()).total_seconds()) > -1:
                await self._sleep(left + 1)
            return "locked"
        return "deleted all the same"
