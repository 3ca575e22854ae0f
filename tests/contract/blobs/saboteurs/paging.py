"""Blob stores that each break one law of pages."""

from ports.blobs import LIST_LIMIT, BlobInfo
from tests.fakes.blobs import MemoryBlobStore


class KnowsAThousand(MemoryBlobStore):
    """Ends after the largest page, however much there is."""

    async def list(self, *, prefix: str = "", after: str | None = None, limit: int = LIST_LIMIT) -> list[BlobInfo]:
        known = await super().list(prefix=prefix)
        return [info for info in known if after is None or info.name > after][:limit]


class PagesByNumber(MemoryBlobStore):
    """Goes on at the place where the last page ended, whatever stands there by now."""

    _places: dict[str, int]

    async def list(self, *, prefix: str = "", after: str | None = None, limit: int = LIST_LIMIT) -> list[BlobInfo]:
        self._places = getattr(self, "_places", {})
        begin = 0 if after is None else self._places[after]
        found = (await super().list(prefix=prefix))[begin : begin + limit]
        self._places.update({info.name: begin + number for number, info in enumerate(found, 1)})
        return found


SABOTEURS = {
    "any_number_of_names_is_listed": KnowsAThousand,
    "pages_go_by_names": PagesByNumber,
}
