"""What is run without Typer does what Typer would have it do; everything else is left to Typer."""

import os
import sys
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as metadata_version
from io import StringIO
from pathlib import Path

import pytest
from typer.testing import CliRunner

from entrypoints.cli import installed, plain
from entrypoints.cli.app import app
from entrypoints.cli.exits import Exit
from entrypoints.cli.installed import found_version, installed_version
from entrypoints.cli.plain import run_plainly


@pytest.mark.parametrize(
    "arguments",
    [
        ("version",),
        ("version", "--json"),
        ("version", "--text"),
        ("version", "--text", "--json"),
        ("--version",),
        ("health", "--config", "missing.toml"),
        ("health", "--json", "--config", "missing.toml"),
    ],
)
def test_both_ways_say_the_same(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same words on the same streams, and the same exit code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    code: object = Exit.DONE
    try:
        assert run_plainly(arguments)
    except SystemExit as ended:
        code = ended.code
    said = capsys.readouterr()
    other = CliRunner().invoke(app, list(arguments))
    assert (said.out, said.err, code) == (other.stdout, other.stderr, other.exit_code)
    assert said.out or code == Exit.CONFIGURATION


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--help",),
        ("version", "--help"),
        ("version", "more"),
        ("version", "--config", "x"),
        ("--version", "--json"),
        ("health", "--help"),
        ("health", "--config"),
        ("health", "--config", "--json"),
        ("health", "--config=x"),
        ("health", "more"),
        ("serve",),
        ("config", "show"),
        ("--json", "version"),
    ],
)
def test_other_forms_are_left_to_typer(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """Help, wrong usage and other commands; nothing is printed before Typer has its turn."""
    assert not run_plainly(arguments)
    assert capsys.readouterr() == ("", "")


def test_a_reader_that_went_away_ends_the_command_quietly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `panorama version | true` does: an exit code, and no traceback."""

    class Closed(StringIO):
        """A pipe that nothing reads."""

        def fileno(self) -> int:
            return descriptor

        def flush(self) -> None:
            raise BrokenPipeError

    descriptor = os.open(tmp_path / "output", os.O_WRONLY | os.O_CREAT)
    monkeypatch.setattr(sys, "stdout", Closed())
    with pytest.raises(SystemExit) as ended:
        run_plainly(["version"])
    assert ended.value.code == Exit.INTERRUPTED
    os.close(descriptor)


def test_the_version_is_that_of_the_metadata() -> None:
    """The name of a folder says the same as what lies in it."""
    assert found_version() == metadata_version("panorama")


def test_a_package_that_is_installed_otherwise_is_asked_for_its_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    """Typer runs the command then, and words the failure where there is no metadata at all."""
    monkeypatch.setattr(plain, "found_version", lambda: None)
    assert not run_plainly(["version"])
    monkeypatch.setattr(installed, "found_version", lambda: None)
    assert installed_version() == metadata_version("panorama")
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(PackageNotFoundError):
        installed_version()


def test_folders_that_cannot_be_read_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive or a folder that is missing may stand in Python's path; an empty entry is the current folder."""
    (tmp_path / "panorama-9.8.7.dist-info").mkdir()
    (tmp_path / "panorama.egg-info").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["/missing", str(tmp_path / "none.zip"), ""])
    assert found_version() == "9.8.7"
