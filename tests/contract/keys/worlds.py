"""One key manager of each kind, and the means to have its provider change."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import msgspec
import pytest

from adapters.local.keys import open_keyring
from ports.errors import PermissionDenied, Unavailable
from ports.keys import KeyManager
from tests.fakes.keys import FakeKeyManager
from tests.fakes.sources import FakeRandom, FakeTime

Happening: TypeAlias = Callable[[], Awaitable[None]]


class World(msgspec.Struct, frozen=True):
    """A key manager and what may happen around it."""

    manager: KeyManager
    again: KeyManager
    """Another process's view of the same wrapping key."""

    foreign: KeyManager
    """Another wrapping key of the same kind."""

    rotate: Happening
    """The provider makes a new version."""

    cut_off: Happening
    """The provider cannot be reached any more."""

    refuse: Happening
    """The provider takes the permission from this identity."""

    destroy: Happening
    """The provider destroys the wrapping key."""

    gaps: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Where a server of the tests is laxer than the real one: the name of the law that fails there, and why."""


Make: TypeAlias = Callable[[pytest.FixtureRequest], AbstractAsyncContextManager[World]]
"""Builds a world with whatever fixtures it needs: a folder, or a server that is started when it is first asked for."""


def fake_world(manager: FakeKeyManager) -> World:
    """Put a fake, or one of its broken kinds, into a world of its own."""

    async def rotate() -> None:
        manager.rotate()

    async def cut_off() -> None:
        manager.failure = Unavailable("cut off")

    async def refuse() -> None:
        manager.failure = PermissionDenied("refused")

    async def destroy() -> None:
        manager.destroyed = True

    kind = type(manager)
    return World(manager, kind(manager.name), kind("another"), rotate, cut_off, refuse, destroy)


@asynccontextmanager
async def in_memory(_: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make the fake that all other tests stand on."""
    yield fake_world(FakeKeyManager())


@asynccontextmanager
async def in_a_file(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make a keyring file. A folder in its place is what a file that cannot be read is like."""
    folder: Path = request.getfixturevalue("tmp_path")
    time, random = FakeTime(), FakeRandom()
    path = folder / "keyring"
    manager = await open_keyring(path, clock=time.clock, random=random)
    again = await open_keyring(path, clock=time.clock, random=FakeRandom("again"))
    foreign = await open_keyring(folder / "foreign", clock=time.clock, random=random)

    async def cut_off() -> None:
        path.unlink()
        path.mkdir()

    async def refuse() -> None:
        path.chmod(0o640)

    async def destroy() -> None:
        path.unlink()

    yield World(manager, again, foreign, manager.rotate, cut_off, refuse, destroy)
    for opened in (manager, again, foreign):
        await opened.close()
