"""The group of all commands: turns every failure into words and an exit code, in one place."""

import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from entrypoints.cli.exits import Exit, failure
from entrypoints.cli.options import JSON
from entrypoints.cli.output import print_failure


class Commands(TyperGroup):
    """Runs a command; no error of ours leaves it as a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the chosen command; raises typer.Exit for a failure, and what Typer tells by itself: wrong usage."""
        try:
            return super().invoke(ctx)
        except (typer.TyperException, typer.Exit, typer.Abort):
            raise
        except BrokenPipeError as exc:
            _write_to_nobody()
            raise typer.Exit(Exit.INTERRUPTED) from exc
        except (Exception, KeyboardInterrupt) as exc:
            told = failure(exc)
            print_failure(told, json=bool(ctx.meta.get(JSON)))
            raise typer.Exit(told.code) from exc


def _write_to_nobody() -> None:
    """The reader of the output went away, as `head` does; what Python still has to write must not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
