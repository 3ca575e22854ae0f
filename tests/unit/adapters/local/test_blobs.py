"""A directory of blobs: what lies on the disk, and when."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.local.blobs import WRITTEN_AT_ONCE, DirectoryBlobStore, open_directory
from adapters.local.drafts import HEADER_SIZE, Draft
from adapters.local.files import locked
from adapters.local.listing import walk
from ports.errors import Conflict, DeadlineExceeded, NotFound, PermissionDenied, ReadOnly, Unavailable
from tests.contract.blobs.content import content_of, names_in, put, sha256_of
from tests.patience import patience


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[DirectoryBlobStore]:
    """A store in a directory of its own."""
    opened = await open_directory(tmp_path / "store")
    yield opened
    await opened.close()


def files_in(folder: Path) -> list[str]:
    """All files beneath a folder, drafts included, without the lock."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.name != "lock")


async def test_everything_is_for_its_owner_only(store: DirectoryBlobStore, tmp_path: Path) -> None:
    """Folders have mode 0700 and files 0600, whatever the umask is."""
    before = os.umask(0)
    try:
        await put(store, "a/b", b"1")
        await store.replace("a/b", b"2", tag=sha256_of(b"1").hex())
    finally:
        os.umask(before)
    for path in (tmp_path / "store").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


async def test_a_file_is_its_digest_and_its_content(store: DirectoryBlobStore, tmp_path: Path) -> None:
    """As the format says; the digest is the tag."""
    tag = await put(store, "a/b", b"content")
    written = (tmp_path / "store" / "blobs" / "a+" / "b@").read_bytes()
    assert (written[:HEADER_SIZE], written[HEADER_SIZE:]) == (sha256_of(b"content"), b"content")
    assert tag == written[:HEADER_SIZE].hex()


async def test_nothing_lies_beside_the_blobs(store: DirectoryBlobStore, tmp_path: Path) -> None:
    """No draft is left by a success or by any failure, and no empty folder by a deletion."""

    async def broken() -> AsyncIterator[bytes]:
        yield b"1"
        raise EOFError

    await put(store, "a/b/c", b"1")
    await store.replace("a/b/c", b"2", tag=sha256_of(b"1").hex())
    with pytest.raises(EOFError):
        await store.create("d", broken(), sha256=sha256_of(b"1"))
    with pytest.raises(Conflict):
        await store.replace("a/b/c", b"3", tag="other")
    assert files_in(tmp_path / "store") == ["blobs/a+/b+/c@"]
    await store.delete("a/b/c")
    assert list((tmp_path / "store" / "blobs").iterdir()) == []


async def test_what_a_dead_process_has_begun_is_swept(store: DirectoryBlobStore, tmp_path: Path) -> None:
    """Whoever opens the directory next removes its drafts, and none that somebody is writing."""
    drafts = tmp_path / "store" / "drafts"
    (drafts / "abandoned").write_bytes(b"half")
    written, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield bytes(WRITTEN_AT_ONCE)
        written.set()
        await go_on.wait()

    creation = asyncio.create_task(store.create("a", slow(), sha256=sha256_of(bytes(WRITTEN_AT_ONCE))))
    await written.wait()
    assert len(files_in(drafts)) == 2
    await (await open_directory(tmp_path / "store")).close()
    assert len(files_in(drafts)) == 1
    go_on.set()
    await creation
    assert (await content_of(store, "a"), files_in(drafts)) == (bytes(WRITTEN_AT_ONCE), [])


async def test_a_process_that_dies_after_its_link_has_created(store: DirectoryBlobStore, tmp_path: Path) -> None:
    """The draft that it leaves is the same file as the blob; sweeping it keeps the blob."""
    await put(store, "a", b"1")
    (tmp_path / "store" / "drafts" / "left").hardlink_to(tmp_path / "store" / "blobs" / "a@")
    await (await open_directory(tmp_path / "store")).close()
    assert files_in(tmp_path / "store") == ["blobs/a@"]


async def test_everything_is_on_the_disk_before_a_blob_is_acknowledged(
    store: DirectoryBlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The content before it is to be seen, the folder of each new folder, and at last the folder of the blob."""
    synced: list[tuple[str, bool]] = []
    blobs = tmp_path / "store" / "blobs"
    original = os.fsync

    def fsync(descriptor: int) -> None:
        status = os.fstat(descriptor)
        folders = {path.stat().st_ino: path.name for path in (blobs, *blobs.rglob("*")) if path.is_dir()}
        synced.append((folders.get(status.st_ino, "content"), (blobs / "a+" / "b@").exists()))
        original(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    tag = await put(store, "a/b", b"1")
    assert synced == [("content", False), ("blobs", False), ("a+", True)]
    synced.clear()
    await store.replace("a/b", b"2", tag=tag)
    assert synced == [("content", True), ("a+", True)]
    synced.clear()
    await store.delete("a/b")
    assert synced == [("a+", False)]


@pytest.mark.parametrize(
    ("number", "told"),
    [(errno.ENOSPC, Unavailable), (errno.EROFS, ReadOnly), (errno.EACCES, PermissionDenied), (errno.EIO, Unavailable)],
)
async def test_the_system_s_errors_are_told_in_the_port_s_words(
    store: DirectoryBlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, told: type[Exception]
) -> None:
    """By their names, without the path, and nothing is left behind."""

    def fsync(descriptor: int) -> None:
        raise OSError(number, "text", "/secret/path")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fsync)
        with pytest.raises(told, match=errno.errorcode[number]) as raised:
            await put(store, "a", b"1")
    assert "secret" not in str(raised.value)
    assert files_in(tmp_path / "store") == []


async def test_a_disk_that_does_not_answer_is_given_up(tmp_path: Path) -> None:
    """After the deadline; here the lock is held by somebody who does not let go of it."""
    store = await open_directory(tmp_path / "store", deadline=patience(0.2))
    with locked(tmp_path / "store" / "lock"), pytest.raises(DeadlineExceeded):
        await put(store, "a", b"1")
    await store.close()


async def test_only_the_last_folder_is_made(tmp_path: Path) -> None:
    """A volume that is not there is not made up for."""
    with pytest.raises(NotFound):
        await open_directory(tmp_path / "missing" / "store")
    assert not (tmp_path / "missing").exists()


async def test_strange_files_are_passed_over(store: DirectoryBlobStore, tmp_path: Path) -> None:
    """What an operator or the system has put there is no blob."""
    await put(store, "a", b"1")
    (tmp_path / "store" / "blobs" / "lost+found").mkdir()
    (tmp_path / "store" / "blobs" / ".DS_Store").write_bytes(b"")
    assert await names_in(store) == ["a"]


async def test_a_listing_leaves_out_what_disappears_under_way(store: DirectoryBlobStore, tmp_path: Path) -> None:
    """A folder that has gone since its parent was read, and a blob that has gone since its folder was read."""
    blobs = tmp_path / "store" / "blobs"
    for name in ("a", "b/c", "d"):
        await put(store, name, b"1")
    walking = walk(blobs, b"", b"")
    assert next(walking)[0] == b"a"
    await store.delete("b/c")
    assert [name for name, _ in walking] == [b"d"]
    (blobs / "b@").symlink_to(blobs / "gone")
    assert await names_in(store) == ["a", "d"]


def test_a_draft_that_was_given_up_stays_given_up(tmp_path: Path) -> None:
    """A thread that comes to it later, after its caller was cancelled, makes no new file."""
    draft = Draft(tmp_path, sha256_of(b"1"))
    draft.discard()
    with pytest.raises(Unavailable):
        draft.write([b"1"])
    draft.discard()
    assert list(tmp_path.iterdir()) == []
