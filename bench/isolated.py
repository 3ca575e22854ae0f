"""One measurement in a process of its own: `python -m bench.isolated NAME SCALE FOLDER`.

So none leaves threads, a frozen heap or a changed garbage collector to the next one, one that ends without a word loses
nothing but itself, and one that does not end can be ended.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from bench.measurements import MEASUREMENTS
from bench.running import Outcome, attempt, limited
from bench.scale import Scale, Sizes
from entrypoints.garbage import collect_seldom

_LIMIT: Final = Sizes(full=5_400, quick=300)
"""For how many seconds one measurement is waited for."""

_GRACE: Final = 30.0
"""How long one that is interrupted may take to end what it has started."""

OUTCOME: Final = "outcome.json"


def measure(name: str, scale: Scale, folder: Path) -> Outcome:
    """Run a measurement in a process of its own, in an empty folder; return what became of it."""
    command = [sys.executable, "-m", "bench.isolated", name, scale.value, str(folder)]
    return await_outcome(command, folder, _LIMIT.at(scale))


def await_outcome(command: Sequence[str], folder: Path, limit: int, grace: float = _GRACE) -> Outcome:
    """Run a command that leaves its outcome in a folder; what it leaves running after `limit` seconds is ended."""
    child = subprocess.Popen(command, start_new_session=True)
    try:
        code = child.wait(limit)
    except subprocess.TimeoutExpired:
        return limited(limit)
    finally:
        _end(child, grace)
    file = folder / OUTCOME
    if not file.exists():
        return Outcome("failed", f"its process ended with {code}, and told nothing")
    return msgspec.json.decode(file.read_bytes(), type=Outcome)


def _end(child: subprocess.Popen[bytes], grace: float) -> None:
    """Interrupt what has not ended; then kill whatever it has left running."""
    if child.poll() is None:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(grace)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def main(name: str, scale: str, folder: str) -> int:
    """Measure, and leave the outcome in the folder."""
    # A process that was started in the background of a shell would ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    collect_seldom()
    (data := Path(folder) / "data").mkdir()
    outcome = attempt(MEASUREMENTS[name], data, Scale(scale))
    (Path(folder) / OUTCOME).write_bytes(msgspec.json.encode(outcome))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
