"""`panorama`: the service, and what an operator does with it."""

import sys

from entrypoints.cli.plain import run_plainly
from entrypoints.garbage import collect_seldom


def main() -> None:
    """Run the command line; raises SystemExit with the exit code of a command that Typer runs, or that fails."""
    collect_seldom()
    if run_plainly(sys.argv[1:]):
        return
    from entrypoints.cli.app import app

    app()


if __name__ == "__main__":
    main()
