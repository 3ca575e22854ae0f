"""Terraform, at a copy of the roots of `deploy`: it leaves nothing in the checkout, and asks no registry."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

import pytest

from tests.deploy.schemas.mirror import ATLAS, GOOGLE, mirror
from tests.patience import patience
from tests.report import not_proven
from tests.shared_material import REPOSITORY

MIRROR_VARIABLE: Final = "PANORAMA_TEST_TERRAFORM_MIRROR"
"""Names a folder of providers, as `terraform providers mirror` makes it."""

BUILT: Final = "tests/others.tftest.hcl"
"""The test of a root whose first run builds it alone."""

RUN: Final = '\nrun "'
"""How each run begins in such a file."""

_FIRST: Final = "tests/first.tftest.hcl"

_MIRRORS: Final = (
    Path.home() / ".terraform.d/plugins",
    Path("/usr/local/share/terraform/plugins"),
    Path("/opt/tf-plugins"),
)
"""Where providers are looked for besides."""

AWS_SOURCE: Final = "registry.terraform.io/hashicorp/aws"
"""Where the provider lies in such a folder."""

ONLY_SCHEMAS: Final = {"gcp": GOOGLE, "atlas": ATLAS}
"""The roots whose providers no machine here has."""

_PATIENCE: Final = 1_200.0

_GARBAGE: Final = "400"
"""How many percent of new memory Terraform and its providers make before they collect garbage.

At their own 100 they spend a fourth of their time on looking through the schema of AWS, which stays.
"""


class Done(NamedTuple):
    """What a command came to."""

    code: int
    told: str


class Root(NamedTuple):
    """One root, in a copy of `deploy` of its own."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, *words: str) -> Done:
        """Run Terraform there."""
        made = subprocess.run(
            ["terraform", *words],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=patience(_PATIENCE),
            check=False,
        )
        return Done(made.returncode, made.stdout)

    def do(self, *words: str) -> str:
        """Run what must succeed; return what it told."""
        done = self.run(*words)
        assert done.code == 0, done.told[-6_000:]
        return done.told

    def document(self, *words: str) -> Any:
        """Run what tells JSON, and return it."""
        return json.loads(self.do(*words))

    def begin(self, *, backend: bool = False) -> None:
        """Take the provider from the mirror."""
        self.do("init", "-input=false", "-no-color", *([] if backend else ["-backend=false"]))

    def built(self) -> Any:
        """Return the state that a provider which builds nothing has built, alone: `outputs` and everything else."""
        head, first, *_ = (self.folder / BUILT).read_text(encoding="utf-8").split(RUN)
        (self.folder / _FIRST).write_text(head + RUN + first, encoding="utf-8")
        told = self.do("test", "-json", "-verbose", f"-filter={_FIRST}")
        states = (line["test_state"] for line in map(json.loads, told.splitlines()) if "test_state" in line)
        return next(states)

    def edit(self, file: str, before: str, after: str) -> None:
        """Change a file, in which `before` stands; a path begins in the root."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert before in text, f"{before!r} is not in {file}"
        path.write_text(text.replace(before, after), encoding="utf-8")

    def without(self, *addresses: str) -> None:
        """Take whole resources out."""
        for address in addresses:
            kind, name = address.split(".")
            block = re.compile(rf'^resource "{kind}" "{name}" \{{\n.*?^\}}\n', re.MULTILINE | re.DOTALL)
            counts = []
            for path in sorted(self.folder.glob("*.tf")):
                text, count = block.subn("", path.read_text(encoding="utf-8"))
                path.write_text(text, encoding="utf-8")
                counts.append(count)
            assert sum(counts) == 1, address


def copied(root: str, folder: Path, environment: Mapping[str, str] | None = None) -> Root:
    """Return a root of `deploy` in a copy, which takes its provider from a mirror when it begins."""
    made = copy_alone(root, folder)
    providers = _made_mirror(root, folder) if root in ONLY_SCHEMAS else find_mirror(root)
    settings = folder / "terraform.rc"
    settings.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{providers}"\n  }}\n}}\n')
    return made._replace(environment={**made.environment, "TF_CLI_CONFIG_FILE": str(settings), **(environment or {})})


def copy_alone(root: str, folder: Path) -> Root:
    """Return a root in a copy, with what roots have in common and no other root beside it.

    Where this machine cannot run it the test is not proven, and fails in CI.
    """
    if shutil.which("terraform") is None:
        lacking(f"deploy/{root}", "terraform is not installed here")
    ignored = shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfvars")
    for part in (root, "common"):
        shutil.copytree(REPOSITORY / "deploy" / part, folder / "deploy" / part, ignore=ignored, dirs_exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "AWS_"))}
    return Root(folder / "deploy" / root, {"GOGC": _GARBAGE, **inherited, "CHECKPOINT_DISABLE": "1"})


def _made_mirror(root: str, folder: Path) -> Path:
    mirror(ONLY_SCHEMAS[root], folder / "deploy" / root, folder / "providers")
    return folder / "providers"


def find_mirror(root: str) -> Path:
    """Return the folder of providers of this machine, without which the root is not proven."""
    named = os.environ.get(MIRROR_VARIABLE)
    found = [path for path in ([Path(named)] if named else _MIRRORS) if (path / AWS_SOURCE).is_dir()]
    why = f"there is no mirror of the provider here; {MIRROR_VARIABLE} may name one"
    return found[0] if found else lacking(f"deploy/{root}", why)


def lacking(what: str, why: str) -> NoReturn:
    """Say at the end of the run that something was not proven, and why; in CI that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} cannot be checked: {why}")
    not_proven(what, why)
    pytest.skip(why)
