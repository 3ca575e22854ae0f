"""A directory of blobs, walked in the order of the names' bytes without reading all of it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from adapters.local.names import part_of_name


class _Entry(NamedTuple):
    """Sorted by the part: what lies in a folder begins with the folder's part, and no sibling's begins so."""

    part: bytes
    path: Path
    is_blob: bool


def walk(folder: Path, prefix: bytes, after: bytes, base: bytes = b"") -> Iterator[tuple[bytes, Path]]:
    """Yield name and path of each blob whose name begins with `prefix` and comes after `after`, in byte order.

    `base` is what the names of all blobs in the folder begin with.
    """
    for entry in sorted(_entries(folder)):
        name = base + entry.part
        if entry.is_blob:
            if name.startswith(prefix) and name > after:
                yield name, entry.path
        elif _may_hold(name, prefix, after):
            yield from walk(entry.path, prefix, after, name)


def _may_hold(base: bytes, prefix: bytes, after: bytes) -> bool:
    """Whether some name that begins with `base` begins with `prefix` and comes after `after`."""
    return (base.startswith(prefix) or prefix.startswith(base)) and (base > after or after.startswith(base))


def _entries(folder: Path) -> Iterator[_Entry]:
    """A folder that has been removed meanwhile, because it was empty, has none; strange files are not blobs."""
    try:
        with os.scandir(folder) as found:
            for entry in found:
                known = part_of_name(entry.name)
                if known is not None:
                    part, is_blob = known
                    yield _Entry(part, folder / entry.name, is_blob)
    except FileNotFoundError:
        return
