"""The table of commands says of each command what the command says of itself, and leaves none out."""

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

import entrypoints.cli
from entrypoints.cli.options import ConfigOption, JsonOption
from entrypoints.cli.table import COMMANDS, Entry, Group


def entries() -> list[Entry]:
    """Return every command of the table."""
    return [entry for each in COMMANDS for entry in (each.entries if isinstance(each, Group) else (each,))]


def function_of(entry: Entry) -> Any:
    """Return the function that the table names."""
    module, _, attribute = entry.target.partition(":")
    return getattr(import_module(module), attribute)


def commands_there_are() -> Iterator[str]:
    """Yield each function of the package that takes an option which every command takes."""
    for found in pkgutil.iter_modules(entrypoints.cli.__path__, "entrypoints.cli."):
        for name, function in inspect.getmembers(import_module(found.name), inspect.isfunction):
            if function.__module__ != found.name or name.startswith("_"):
                continue
            annotations = [parameter.annotation for parameter in inspect.signature(function).parameters.values()]
            if ConfigOption in annotations or JsonOption in annotations:
                yield f"{found.name}:{name}"


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.target)
def test_the_table_says_of_a_command_what_the_command_says(entry: Entry) -> None:
    """`--help` of a group lists the first paragraph of what `--help` of the command shows."""
    described = inspect.getdoc(function_of(entry)) or ""
    assert entry.help == described.partition("\n\n")[0].replace("\n", " ")


def test_every_command_is_in_the_table() -> None:
    """One that is written and not entered could not be given."""
    assert sorted(commands_there_are()) == sorted(entry.target for entry in entries())


def test_no_name_stands_for_two_commands() -> None:
    """Neither among all nor within a group."""
    for names in (
        [each.name for each in COMMANDS],
        *([entry.name for entry in each.entries] for each in COMMANDS if isinstance(each, Group)),
    ):
        assert len(names) == len(set(names))
