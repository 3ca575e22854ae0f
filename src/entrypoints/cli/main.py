"""`panorama`: the service, and what an operator does with it."""

import sys

from entrypoints.cli.exits import Exit, discard_output
from entrypoints.cli.installed import shows_version
from entrypoints.garbage import collect_seldom


def main() -> None:
    """Run the command line."""
    collect_seldom()
    try:
        if shows_version(sys.argv[1:]):
            return
    except BrokenPipeError:
        discard_output()
        sys.exit(Exit.INTERRUPTED)
    from entrypoints.cli.app import app

    app()


if __name__ == "__main__":
    main()
