"""The file of secrets: sealed, for its owner only, replaced as a whole, and shared by processes."""

import asyncio
import errno
import multiprocessing
import os
from pathlib import Path

import pytest

from adapters.local.keys import open_keyring
from adapters.local.secrets import FileSecretStore, open_secrets
from ports.errors import Corrupt, NotFound, PermissionDenied, Unavailable
from ports.secrets import State
from tests.fakes.sources import FakeRandom, FakeTime

NAME = "database-address"


async def opened(folder: Path, seed: str = "secrets") -> FileSecretStore:
    """Open the file as one process does."""
    return await open_secrets(folder / "secrets", folder / "keyring", clock=FakeTime().clock, random=FakeRandom(seed))


def modes(folder: Path) -> dict[str, int]:
    """Return the permissions of everything in a folder."""
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


async def test_the_file_shows_nothing_and_is_its_owner_s_only(tmp_path: Path) -> None:
    """Neither names nor values stand in it, and nothing is left of the writing but the lock."""
    before = os.umask(0)
    try:
        store = await opened(tmp_path)
        await store.put(NAME, b"hunter2")
    finally:
        os.umask(before)
    content = (tmp_path / "secrets").read_bytes()
    assert b"hunter2" not in content
    assert NAME.encode() not in content
    assert modes(tmp_path) == {"secrets": 0o600, "secrets.lock": 0o600, "keyring": 0o600}
    await store.close()


async def test_nothing_is_made_before_something_is_put(tmp_path: Path) -> None:
    """A store that was only looked into leaves the keyring alone."""
    store = await opened(tmp_path)
    with pytest.raises(NotFound):
        await store.get(NAME)
    assert list(modes(tmp_path)) == ["keyring"]
    await store.close()


async def test_a_file_that_others_may_read_is_refused_with_a_way_out(tmp_path: Path) -> None:
    """Sealed as it is, somebody has tampered with it."""
    store = await opened(tmp_path)
    await store.put(NAME, b"hunter2")
    (tmp_path / "secrets").chmod(0o644)
    with pytest.raises(PermissionDenied, match="chmod 600"):
        await store.get(NAME)
    with pytest.raises(PermissionDenied, match="chmod 600"):
        await opened(tmp_path)
    await store.close()


@pytest.mark.parametrize("at", [0, 3, 4, 15, 16, -1])
async def test_a_damaged_file_is_corrupt(tmp_path: Path, at: int) -> None:
    """A turned bit in any part of it, or a file cut short, opens to nothing; and nothing is written over it."""
    store = await opened(tmp_path)
    await store.put(NAME, b"hunter2")
    path = tmp_path / "secrets"
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    for damaged in (bytes(content), path.read_bytes()[:at], b""):
        path.write_bytes(damaged)
        with pytest.raises(Corrupt):
            await store.get(NAME)
        with pytest.raises(Corrupt):
            await store.put(NAME, b"another")
        assert path.read_bytes() == damaged
    await store.close()


async def test_what_a_key_manager_wrapped_is_no_file_of_secrets(tmp_path: Path) -> None:
    """The same keyring seals both, each for its own purpose."""
    manager = await open_keyring(tmp_path / "keyring", clock=FakeTime().clock, random=FakeRandom())
    wrap = await manager.wrap(bytes(32), b"purpose=data-key")
    (tmp_path / "secrets").write_bytes(wrap)
    (tmp_path / "secrets").chmod(0o600)
    with pytest.raises(Corrupt):
        await opened(tmp_path)
    await manager.close()


async def test_what_opens_and_is_no_list_of_secrets_is_corrupt(tmp_path: Path) -> None:
    """Without its cause, which may hold a piece of a secret."""
    manager = await open_keyring(tmp_path / "keyring", clock=FakeTime().clock, random=FakeRandom())
    (tmp_path / "secrets").write_bytes(await manager.wrap(b"unmistakable".ljust(32), b"panorama-v1 purpose=secrets"))
    (tmp_path / "secrets").chmod(0o600)
    with pytest.raises(Corrupt) as raised:
        await opened(tmp_path)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    await manager.close()


async def test_a_new_version_of_the_keyring_opens_what_was_sealed_before(tmp_path: Path) -> None:
    """And seals what is put from then on."""
    store = await opened(tmp_path)
    await store.put("old", b"1")
    manager = await open_keyring(tmp_path / "keyring", clock=FakeTime().clock, random=FakeRandom())
    await manager.rotate()
    await store.put("new", b"2")
    assert (tmp_path / "secrets").read_bytes()[:4] == b"\0\0\0\2"
    assert [(await store.get(name)).value for name in ("old", "new")] == [b"1", b"2"]
    await store.close()
    await manager.close()


async def test_a_destroyed_value_is_no_longer_in_the_file(tmp_path: Path) -> None:
    """Its version goes on to be listed, without the value."""
    store = await opened(tmp_path)
    version = await store.put(NAME, b"x" * 10_000)
    await store.put(NAME, b"y")
    await store.destroy(NAME, version)
    assert (tmp_path / "secrets").stat().st_size < 1_000
    assert [each.state for each in await store.versions(NAME)] == [State.READABLE, State.DESTROYED]
    await store.close()


async def test_a_missing_folder_is_not_an_empty_store(tmp_path: Path) -> None:
    """A volume that is not there is not made up for."""
    with pytest.raises(NotFound):
        await open_secrets(
            tmp_path / "missing" / "secrets", tmp_path / "keyring", clock=FakeTime().clock, random=FakeRandom()
        )


async def test_a_full_disk_costs_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file stays as it was, and no half of a new one lies beside it."""
    store = await opened(tmp_path)
    version = await store.put(NAME, b"hunter2")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(Unavailable, match="ENOSPC"):
            await store.put(NAME, b"another")
    assert (await store.get(NAME)).version == version
    assert sorted(modes(tmp_path)) == ["keyring", "secrets", "secrets.lock"]
    await store.close()


def put_some(folder: Path, seed: str) -> None:
    """Put ten versions, as one of several processes does."""

    async def put() -> None:
        store = await opened(folder, seed)
        for number in range(10):
            await store.put(NAME, f"{seed}/{number}".encode())
        await store.close()

    asyncio.run(put())


async def test_processes_lose_no_version_of_one_another(tmp_path: Path) -> None:
    """Three that put at once make thirty versions."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=put_some, args=(tmp_path, f"process-{number}")) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    store = await opened(tmp_path)
    versions = await store.versions(NAME)
    values = {(await store.get(NAME, version.version)).value for version in versions}
    assert len(versions) == 30
    assert len(values) == 30
    await store.close()
