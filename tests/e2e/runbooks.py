"""Gives the commands of a runbook, exactly as they stand there, to a shell."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.patience import patience

FOLDER: Final = Path(__file__).parents[2] / "docs" / "runbooks"

_SECTION: Final = re.compile(r"^## (.+?)$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK: Final = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)

_PATIENCE: Final = 100.0
"""Seconds that the commands of a section may take together on a quiet machine."""

_PANORAMA: Final = """#!{python}
from datetime import timedelta
from application.failover import takeover
from application.keys import emergency, succession
from entrypoints.cli.main import main
takeover.FENCE_WAIT = 0.0
emergency.SETTLING = timedelta()
succession._SETTLED = 0.0
main()
"""
"""`panorama`, but that nobody is waited for: the processes that it would wait for are not there in these tests."""


def sections(page: str) -> dict[str, str]:
    """Return the commands of each section of a page that has any, by its heading."""
    text = (FOLDER / page).read_text(encoding="utf-8")
    found = {heading: "\n".join(_BLOCK.findall(body)) for heading, body in _SECTION.findall(text)}
    return {heading: commands for heading, commands in found.items() if commands}


class Shell:
    """Where an operator sits."""

    def __init__(self, folder: Path, configuration: Path) -> None:
        self._folder = folder
        programs = folder / "bin"
        programs.mkdir()
        program = programs / "panorama"
        program.write_text(_PANORAMA.format(python=sys.executable), encoding="utf-8")
        program.chmod(0o755)
        self._environment = {
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PANORAMA_CONFIG": str(configuration),
            "COLUMNS": "200",
        }

    def give(self, commands: str, variables: Mapping[str, str]) -> str:
        """Give the commands one after the other; return what they print. The first that fails fails the test."""
        came = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=self._folder,
            env={**self._environment, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=patience(_PATIENCE),
        )
        assert came.returncode == 0, f"{came.stdout}\n{came.stderr}"
        return came.stdout
