"""One secret store of each kind, and the means to have its provider change."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import pytest

from adapters.local.secrets import open_secrets
from ports.errors import PermissionDenied, Unavailable
from ports.secrets import SecretStore
from tests.drivers import broken_files, unexpected
from tests.fakes.secrets import MemorySecretStore
from tests.fakes.sources import FakeRandom, FakeTime

Happening: TypeAlias = Callable[[], Awaitable[None]]

Lose: TypeAlias = Callable[[int], Callable[[], bool]]
"""Loses the answer to the so-many-th request of `store` from now on, counted from 1, and no other that was to be lost.

The request arrives. What is returned says whether it was made.
"""


@dataclass(frozen=True)
class World:
    """A secret store and what may happen around it."""

    store: SecretStore
    again: SecretStore
    """Another process's view of the same secrets."""

    foreign: SecretStore
    """Another store of the same kind, under another prefix or in another file."""

    cut_off: Happening
    """The provider cannot be reached any more."""

    refuse: Happening
    """The provider takes the permission from this identity."""

    broken: Callable[[], AbstractContextManager[None]]
    """The driver of the store raises what nobody expects of it."""

    lose: Lose | None = None
    """None where requests go over no line."""

    gaps: Mapping[str, str] = field(default_factory=dict)
    """Where a server of the tests is laxer than the real one: the name of the law that fails there, and why."""


Make: TypeAlias = Callable[[pytest.FixtureRequest], AbstractAsyncContextManager[World]]
"""Builds a world with whatever fixtures it needs: a folder, or a server that is started when it is first asked for."""


def fake_world(kind: type[MemorySecretStore] = MemorySecretStore) -> World:
    """Put a fake, or one of its broken kinds, into a world of its own."""
    time = FakeTime()
    store = kind(time.clock)
    again = kind(time.clock, store.safe)

    async def cut_off() -> None:
        store.failure = again.failure = Unavailable("cut off")

    async def refuse() -> None:
        store.failure = again.failure = PermissionDenied("refused")

    @contextmanager
    def broken() -> Iterator[None]:
        store.broken = unexpected()
        yield
        store.broken = None

    def lose(step: int) -> Callable[[], bool]:
        store.lost_in = step
        return lambda: store.lost_in < 1

    return World(store, again, kind(time.clock), cut_off, refuse, broken, lose)


@asynccontextmanager
async def in_memory(_: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make the fake that all other tests stand on."""
    yield fake_world()


@asynccontextmanager
async def in_a_file(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Make a sealed file. A folder in its place is what a file that cannot be read is like."""
    folder: Path = request.getfixturevalue("tmp_path")
    path, keyring, time = folder / "secrets", folder / "keyring", FakeTime()
    store = await open_secrets(path, keyring, clock=time.clock, random=FakeRandom("one"))
    again = await open_secrets(path, keyring, clock=time.clock, random=FakeRandom("again"))
    foreign = await open_secrets(folder / "foreign", keyring, clock=time.clock, random=FakeRandom("foreign"))

    async def cut_off() -> None:
        keyring.unlink()
        keyring.mkdir()

    async def refuse() -> None:
        keyring.chmod(0o640)

    yield World(store, again, foreign, cut_off, refuse, broken_files)
    for opened in (store, again, foreign):
        await opened.close()
