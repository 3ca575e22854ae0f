"""A run says in its last lines what it could not prove, whichever of its processes found out."""

import json
from pathlib import Path

import pytest

from tests import report
from tests.report import NotProven


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Keep what these tests say out of the real report; returns the file in which they gather."""
    file = tmp_path / "reports" / "not-proven.jsonl"
    monkeypatch.setattr(report, "_told", set())
    monkeypatch.setenv(report.FILE_VARIABLE, str(file))
    return file


def test_what_was_not_proven_is_told_once(told: Path) -> None:
    """However many tests need the same missing thing, the run mentions it once."""
    report.not_proven("mongo", "no server")
    report.not_proven("mongo", "no server")

    assert report.told() == [NotProven("mongo", "no server")]
    assert report.gathered(told) == [NotProven("mongo", "no server")]


def test_processes_of_one_run_gather_what_they_could_not_prove(told: Path) -> None:
    """The file of a run holds what each of its processes said."""
    report.not_proven("mongo", "no server")
    with told.open("a", encoding="utf-8") as another_process:
        another_process.write(json.dumps(["browser", "no\nchromium"]) + "\n")

    assert report.gathered(told) == [NotProven("browser", "no\nchromium"), NotProven("mongo", "no server")]


def test_the_last_lines_say_so_where_everything_was_proven(told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Silence is never taken for proof: a run without gaps says that it has none."""
    report.main()
    nothing_missing = capsys.readouterr().out
    report.not_proven("mongo", "no server")
    report.main()

    assert told.exists()
    assert "was proven" in nothing_missing
    assert capsys.readouterr().out == "NOT PROVEN mongo: no server\n"
