"""Sizes by which backups are cut: passed in, so that a test cuts little content into as many pieces as a site has."""

from typing import Final

import msgspec

from ports.storage import SCAN_LIMIT, SHORT_PAGE


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes of packs, pages and objects; the defaults are those of a site."""

    pack: int = 32 * 1024 * 1024
    """About how many bytes of records share a pack."""

    page: int = 200
    """The fewest records that a snapshot reads at a time, while their sizes are unknown: a body has up to 1 MiB."""

    page_bytes: int = 4 * 1024 * 1024
    """About how many bytes of bodies a snapshot reads at a time, by the size of those that it has read before."""

    inline_contents: int = 8 * 1024
    """The largest manifest in bytes that holds its contents itself: the catalog holds tens of thousands."""

    vault_object: int = 256 * 1024
    """About how many bytes of wraps share an object."""

    unshipped: int = SCAN_LIMIT
    """How many records that wait to be shipped are read at a time."""

    short_page: int = SHORT_PAGE
    """A page of as many bytes may be short because its bodies are large, and not because it is the last."""

    remembered_streams: int = 100_000
    """Of how many streams a process remembers how far they are shipped."""


SIZES: Final = Sizes()
