"""hadolint finds nothing in how the image is made but what has its reason."""

import subprocess
from pathlib import Path
from typing import Final

from tests.deploy.tools import TOOLS
from tests.shared_material import REPOSITORY

DOCKERFILE: Final = REPOSITORY / "deploy/image/Dockerfile"


def linted(file: Path) -> str:
    """Return what hadolint says against a file."""
    command = [str(TOOLS / "bin/hadolint"), "--no-color", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def test_the_dockerfile_is_as_it_should_be() -> None:
    """Whatever is excused says why, on the line before."""
    assert linted(DOCKERFILE) == ""
    lines = DOCKERFILE.read_text(encoding="utf-8").splitlines()
    excused = [number for number, line in enumerate(lines) if "hadolint ignore" in line]
    assert [lines[number] for number in excused if not lines[number - 1].startswith("# ")] == []


def test_what_should_not_be_is_told(tmp_path: Path) -> None:
    """A base that may change, and root in the end."""
    file = tmp_path / "Dockerfile"
    file.write_text("FROM debian:latest\nUSER root\n", encoding="utf-8")
    told = linted(file)
    assert "DL3007" in told
    assert "DL3002" in told
