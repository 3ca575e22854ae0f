"""An operator keeps secrets that the configuration refers to, and no command shows one."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from entrypoints.cli.app import app
from entrypoints.cli.exits import Exit


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have the embedded default keep everything in a folder of the test's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PANORAMA_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def run(*arguments: str, value: str | None = None) -> Result:
    """Run a command of the group, with something on its standard input."""
    result = CliRunner().invoke(app, ["secrets", *arguments], input=value)
    assert "hunter2" not in result.output
    return result


def test_a_secret_is_put_listed_and_destroyed(data: Path, tmp_path: Path) -> None:
    """From the standard input or from a file, for machines and for people."""
    assert json.loads(run("put", "db", value="hunter2-one").stdout) == {"version": "1"}
    (tmp_path / "value").write_text("hunter2-two", encoding="utf-8")
    assert "Version 2 is the newest now." in run("put", "db", "--from", str(tmp_path / "value"), "--text").stdout
    assert json.loads(run("destroy", "db", "1").stdout) == {"destroyed": "1"}
    listed = json.loads(run("list", "db").stdout)
    assert [(each["version"], each["state"]) for each in listed] == [("2", "readable"), ("1", "destroyed")]
    assert "destroyed" in run("list", "db", "--text").stdout
    assert data.stat().st_mode & 0o777 == 0o700


def test_a_version_of_people_is_destroyed_in_words() -> None:
    """As it is for machines."""
    for value in "ab":
        run("put", "db", value=value)
    assert "Version 1 is not readable any more." in run("destroy", "db", "1", "--text").stdout


def test_what_was_put_is_what_the_configuration_refers_to(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also with the end of a line behind it, as most programs write it."""
    run("put", "storage", value="sqlite:elsewhere.db\n")
    monkeypatch.setenv("PANORAMA_SITES__LOCAL__STORAGE", "secret:storage")
    assert CliRunner().invoke(app, ["config", "check", "--connect"]).exit_code == Exit.DONE
    assert (data / "elsewhere.db").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("list", "missing"), Exit.REFUSED),
        (("destroy", "missing", "1"), Exit.REFUSED),
        (("put", "no/name"), Exit.REFUSED),
        (("put", "db", "--from", "nowhere"), Exit.USAGE),
    ],
)
def test_what_cannot_be_done_is_refused(arguments: tuple[str, ...], code: Exit) -> None:
    """With an exit code and without a traceback."""
    result = run(*arguments, value="hunter2")
    assert result.exit_code == code
    assert "Traceback" not in result.output


def test_a_site_without_secrets_has_nowhere_to_put_them(tmp_path: Path) -> None:
    """The way out names the key."""
    text = '[sites.bare]\nstorage = "sqlite:s"\nvault = "sqlite:v"\nkeys = ["file:k"]\n'
    (tmp_path / "panorama.toml").write_text(text, encoding="utf-8")
    result = run("put", "db", value="hunter2")
    assert result.exit_code == Exit.REFUSED
    assert "the site names no secrets" in result.stderr
