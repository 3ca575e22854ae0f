"""checkov, of which every exception has its reason beside what it is an exception for."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.deploy.tools import TOOLS
from tests.patience import patience

_PROGRAM: Final = TOOLS / "bin/checkov"
_PATIENCE: Final = 1_200.0


class Look(NamedTuple):
    """What it makes of a folder."""

    passed: int
    failed: list[tuple[str, str, str]]
    """Where, which rule, of what."""

    excused: list[tuple[str, str]]
    """Which rule, and why it does not hold here."""


def look(folder: Path) -> Look:
    """Have it look at all Terraform beneath a folder, and ask nobody else."""
    command = [str(_PROGRAM), "--directory", str(folder), "--framework", "terraform", "--compact", "--skip-download"]
    made = subprocess.run(
        [*command, "--output", "json"],
        env={**os.environ, "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        timeout=patience(_PATIENCE),
        check=False,
    )
    told: Any = json.loads(made.stdout)
    if "results" not in told:  # It has no rule about anything there, and prints its counts alone.
        assert told["parsing_errors"] == 0
        return Look(0, [], [])
    assert told["summary"]["parsing_errors"] == 0, told["results"]["parsing_errors"]
    results = told["results"]
    return Look(
        told["summary"]["passed"],
        [(each["file_path"], each["check_id"], each["resource"]) for each in results["failed_checks"]],
        [(each["check_id"], each["check_result"]["suppress_comment"]) for each in results["skipped_checks"]],
    )
