"""The keyring file: for its owner only, made once, replaced as a whole."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.local.keyring import Keyring, KeyVersion, create_keyring, read_keyring
from adapters.local.keys import FileKeyManager, open_keyring
from ports.errors import NotFound, PermissionDenied, Unavailable
from tests.fakes.sources import FakeRandom, FakeTime

PLAIN = bytes(range(32))
SHORT = b'{"name":"x","versions":[{"number":1,"created":"2026-01-01T00:00:00Z","secret":"c2VjcmV0"}]}'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the keyring is to lie."""
    return tmp_path / "keyring"


async def opened(path: Path, seed: str = "keyring") -> FileKeyManager:
    """Open the keyring as one process does."""
    return await open_keyring(path, clock=FakeTime().clock, random=FakeRandom(seed))


class OnDisk:
    """The keyring file as an operator sees and changes it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def mode(self) -> int:
        """Its permissions."""
        return self._path.stat().st_mode & 0o777

    @mode.setter
    def mode(self, mode: int) -> None:
        self._path.chmod(mode)

    @property
    def content(self) -> bytes:
        """Its bytes; a new file that is put there is its owner's only."""
        return self._path.read_bytes()

    @content.setter
    def content(self, content: bytes) -> None:
        self._path.write_bytes(content)
        self.mode = 0o600

    @property
    def neighbours(self) -> list[str]:
        """All that lies in its folder."""
        return sorted(entry.name for entry in self._path.parent.iterdir())

    def remove(self) -> None:
        """Take it away."""
        self._path.unlink()


async def test_a_keyring_is_made_for_its_owner_only(path: Path) -> None:
    """With mode 0600 whatever the umask is, and nothing else lies beside it."""
    before = os.umask(0)
    try:
        manager = await opened(path)
    finally:
        os.umask(before)
    assert OnDisk(path).mode == 0o600
    assert OnDisk(path).neighbours == ["keyring"]
    assert manager.name.startswith("file-")
    await manager.close()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660, 0o601, 0o700, 0o644])
async def test_a_keyring_that_others_may_use_is_refused_with_a_way_out(path: Path, mode: int) -> None:
    """When it is opened and while it is used."""
    manager = await opened(path)
    OnDisk(path).mode = mode
    with pytest.raises(PermissionDenied, match="chmod 600"):
        await opened(path)
    with pytest.raises(PermissionDenied, match="chmod 600"):
        await manager.wrap(PLAIN, b"")
    OnDisk(path).mode = 0o600
    await manager.wrap(PLAIN, b"")
    await manager.close()


def test_a_race_yields_one_keyring(path: Path) -> None:
    """Of many who find none, all use the same one in the end."""

    def make(number: int) -> Keyring:
        create_keyring(path, FakeTime().clock, FakeRandom(f"process {number}"))
        return read_keyring(path)

    with ThreadPoolExecutor(8) as threads:
        keyrings = list(threads.map(make, range(24)))
    assert keyrings == [keyrings[0]] * 24
    assert OnDisk(path).neighbours == ["keyring"]


async def test_rotations_of_two_processes_lose_no_version(path: Path) -> None:
    """Both new versions are kept, and what was wrapped before still opens."""
    first, second = await opened(path, "first"), await opened(path, "second")
    wrap = await first.wrap(PLAIN, b"context")
    for _ in range(3):
        await second.rotate()
        await first.rotate()
    assert [version.number for version in read_keyring(path).versions] == list(range(1, 8))
    assert (await first.describe()).primary == (await second.describe()).primary == "7"
    assert await second.unwrap(wrap, b"context") == PLAIN
    assert OnDisk(path).mode == 0o600
    await first.close()
    await second.close()


async def test_a_wrap_names_its_version(path: Path) -> None:
    """Its first four bytes, as the format says."""
    manager = await opened(path)
    await manager.rotate()
    assert (await manager.wrap(PLAIN, b""))[:4] == b"\0\0\0\2"
    await manager.close()


async def test_another_keyring_in_its_place_is_told(path: Path) -> None:
    """It would wrap under a name that is not its own."""
    manager = await opened(path)
    OnDisk(path).remove()
    await (await opened(path, "another")).close()
    with pytest.raises(NotFound, match=manager.name):
        await manager.wrap(PLAIN, b"")
    await manager.close()


@pytest.mark.parametrize("content", [b"", b"{}", b'{"name":"x","versions":[]}', SHORT])
async def test_a_damaged_keyring_is_told_without_a_word_of_it(path: Path, content: bytes) -> None:
    """Not even the cause is kept, which may hold a piece of a key."""
    OnDisk(path).content = content
    with pytest.raises(NotFound, match="damaged") as raised:
        await opened(path)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


async def test_a_missing_folder_is_not_found(tmp_path: Path) -> None:
    """A volume that is not there is not made up for."""
    with pytest.raises(NotFound):
        await opened(tmp_path / "missing" / "keyring")
    assert not (tmp_path / "missing").exists()


async def test_a_full_disk_costs_a_rotation_and_no_key(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old keyring stays as it was, and no half of a new one lies beside it."""
    manager = await opened(path)
    before = OnDisk(path).content

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(Unavailable, match="ENOSPC"):
            await manager.rotate()
    assert OnDisk(path).content == before
    assert OnDisk(path).neighbours == ["keyring", "keyring.lock"]
    await manager.close()


def test_keys_do_not_show_themselves() -> None:
    """No log and no traceback holds them."""
    keyring = Keyring("file-x", (KeyVersion(1, FakeTime().now, b"unmistakable"),))
    assert "unmistakable" not in repr(keyring)
    assert keyring.primary == keyring.version(1)
    assert keyring.version(2) is None
