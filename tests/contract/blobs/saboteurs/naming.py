"""Blob stores that each break one law of names."""

import unicodedata
from collections.abc import AsyncIterable

from ports.blobs import BlobInfo, Capability
from ports.errors import InvalidArgument, NotFound
from tests.fakes.blobs import MemoryBlobStore


class MissesWhatCannotBe(MemoryBlobStore):
    """Says that there is no blob where there is no name."""

    async def info(self, name: str) -> BlobInfo:
        try:
            return await super().info(name)
        except InvalidArgument as exc:
            raise NotFound("no such blob") from exc


class ComposesNames(MemoryBlobStore):
    """Takes two ways of writing a letter for one."""

    async def create(self, name: str, content: AsyncIterable[bytes], *, sha256: bytes) -> str:
        return await super().create(unicodedata.normalize("NFC", name), content, sha256=sha256)


class DeclaresNothing(MemoryBlobStore):
    """Can do what it does not declare."""

    can = frozenset[Capability]()


SABOTEURS = {
    "a_name_is_made_of_segments": MissesWhatCannotBe,
    "an_awkward_name_is_a_name": ComposesNames,
    "any_text_is_a_name": DeclaresNothing,
}
