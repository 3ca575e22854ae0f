"""One key manager of each kind, and the means to have its provider change."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeAlias

import msgspec
import pytest

from adapters.local.keys import open_keyring
from ports.errors import PermissionDenied, Unavailable
from ports.keys import KeyManager
from tests.drivers import broken_files, unexpected
from tests.fakes.keys import FakeKeyManager
from tests.fakes.sources import FakeRandom, FakeTime

Happening: TypeAlias = Callable[[], Awaitable[None]]


class World(msgspec.Struct, frozen=True, kw_only=True):
    """A key manager and what may happen around it."""

    manager: KeyManager
    again: KeyManager
    """Another process's view of the same wrapping key."""

    foreign: KeyManager
    """Another wrapping key of the same kind."""

    unknown: KeyManager
    """A wrapping key that was never made."""

    rotate: Happening
    """The provider makes a new version."""

    cut_off: Happening
    """The provider cannot be reached any more."""

    refuse: Happening
    """The provider takes the permission from this identity."""

    disable: Happening
    """The provider's operator switches the wrapping key off."""

    enable: Happening
    """The provider's operator switches it on again."""

    destroy: Happening
    """The provider destroys the wrapping key."""

    broken: Callable[[], AbstractContextManager[None]]
    """The driver of the key manager raises what nobody expects of it."""

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

    async def disable() -> None:
        manager.disabled = True

    async def enable() -> None:
        manager.disabled = False

    async def destroy() -> None:
        manager.destroyed = True

    @contextmanager
    def broken() -> Iterator[None]:
        manager.broken = unexpected()
        yield
        manager.broken = None

    kind = type(manager)
    again, foreign, unknown = kind(manager.name), kind("another"), kind("unknown")
    unknown.destroyed = True
    return World(
        manager=manager,
        again=again,
        foreign=foreign,
        unknown=unknown,
        rotate=rotate,
        cut_off=cut_off,
        refuse=refuse,
        disable=disable,
        enable=enable,
        destroy=destroy,
        broken=broken,
    )


@asynccontextmanager
async def in_memory(_: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make the fake that all other tests stand on."""
    yield fake_world(FakeKeyManager())


@asynccontextmanager
async def in_a_file(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make a keyring file. A folder in its place is what a file that cannot be read is like.

    One that has been put away is switched off; one in whose place another has been put is unknown.
    """
    folder: Path = request.getfixturevalue("tmp_path")
    time, random = FakeTime(), FakeRandom()
    path = folder / "keyring"
    manager = await open_keyring(path, clock=time.clock, random=random)
    again = await open_keyring(path, clock=time.clock, random=FakeRandom("again"))
    foreign = await open_keyring(folder / "foreign", clock=time.clock, random=random)
    unknown = await open_keyring(folder / "unknown", clock=time.clock, random=random)
    shutil.copy(folder / "foreign", folder / "unknown")

    async def cut_off() -> None:
        path.unlink()
        path.mkdir()

    async def refuse() -> None:
        path.chmod(0o640)

    async def disable() -> None:
        path.rename(folder / "away")

    async def enable() -> None:
        (folder / "away").rename(path)

    async def destroy() -> None:
        path.unlink()

    yield World(
        manager=manager,
        again=again,
        foreign=foreign,
        unknown=unknown,
        rotate=manager.rotate,
        cut_off=cut_off,
        refuse=refuse,
        disable=disable,
        enable=enable,
        destroy=destroy,
        broken=broken_files,
    )
    for opened in (manager, again, foreign, unknown):
        await opened.close()
