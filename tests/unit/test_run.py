"""What a run of the tests says of itself: what it took, and which suites coverage traces."""

from pathlib import Path

from tests.cpu import COLLECTION, SLOWEST, Row, table
from tests.tracing import TRACED, TRACED_PROCESSES

TESTS = Path(__file__).parents[1]
UNTRACED = {"faults", "deploy"}
"""Their tests repeat lines that the others prove, or run programs that are not ours."""


def test_what_a_run_took_is_added_up_by_suite_and_by_file() -> None:
    """Over the processes of the run; the slowest file comes first, with what its phases took."""
    rows = [
        Row("tests/unit/a.py", "call", 1.0, 1.5),
        Row("tests/unit/a.py", "call", 2.0, 2.5),
        Row("tests/e2e/b.py", "setup", 4.0, 9.0),
        Row("tests/e2e/b.py", "call", 0.5, 1.0),
        Row(COLLECTION, "collection", 8.0, 8.0),
    ]
    head, *lines = table(rows)
    assert head == "CPU of the run: 16 s"
    assert [line.split()[:2] for line in lines[:3]] == [[COLLECTION, "8.0"], ["e2e", "4.5"], ["unit", "3.0"]]
    assert lines[-2].split() == ["4.5", "s", "tests/e2e/b.py", "(setup", "4.0,", "call", "0.5)"]
    assert lines[-1].split() == ["3.0", "s", "tests/unit/a.py", "(call", "3.0)"]


def test_only_the_slowest_files_are_listed() -> None:
    """However many there are."""
    rows = [Row(f"tests/unit/{number}.py", "call", float(number), 0.0) for number in range(50)]
    listed = [line for line in table(rows) if line.endswith(")")]
    assert len(listed) == SLOWEST
    assert "tests/unit/49.py" in listed[0]


def test_each_suite_is_traced_or_left_out_by_name() -> None:
    """A new one cannot be left out of the coverage unnoticed."""
    suites = {path.name for path in TESTS.iterdir() if path.is_dir() and any(path.rglob("test_*.py"))}
    assert suites == TRACED | UNTRACED
    assert TRACED_PROCESSES <= TRACED
