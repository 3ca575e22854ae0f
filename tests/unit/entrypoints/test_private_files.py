"""Private files are made for their owner alone."""

from pathlib import Path

import pytest

from entrypoints.private_files import append_private, write_private


def test_a_new_file_and_its_folder_are_for_their_owner_alone(tmp_path: Path) -> None:
    """Whatever the process's mask of modes is."""
    path = tmp_path / "folder" / "file"
    write_private(path, b"content")
    assert path.read_bytes() == b"content"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    """Nothing is replaced."""
    (tmp_path / "file").write_bytes(b"before")
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "file", b"after")
    assert (tmp_path / "file").read_bytes() == b"before"


def test_what_is_written_behind_keeps_what_was_there(tmp_path: Path) -> None:
    """A log goes on."""
    for part in (b"one", b"two"):
        with append_private(tmp_path / "file") as file:
            file.write(part)
    assert (tmp_path / "file").read_bytes() == b"onetwo"
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
