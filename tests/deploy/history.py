"""What the history of a repository holds: every line that any commit has ever added."""

import json
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Final, NamedTuple

from tests.deploy.tools import HISTORY_TOOLS
from tests.patience import patience

NOISY: Final = ("Base64HighEntropyString", "HexHighEntropyString", "IPPublicDetector")
"""Rules that take every hash, every id and every address for a secret."""

_PROGRAM: Final = HISTORY_TOOLS / "bin/detect-secrets"
_PATIENCE: Final = 600.0
_ADDED: Final = "+"
_FILE: Final = "+++ b/"


class Finding(NamedTuple):
    """Something that looks like a secret."""

    path: str
    """Where it was once added."""

    rule: str
    digest: str
    """The SHA-1 of what was found, as detect-secrets tells it: it is known again, and not told."""


def is_whole(repository: Path) -> bool:
    """Whether the history is there from its beginning."""
    return _git(repository, "rev-parse", "--is-shallow-repository").strip() == "false"


def findings(repository: Path, folder: Path) -> set[Finding]:
    """Return everything that looks like a secret in any commit that can be reached; `folder` takes what was added."""
    for path, lines in _added(repository).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [str(_PROGRAM), "scan", "--all-files", "--no-verify"]
    command += [word for rule in NOISY for word in ("--disable-plugin", rule)]
    made = subprocess.run(
        [*command, "."], cwd=folder, capture_output=True, text=True, timeout=patience(_PATIENCE), check=True
    )
    told = json.loads(made.stdout)["results"]
    return {Finding(path, each["type"], each["hashed_secret"]) for path, found in told.items() for each in found}


def _added(repository: Path) -> dict[str, dict[str, None]]:
    """Return the lines that were ever added to each path, each once, in the order of commits."""
    found = defaultdict[str, dict[str, None]](dict)
    path = ""
    told = _git(repository, "log", "--all", "--reverse", "--patch", "--unified=0", "--no-renames", "--no-color", "-m")
    for line in told.splitlines():
        if line.startswith(_FILE):
            path = line.removeprefix(_FILE)
        elif line.startswith(_ADDED) and not line.startswith("+++ "):
            found[path][line.removeprefix(_ADDED)] = None
    return found


def _git(repository: Path, *words: str) -> str:
    made = subprocess.run(
        ["git", "-c", "core.quotePath=false", "-C", str(repository), *words],
        capture_output=True,
        timeout=patience(_PATIENCE),
        check=True,
    )
    return made.stdout.decode(errors="replace")
