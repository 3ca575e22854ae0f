"""Commands of `panorama`, run in the process of the test as programs run them."""

import json
from typing import Any

from typer.testing import CliRunner, Result

from entrypoints.cli.app import app
from entrypoints.cli.exits import Exit


def run(*arguments: str) -> Result:
    """Run a command, which may fail, but not by a fault."""
    result = CliRunner().invoke(app, arguments)
    assert "Traceback" not in result.output, result.output
    return result


def told(*arguments: str, code: Exit = Exit.DONE) -> Any:
    """Run a command that ends with that code, and return what it tells machines."""
    result = run(*arguments, "--json")
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)
