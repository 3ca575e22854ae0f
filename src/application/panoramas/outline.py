"""The outline: a whole tree as one flat list, encoded once for each version."""

import asyncio
import gzip
from typing import Final

import msgspec

from domain.panoramas.tree import Tree

_THREAD_FROM: Final = 5_000
"""Trees of that many nodes are encoded in a thread, from a frozen copy."""

_LEVEL: Final = 1
"""gzip level: outlines are full of repetition, and higher levels cost more time than they save bytes."""


class Outline:
    """The encoded answer to "show me this panorama" at one version of one epoch."""

    __slots__ = ("_packed", "body", "epoch", "version")

    def __init__(self, epoch: int, version: int, body: bytes) -> None:
        self.epoch = epoch
        self.version = version
        self.body = body
        self._packed: bytes | None = None

    @property
    def packed(self) -> bytes:
        """The body compressed with gzip, made at the first wish."""
        if self._packed is None:
            self._packed = gzip.compress(self.body, _LEVEL, mtime=0)
        return self._packed


async def outline_of(tree: Tree, epoch: int) -> Outline:
    """Encode the tree as it is now; the loop is not held up by a large one."""
    if len(tree) < _THREAD_FROM:
        return _encoded(tree, epoch)
    return await asyncio.to_thread(_packed, tree.frozen(), epoch)


def _encoded(tree: Tree, epoch: int) -> Outline:
    shown = {
        "id": tree.id,
        "version": f"{epoch}.{tree.version}",
        "name": tree.name,
        "root": tree.root,
        "archived": tree.archived,
        "nodes": tree.outline_rows(),
    }
    return Outline(epoch, tree.version, msgspec.json.encode(shown))


def _packed(tree: Tree, epoch: int) -> Outline:
    outline = _encoded(tree, epoch)
    _ = outline.packed
    return outline
