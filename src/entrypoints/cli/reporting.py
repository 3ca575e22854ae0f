"""How a failure of a command reaches the operator, whichever way the command was started."""

from entrypoints.cli.exits import Exit, discard_output


def report_failure(error: BaseException, *, json: bool) -> Exit:
    """Tell a failure on the standard error stream, and return its exit code; a reader that left is told nothing."""
    if isinstance(error, BrokenPipeError):
        discard_output()
        return Exit.INTERRUPTED
    from entrypoints.cli.failures import failure
    from entrypoints.cli.output import print_failure

    told = failure(error)
    print_failure(told, json=json)
    return told.code
