"""Whole numbers on the command line."""

import re
from typing import Final

import typer

_NUMBER: Final = re.compile(r"[0-9]{1,18}")


def whole_number(text: str | int) -> int:
    """Return the number that ASCII digits alone write; raises BadParameter for what only Python's `int` would take.

    That is `1_0`, `+7`, surrounding blanks and the digits of other scripts.
    """
    # Typer hands the default over too, which is a number already.
    if _NUMBER.fullmatch(str(text)) is None:
        raise typer.BadParameter("write a whole number in the digits 0 to 9 alone")
    return int(text)
