"""What each task on AWS runs first makes a data directory that the service lives on, over TLS."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.free_ports import free_port
from tests.patience import Deadline, patience
from tests.shared_material import REPOSITORY

PREPARE: Final = REPOSITORY / "deploy/aws/prepare.py"
PROGRAM: Final = Path(sys.executable).with_name("panorama")


def prepare(folder: Path, **more: str) -> None:
    """Run it as the container does: its text is an argument."""
    environment = {**os.environ, "FOLDER": str(folder), "OWNER": str(os.getuid()), **more}
    subprocess.run([sys.executable, "-c", PREPARE.read_text(encoding="utf-8")], env=environment, check=True)


@pytest.mark.parametrize("federation", ["", '{"type": "external_account"}'])
def test_what_it_makes_is_for_the_service_alone(tmp_path: Path, federation: str) -> None:
    """A certificate and its key; and how the task says who it is, where there is another cloud."""
    prepare(tmp_path, FEDERATION=federation)
    made = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert made == dict.fromkeys(["tls.crt", "tls.key", *(["federation.json"] if federation else [])], 0o600)
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    assert not federation or (tmp_path / "federation.json").read_text() == federation


def test_the_service_lives_on_it(tmp_path: Path) -> None:
    """By the health check of its container, which believes in no other certificate."""
    prepare(tmp_path)
    environment = {
        **os.environ,
        "PANORAMA_DATA": str(tmp_path),
        "PANORAMA_SERVER__PORT": str(free_port()),
        "PANORAMA_SERVER__CERTIFICATE": str(tmp_path / "tls.crt"),
        "PANORAMA_SERVER__KEY": str(tmp_path / "tls.key"),
    }
    with (tmp_path / "log").open("wb") as log:
        service = subprocess.Popen([PROGRAM, "serve"], env=environment, stdout=log, stderr=log)
    try:
        deadline = Deadline(60)
        while subprocess.run([PROGRAM, "health"], env=environment, capture_output=True, check=False).returncode:
            assert service.poll() is None, (tmp_path / "log").read_text()
            assert not deadline.has_passed(), (tmp_path / "log").read_text()
    finally:
        service.terminate()
        assert service.wait(patience(30)) == 0
