"""Providers that run for a whole test process, to which Terraform attaches itself instead of starting its own.

Terraform starts a provider for each of its runs, several times in each `terraform test`. Most of what a test of a root
took was these starts. A provider that is attached needs no `terraform init` either; that one works, with the versions
that a root asks for, is proven where a root takes its provider from a mirror: `test_roots.py`, `test_schemas.py`,
`test_aws_applied.py`. Nothing is configured in a provider that is attached: the tests that use it mock what it does,
and ask it for its schema and whether a configuration is valid.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from tests.deploy.schemas.mirror import put_schema
from tests.deploy.terraform import AWS_SOURCE, ONLY_SCHEMAS, Root, copy_alone, find_mirror
from tests.deploy.tools import TOOLS
from tests.shared_material import REPOSITORY

_VARIABLE: Final = "TF_REATTACH_PROVIDERS"
_TOLD: Final = re.compile(rf"{_VARIABLE}='(.+)'")


class Providers:
    """The providers of the roots, each started when it is first asked for and stopped in the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._addresses: dict[str, str] = {}
        self._built: dict[str, Any] = {}

    def copy(self, root: str, folder: Path) -> Root:
        """Return a root in a copy of its own, ready for `terraform test`, at a provider that runs already."""
        made = copy_alone(root, folder)
        if root not in self._addresses:
            self._addresses[root] = self._stack.enter_context(_running(root, self._folder))
        return made._replace(environment={**made.environment, _VARIABLE: self._addresses[root]})

    def built(self, root: str) -> Any:
        """Return the state that a provider which builds nothing has built of a root as it is; built once."""
        if root not in self._built:
            self._built[root] = self.copy(root, self._folder / root).built()
        return self._built[root]

    def close(self) -> None:
        """Stop them."""
        self._stack.close()


@contextmanager
def _running(root: str, folder: Path) -> Iterator[str]:
    """Run the provider of a root; yield what Terraform is to be told of it."""
    child = subprocess.Popen(
        _command(root, folder),
        cwd=REPOSITORY,
        env={name: value for name, value in os.environ.items() if not name.startswith("TF_")},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert child.stdout is not None
    try:
        told = next((found[1] for line in child.stdout if (found := _TOLD.search(line))), None)
        assert told is not None, f"the provider of deploy/{root} ended with {child.wait()}"
        yield told
    finally:
        child.terminate()
        child.wait()
        child.stdout.close()


def _command(root: str, folder: Path) -> list[str]:
    if root in ONLY_SCHEMAS:
        file = folder / f"{root}.json"
        put_schema(ONLY_SCHEMAS[root], REPOSITORY / "deploy" / root, file)
        return [str(TOOLS / "bin/python"), "-u", "-m", "tests.deploy.schemas.served", str(file), "--dev"]
    (program,) = (find_mirror(root) / AWS_SOURCE).rglob("terraform-provider-aws_*")
    return [str(program), "-debug"]
