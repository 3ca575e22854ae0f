"""No secret is in the history, and none that somebody took out again later."""

import base64
import hashlib
import os
import subprocess
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from tests.deploy.history import findings, is_whole
from tests.deploy.terraform import lacking
from tests.shared_material import REPOSITORY

pytestmark = pytest.mark.timeout(600)

REVIEWED: Final = Path(__file__).with_name("reviewed_secrets.toml")
REASON: Final = 40
"""No shorter words are a reason."""


def reviewed() -> dict[str, str]:
    """Return what was looked at and is no secret, by the digest under which a scan tells it."""
    entries: list[Any] = tomllib.loads(REVIEWED.read_text(encoding="utf-8"))["reviewed"]
    assert all(len(entry["why"]) > REASON for entry in entries)
    words = [word for entry in entries for word in entry["words"]]
    assert len(words) == len(set(words))
    return {hashlib.sha1(word.encode(), usedforsecurity=False).hexdigest(): word for word in words}


def test_no_secret_was_ever_committed(tmp_path: Path) -> None:
    """In no line that any commit has added, but in the list of what is none; and all that is in the list is there."""
    if not is_whole(REPOSITORY):
        lacking("the history", "it is not there from its beginning: fetch it whole")
    itself = str(REVIEWED.relative_to(REPOSITORY))
    known, found = reviewed(), {each for each in findings(REPOSITORY, tmp_path) if each.path != itself}
    assert sorted(each for each in found if each.digest not in known) == []
    assert sorted(word for digest, word in known.items() if digest not in {each.digest for each in found}) == []


def made_up() -> dict[str, str]:
    """Return lines as people commit them by mistake, put together here so that they stand in no file."""
    pad = base64.b64encode(hashlib.sha256(b"nothing").digest()).decode()
    return {
        "AWS Access Key": f"key = {'AK' + 'IA'}{'Q3EGRIZ5X7TPLM4N'}",
        "Private Key": f"-----BEGIN {'RSA PRIVATE'} KEY-----",
        "Basic Auth Credentials": f"uri = 'mongodb://service:{pad[:20]}@db.example.com/'",
        "Secret Keyword": f"password = '{pad}'",
        "GitHub Token": f"token = gh{'p_'}{pad.replace('/', 'x').replace('+', 'y')[:36]}",
    }


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository in which somebody has taken back what was never to be committed."""
    folder = tmp_path / "repository"
    folder.mkdir()
    file = folder / "settings.py"
    for text in ("\n".join(made_up().values()), "nothing = 1"):
        file.write_text(f"{text}\n", encoding="utf-8")
        git(folder, "init", "--quiet")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", "Change the settings")
    return folder


def git(folder: Path, *words: str) -> None:
    """Give a command of git, as somebody."""
    who = {f"GIT_{role}_{part}": "somebody" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    subprocess.run(["git", "-C", str(folder), *words], env={**os.environ, **who}, check=True)


def test_what_was_committed_and_taken_back_is_found(repository: Path, tmp_path: Path) -> None:
    """Each by its own rule, by where it was."""
    found = findings(repository, tmp_path / "added")
    assert {each.rule for each in found} == set(made_up())
    assert {each.path for each in found} == {"settings.py"}


def test_a_history_that_was_cut_off_is_known(repository: Path, tmp_path: Path) -> None:
    """So that nobody takes silence for proof."""
    cut = tmp_path / "cut"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{repository}", str(cut)], check=True)
    assert is_whole(repository)
    assert not is_whole(cut)
