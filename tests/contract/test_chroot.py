"""Where the servers' own Debian cannot be had, it is said why."""

from pathlib import Path

import pytest

from tests.servers.chroot import FOLDER, NotHere, chroot_with


@pytest.mark.parametrize(
    ("program", "says", "why"),
    [
        ("id", "echo 1000", "building the chroot of the test servers needs root"),
        ("grep", "exit 1", "this machine names no Debian mirror"),
    ],
)
def test_a_chroot_that_cannot_be_built_says_why(
    program: str, says: str, why: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without root, or without a mirror to build it from, the reason is told in one line and nothing is left behind."""
    stand_in = tmp_path / "bin" / program
    stand_in.parent.mkdir()
    stand_in.write_text(f"#!/bin/sh\n{says}\n")
    stand_in.chmod(0o700)
    monkeypatch.setenv("PATH", str(stand_in.parent), prepend=":")
    monkeypatch.setenv(FOLDER, str(tmp_path / "servers"))
    with pytest.raises(NotHere) as refused:
        chroot_with("radosgw")
    assert str(refused.value) == why
    assert [found.name for found in (tmp_path / "servers").rglob("*") if found.is_file()] in ([], [".lock"])
