"""The commands that need no data: configuration, version and help; and how each command fails."""

import importlib
import inspect
import json
import pkgutil
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import pytest
from typer.testing import CliRunner, Result

from entrypoints import cli
from entrypoints.cli.app import app
from entrypoints.cli.exits import CODES, Exit
from entrypoints.cli.numbers import whole_number


def run(*arguments: str) -> Result:
    """Run a command as a program whose output is no terminal."""
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run each command in an empty directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(text: str) -> str:
    """Write a configuration and return its name."""
    Path("written.toml").write_text(text, encoding="utf-8")
    return "written.toml"


def test_a_right_configuration_is_called_so_and_nothing_is_made(elsewhere: Path) -> None:
    """A check without --connect leaves no trace."""
    result = run("config", "check")
    assert result.exit_code == Exit.DONE
    told = json.loads(result.stdout)
    storage = {
        "key": "sites.local.storage",
        "address": "sqlite:storage.db",
        "what": "an SQLite file of this machine",
        "region": "local",
        "opens": str(elsewhere / "data" / "storage.db"),
        "new": True,
    }
    assert told["addresses"][0] == storage
    assert told | {"addresses": []} == {"ok": True, "site": "local", "addresses": [], "answered": [], "notes": []}
    assert "The configuration is fine: the embedded default, site local." in run("config", "check", "--text").stdout
    assert "yes: empty" in run("config", "check", "--text").stdout
    assert list(elsewhere.iterdir()) == []


def test_a_process_that_stays_is_asked_for_where_forge_needs_one() -> None:
    """The configuration is fine all the same."""
    forge = '[app]\nforge_app = "ari:cloud:ecosystem::app/1"\n'
    alone = written(f"{forge}[maintenance]\nbackground = false\n")
    result = run("config", "check", "--config", alone)
    assert result.exit_code == Exit.DONE
    assert [note["key"] for note in json.loads(result.stdout)["notes"]] == ["maintenance.background"]
    assert "Note: maintenance.background: is false" in run("config", "check", "--text", "--config", alone).stdout
    for fine in (forge, "[maintenance]\nbackground = false\n"):
        assert json.loads(run("config", "check", "--config", written(fine)).stdout)["notes"] == []


@pytest.mark.parametrize("command", [("config", "check"), ("config", "show"), ("serve",), ("tenants", "list")])
def test_every_command_names_what_is_wrong_with_the_configuration(command: tuple[str, ...]) -> None:
    """Exit code 3, the key, the way out, and no traceback."""
    result = run(*command, "--config", written("[server]\nprot = 1\n"))
    assert result.exit_code == Exit.CONFIGURATION
    assert "error: server.prot: is not a key; did you mean port?" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_scheme_without_an_adapter_is_refused_with_those_there_are() -> None:
    """The message lists what can be chosen from, by key."""
    text = '[sites.one]\nstorage = "oracle:x"\nvault = "sqlite:v"\nkeys = ["file:k"]\nblobs = ["ftp:x"]\n'
    result = run("config", "check", "--json", "--config", written(text))
    assert result.exit_code == Exit.CONFIGURATION
    storage, blobs = json.loads(result.stderr)["error"]["problems"]
    phrase = "has a scheme for which there is no adapter; begin with one of"
    assert storage.startswith(f"sites.one.storage: {phrase}: sqlite:")
    assert blobs.startswith(f"sites.one.blobs: {phrase}: dir:")


@pytest.mark.parametrize("command", [("config", "check"), ("serve",)])
def test_clear_text_for_others_to_hear_is_refused(command: tuple[str, ...]) -> None:
    """A service that others can reach needs a certificate or a proxy with one."""
    text = '[server]\nhost = "0.0.0.0"\n[app]\nbase_urls = ["https://x.example"]\n'
    result = run(*command, "--config", written(text))
    assert result.exit_code == Exit.CONFIGURATION
    assert "server.host: without a certificate" in result.stderr


def test_show_tells_every_value_and_masks_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values, variables and where they come from; a password is stars, in either form."""
    monkeypatch.setenv("PANORAMA_SITES__LOCAL__STORAGE", "mongodb://user:hunter2@db/panorama?authSource=admin")
    for flag in ("--json", "--text"):
        result = run("config", "show", flag)
        assert result.exit_code == Exit.DONE
        assert "hunter2" not in result.stdout
        assert "user:***@db" in result.stdout
    assert json.loads(run("config", "show").stdout)["server"]["port"] == 8080


def test_show_names_the_variable_of_every_key() -> None:
    """The table tells how to change what it shows."""
    assert "PANORAMA_SERVER__PORT" in run("config", "show", "--text").stdout


def test_the_version_is_told() -> None:
    """As words or as JSON."""
    assert json.loads(run("version").stdout).keys() == {"version"}
    assert run("version", "--text").stdout.startswith("panorama ")


@pytest.mark.parametrize("arguments", [("frobnicate",), ("config", "check", "--frobnicate"), ("tenants", "show")])
def test_wrong_usage_has_a_code_of_its_own(arguments: tuple[str, ...]) -> None:
    """Unknown commands and options, and missing arguments."""
    assert run(*arguments).exit_code == Exit.USAGE


@pytest.mark.parametrize("arguments", [(), ("serve",), ("config", "check"), ("panoramas", "import"), ("demo",)])
def test_the_help_tells_the_exit_codes(arguments: tuple[str, ...]) -> None:
    """Everywhere, so that nobody has to look elsewhere."""
    told = " ".join(run(*arguments, "--help").stdout.split())
    assert CODES in told


@pytest.mark.parametrize("port", ["1_0", "+7", " 7", "7\n", "\uff17", "\u0667", "7.0", ""])
def test_a_number_on_the_command_line_has_ascii_digits_alone(port: str) -> None:
    """Python's `int` takes more than anybody means."""
    result = run("demo", "--keys-port", port)
    assert result.exit_code == Exit.USAGE
    assert "the digits 0 to 9" in result.stderr


def hints_of(thing: object) -> dict[str, Any]:
    """Return the types of a function's parameters; none where they are there for type checkers only: no command."""
    with suppress(NameError):
        return get_type_hints(thing, include_extras=True) if inspect.isfunction(thing) else {}
    return {}


def test_every_number_on_the_command_line_is_read_by_one_function() -> None:
    """No option of any command is left to Python's `int` or `float`."""
    readers = []
    for found in pkgutil.iter_modules(cli.__path__, f"{cli.__name__}."):
        for function in vars(importlib.import_module(found.name)).values():
            for hint in hints_of(function).values():
                kind, *options = get_args(hint) if get_origin(hint) is Annotated else (None,)
                if any(part in {int, float} for part in (kind, *get_args(kind))):
                    readers += [option.parser for option in options]
    assert readers
    assert set(readers) == {whole_number}
