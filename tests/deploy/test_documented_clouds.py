"""The commands of clouds that the documentation tells people to give are ones that the clouds' programs take.

Those of `aws` are executed where `deploy/aws` has been applied: `test_aws_applied.py`.
"""

import json
import os
import re
import shutil
import subprocess
from functools import cache
from typing import Final

import pytest

from tests.deploy.terraform import lacking
from tests.documented import Documented, documented
from tests.shared_material import REPOSITORY

pytestmark = pytest.mark.timeout(600)

GCLOUD: Final = [command.line for command in documented("gcloud") if command.whole]
TERRAFORM: Final = [command.line for command in documented("terraform") if command.whole]


@pytest.mark.parametrize("program", ["gcloud", "terraform", "aws"])
def test_whatever_is_to_be_given_stands_in_a_block(program: str) -> None:
    """Where it can be copied from, and where these tests look at it whole."""
    commands: list[Documented] = list(documented(program))
    assert [command for command in commands if not command.whole] == []
    assert len(commands) >= 5


def told_of_gcloud(line: str) -> tuple[bool, str]:
    """Return whether gcloud takes a command, and what it says against it."""
    if shutil.which("gcloud") is None:
        lacking("commands of gcloud in the documentation", "gcloud is not installed here")
    # The reader's own project stands there, which gcloud looks at: capitals are none.
    given = line.replace("PROJECT", "a-project")
    made = subprocess.run(
        ["gcloud", "meta", "lint-gcloud-commands", f"--command-string={given}"],
        env={**os.environ, "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    (told,) = json.loads(made.stdout)
    return told["success"], told["error_message"] or ""


@pytest.mark.parametrize("line", GCLOUD)
def test_gcloud_takes_it(line: str) -> None:
    """Every command, flag and argument."""
    assert told_of_gcloud(line) == (True, "")


def test_gcloud_refuses_what_is_misspelt() -> None:
    """So that taking means something."""
    taken, why = told_of_gcloud(GCLOUD[0].replace("--project", "--projcet"))
    assert not taken
    assert "--projcet" in why


@cache
def help_of(*words: str) -> str:
    """Return what Terraform says of itself, or of one of its commands."""
    if shutil.which("terraform") is None:
        lacking("commands of terraform in the documentation", "terraform is not installed here")
    made = subprocess.run(["terraform", *words, "-help"], capture_output=True, text=True, check=False)
    return made.stdout


def problems_of_terraform(line: str) -> list[str]:
    """Return what is wrong with a command: a root that is not there, a command or an option that is unknown."""
    _, folder, command, *rest = line.split()
    found = [] if (REPOSITORY / folder.removeprefix("-chdir=") / "versions.tf").is_file() else [folder]
    if not re.search(rf"^  {command} ", help_of(), re.MULTILINE):
        return [*found, command]
    options = [word.partition("=")[0] for word in rest if word.startswith("-")]
    return [*found, *(option for option in options if not re.search(rf"^  {option}\b", help_of(command), re.MULTILINE))]


@pytest.mark.parametrize("line", TERRAFORM)
def test_terraform_takes_it(line: str) -> None:
    """The root is there, the command and each of its options are known."""
    assert problems_of_terraform(line) == []


def test_terraform_refuses_what_is_misspelt() -> None:
    """So that taking means something."""
    assert problems_of_terraform("terraform -chdir=deploy/asw plan -uot=planned") == ["-chdir=deploy/asw", "-uot"]
    assert problems_of_terraform("terraform -chdir=deploy/aws paln -out=planned") == ["paln"]
