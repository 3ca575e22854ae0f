"""A blob store that loses every race."""

import asyncio
from collections.abc import AsyncIterable

from ports.blobs import BlobInfo
from tests.fakes.blobs import MemoryBlobStore


class LooksTooEarly(MemoryBlobStore):
    """Looks whether a name is free, and at a tag, before the content arrives, and not again."""

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> str:
        super()._check_free(name.encode())
        await asyncio.sleep(0)
        return await super().create(name, content, sha256=sha256)

    async def replace(self, name: str, content: bytes, *, tag: str) -> str:
        super()._check_tag(await self.info(name), tag)
        await asyncio.sleep(0)
        return await super().replace(name, content, tag=tag)

    def _check_free(self, name: bytes) -> None:
        """Believe what was seen before."""

    def _check_tag(self, info: BlobInfo, tag: str) -> None:
        """Believe what was seen before."""
