"""Every command of `panorama` that a page tells people to give can be given."""

import re
import shlex
from typing import Any, Final

import pytest
import typer

from entrypoints.cli.app import app
from tests.documented import Documented, documented, in_blocks, in_sentences

OPTION: Final = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
COMMANDS: Final = sorted(set(documented("panorama")))
PAGE: Final = """
Say `panorama keys
rotate --all`, or:

    sudo -u panorama /opt/panorama/bin/panorama config check --config x

```sh
A=1 panorama backup \\
    now | jq .
```
"""


def found(line: str) -> tuple[Any, list[str]]:
    """Return the command that a line names, and the words that follow its name."""
    command: Any = typer.main.get_command(app)
    words = shlex.split(line)[1:]
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
    return getattr(command, "loaded", command), words


def options(command: Any) -> set[str]:
    """Return every option that a command takes."""
    names = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return {name for name in names if name.startswith("--")} | {"--help"}


def wrong(command: Documented) -> str | None:
    """Return what is wrong with a command; None where nothing is."""
    there, words = found(command.line)
    if hasattr(there, "commands") and words and not words[0].startswith("-"):
        return f"there is no command {words[0]}"
    if unknown := set(OPTION.findall(" ".join(words))) - options(there):
        return f"there is no option {', '.join(sorted(unknown))}"
    if command.whole:
        try:
            there.make_context(there.name, list(words))
        except typer.TyperException as error:
            return str(error)
        except typer.Exit:
            return None
    return None


def test_the_commands_of_the_documentation_can_be_given() -> None:
    """Their names and options exist; what stands in a block is taken as it is."""
    assert COMMANDS
    assert {command: problem for command in COMMANDS if (problem := wrong(command))} == {}


@pytest.mark.parametrize(
    ("line", "whole"),
    [
        ("panorama kays status", False),
        ("panorama keys rotate --every", False),
        ("panorama keys rotate --all --now extra", True),
        ("panorama backup verify --part", True),
    ],
)
def test_a_wrong_command_is_noticed(line: str, whole: bool) -> None:  # noqa: FBT001 - a column of the table above
    """A name, an option, a word too many, a value that is missing."""
    assert wrong(Documented("page", line, whole)) is not None


def test_commands_are_found_in_blocks_and_in_sentences() -> None:
    """Over line ends, behind what a shell needs, and without what it does with the output."""
    assert sorted(in_blocks(PAGE, "panorama")) == ["panorama backup now", "panorama config check --config x"]
    assert list(in_sentences(PAGE, "panorama")) == ["panorama keys rotate --all"]
