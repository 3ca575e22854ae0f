"""A blob store that fails where a plan says so."""

from collections.abc import AsyncIterable, AsyncIterator
from datetime import datetime

from ports.blobs import LIST_LIMIT, BlobInfo, BlobStore, Capability
from tests.fakes.flaky import Fault, Flaky


class FlakyBlobStore(Flaky):
    """A blob store whose calls go to `inner`. Among the steps its methods are `blob create` and so on."""

    def __init__(self, inner: BlobStore, *plan: Fault, steps: list[str] | None = None) -> None:
        super().__init__(*plan, steps=steps)
        self.inner = inner
        self.capabilities: frozenset[Capability] = inner.capabilities

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> str:
        return await self._step("blob create", lambda: self.inner.create(name, content, sha256=sha256))

    async def replace(self, name: str, content: bytes, *, tag: str) -> str:
        return await self._step("blob replace", lambda: self.inner.replace(name, content, tag=tag))

    async def read(self, name: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        async def whole() -> bytes:
            return b"".join([chunk async for chunk in self.inner.read(name, start=start, length=length)])

        yield await self._step("blob read", whole)

    async def info(self, name: str) -> BlobInfo:
        return await self._step("blob info", lambda: self.inner.info(name))

    async def list(self, *, prefix: str = "", after: str | None = None, limit: int = LIST_LIMIT) -> list[BlobInfo]:
        return await self._step("blob list", lambda: self.inner.list(prefix=prefix, after=after, limit=limit))

    async def delete(self, name: str) -> None:
        await self._step("blob delete", lambda: self.inner.delete(name))

    async def retain(self, name: str, until: datetime) -> None:
        await self._step("blob retain", lambda: self.inner.retain(name, until))

    async def check(self) -> None:
        await self._step("blob check", self.inner.check)
        self.capabilities = self.inner.capabilities

    async def close(self) -> None:
        """Never harmed: whoever closes is through with the story."""
        await self.inner.close()


def every_blob_method() -> frozenset[str]:
    """Return the names of all steps of a blob store."""
    return frozenset(f"blob {name}" for name in ("create", "replace", "read", "info", "list", "delete", "retain"))
