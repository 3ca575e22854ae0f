"""The group of all commands: turns every failure into words and an exit code, in one place."""

from typing import Any

import typer
from typer.core import TyperGroup

from entrypoints.cli.exits import failure
from entrypoints.cli.options import JSON
from entrypoints.cli.output import print_failure


class Commands(TyperGroup):
    """Runs a command; no error of ours leaves it as a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the chosen command; raises typer.Exit for a failure, and what Typer tells by itself: wrong usage."""
        try:
            return super().invoke(ctx)
        except (typer.TyperException, typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except (Exception, KeyboardInterrupt) as exc:
            told = failure(exc)
            print_failure(told, json=bool(ctx.meta.get(JSON)))
            raise typer.Exit(told.code) from exc
