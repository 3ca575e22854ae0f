"""What the laws need of a blob store: the store, and the means to look at it and to harm it from outside."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias

import pytest

from ports.blobs import BlobStore
from ports.sources import Clock

Lose: TypeAlias = Callable[[int], Callable[[], bool]]
"""Loses the answer to the so-many-th request of the store from now on, counted from 1, and no other.

The request arrives. What is returned says whether it was made.
"""


@dataclass(frozen=True)
class Stalling:
    """A store whose server, or whose disk, can be had to give no answer."""

    store: BlobStore
    deadline: float
    """How many seconds its calls have: enough for what is to succeed on a slow machine."""

    begin: Callable[[], Awaitable[None]]
    end: Callable[[], Awaitable[None]]
    unaffected: frozenset[str] = frozenset()
    """Calls that are answered all the same."""

    lose: Lose | None = None
    """None where requests go over no line."""


@dataclass(frozen=True)
class World:
    """A blob store and what may happen around it."""

    store: BlobStore
    again: BlobStore
    """Another process's view of the same blobs."""

    now: Clock
    """The time that the store goes by."""

    pass_time: Callable[[timedelta], Awaitable[None]]
    """So much of it passes."""

    demolish: Callable[[], Awaitable[None]]
    """The bucket or directory of the store itself disappears."""

    leftovers: Callable[[], Awaitable[int]]
    """How much there is of uploads that have neither ended nor been given up."""

    stalling: Callable[[], AbstractAsyncContextManager[Stalling]]
    """A third view of the same blobs."""

    barred: Callable[[], Awaitable[BlobStore]]
    """The view of somebody who may do nothing here; opening it may be refused already."""

    broken: Callable[[], AbstractContextManager[None]]
    """The driver of the store raises what nobody expects of it."""

    part_size: int
    """The largest content that the store sends in one piece."""

    gaps: Mapping[str, str] = field(default_factory=dict)
    """Where a server of the tests is laxer than the real one: the name of the law that fails there, and why."""


Make: TypeAlias = Callable[[pytest.FixtureRequest], AbstractAsyncContextManager[World]]
"""Builds a world with whatever fixtures it needs: a folder, or a server that is started when it is first asked for."""


async def real_time(passing: timedelta) -> None:
    """Wait for it: the store goes by its own clock."""
    await asyncio.sleep(passing.total_seconds())
