"""Blob stores that each break one law of compare-and-swap."""

from msgspec.structs import replace

from ports.blobs import BlobInfo
from tests.contract.blobs.saboteurs.early import LooksTooEarly
from tests.fakes.blobs import MemoryBlobStore


class ReplacesAnything(MemoryBlobStore):
    """Looks at no tag."""

    def _check_tag(self, info: BlobInfo, tag: str) -> None:
        """Find every tag good."""


class DescribesTheFirst(MemoryBlobStore):
    """Goes on telling the size of the first content."""

    def _store(self, name: bytes, content: bytes) -> BlobInfo:
        first = self.bucket.blobs.get(name)
        info = super()._store(name, content)
        if first is not None:
            self.bucket.blobs[name] = (replace(info, size=first[0].size), content)
        return info


class TagsBySize(MemoryBlobStore):
    """Tells contents apart by their size alone."""

    def _store(self, name: bytes, content: bytes) -> BlobInfo:
        info = replace(super()._store(name, content), tag=str(len(content)))
        self.bucket.blobs[name] = (info, content)
        return info


SABOTEURS = {
    "a_replacement_names_what_it_replaces": ReplacesAnything,
    "a_replacement_is_described_anew": DescribesTheFirst,
    "one_of_many_replacements_wins": LooksTooEarly,
    "no_increment_is_lost": LooksTooEarly,
    "contents_have_tags_of_their_own": TagsBySize,
}
