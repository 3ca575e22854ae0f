"""What a run could not prove: said in its last lines, so that a green run never claims more than it showed."""

import json
import os
import sys
from pathlib import Path
from typing import Final

import msgspec

FILE_VARIABLE: Final = "PANORAMA_NOT_PROVEN"
"""Names the file in which several test processes gather what they could not prove; unset, each only tells its own."""

TITLE: Final = "not proven on this machine"


class NotProven(msgspec.Struct, frozen=True, order=True):
    """A promise that nothing on this machine could put to the test."""

    what: str
    why: str

    def __str__(self) -> str:
        """Tell it in one line."""
        return f"NOT PROVEN {self.what}: {self.why}"


_told: set[NotProven] = set()


def not_proven(what: str, why: str) -> None:
    """Have the last lines of this run say that `what` was not proven, and `why`."""
    entry = NotProven(what, why)
    if entry in _told:
        return
    _told.add(entry)
    if file := os.environ.get(FILE_VARIABLE):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        with Path(file).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps([what, why]) + "\n")


def told() -> list[NotProven]:
    """Everything that this process could not prove, sorted."""
    return sorted(_told)


def gathered(file: Path) -> list[NotProven]:
    """Everything that the processes of one run could not prove, each once, sorted."""
    if not file.exists():
        return []
    return sorted({NotProven(*json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()})


def main() -> None:
    """Print the last lines of a run of several processes."""
    entries = gathered(Path(os.environ[FILE_VARIABLE]))
    lines = [str(entry) for entry in entries] or ["Everything that this run could test was proven on this machine."]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
