"""The `aws` commands of the documentation, carried out in the order in which they stand there."""

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

from tests.deploy.terraform import lacking
from tests.documented import documented
from tests.servers.aws import Server

_GIVEN: Final = {"describe-subnets": "SUBNET", "describe-security-groups": "GROUP"}
"""What the reader puts in the place of a word in capitals, and which command tells it."""


class Carried(NamedTuple):
    """A command, and what it came to."""

    line: str
    code: int
    output: str


def carried_out(server: Server, folder: Path) -> list[Carried]:
    """Give each command to a server; files that commands name lie in the folder, and say so."""
    if shutil.which("aws") is None:
        lacking("commands of aws in the documentation", "aws is not installed here")
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": server.endpoint(),
        "AWS_ACCESS_KEY_ID": server.access_key,
        "AWS_SECRET_ACCESS_KEY": server.secret_key,
        "AWS_PAGER": "",
    }
    known: dict[str, str] = {}
    done: list[Carried] = []
    for line in (command.line for command in documented("aws") if command.whole):
        words = [_filled(word, known) for word in shlex.split(line)]
        for word in words:
            if word.startswith("file://"):
                name = word.removeprefix("file://")
                (folder / name).write_text(f"what the file {name} holds", encoding="utf-8")
        made = subprocess.run(
            [*words, "--output", "json"], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        done.append(Carried(line, made.returncode, made.stdout if made.returncode == 0 else made.stderr))
        if made.returncode == 0 and (placeholder := _GIVEN.get(words[2])) is not None:
            known[placeholder] = json.loads(made.stdout)[0]
    return done


def _filled(word: str, known: dict[str, str]) -> str:
    for placeholder, value in known.items():
        word = word.replace(placeholder, value)
    return word
