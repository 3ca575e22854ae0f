"""People get tables, machines get JSON, and what is shown is never taken for markup."""

import io
import json
import sys

import pytest

from entrypoints.cli.exits import Exit
from entrypoints.cli.failures import Failure
from entrypoints.cli.output import Output, print_failure
from entrypoints.cli.terminal import Terminal


def test_without_a_word_machines_are_assumed_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """--json and --text decide; otherwise it depends on whether the output is a terminal."""
    assert [Output.chosen(json=True).json, Output.chosen(json=False).json] == [True, False]
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert Output.chosen(json=None).json
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert not Output.chosen(json=None).json


def test_a_document_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Machines read line by line."""
    Output(json=True).document({"name": "a\nb"})
    assert capsys.readouterr().out == '{"name":"a\\nb"}\n'


def test_brackets_are_shown_and_not_obeyed() -> None:
    """Text from outside cannot colour the terminal."""
    shown = io.StringIO()
    output = Output(json=False, console=Terminal(file=shown, width=60))
    output.table(("key",), [("[red]x[/red]",)])
    output.line("[bold]y")
    assert "[red]x[/red]" in shown.getvalue()
    assert "[bold]y" in shown.getvalue()


def test_going_through_things_leaves_none_out() -> None:
    """The progress bar is only beside it."""
    assert list(Output(json=True).tracked([1, 2, 3], "counting")) == [1, 2, 3]


def test_a_failure_is_told_on_the_error_stream(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON where JSON was asked for, else words; the standard output stays clean."""
    failure = Failure(Exit.REFUSED, "refused", ("one", "two"), "try again")
    print_failure(failure, json=True)
    print_failure(failure, json=False)
    told = capsys.readouterr()
    first, *words = told.err.splitlines()
    assert told.out == ""
    assert json.loads(first)["error"] == {
        "code": 1,
        "kind": "refused",
        "problems": ["one", "two"],
        "remedy": "try again",
    }
    assert words == ["error: one", "error: two", "way out: try again"]


def test_a_reader_who_goes_away_is_an_ordinary_error() -> None:
    """`panorama … | head` ends the command, not by tearing the process down from inside."""

    class Gone(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        Terminal(file=Gone()).print("x")
