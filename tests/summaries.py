"""What suites that live through much want to have told at the end of a run: one line each."""

from typing import Final

TITLE: Final = "what the long suites have lived through"

_told: list[str] = []


def summary(line: str) -> None:
    """Have the run end with this line, among others."""
    _told.append(line)


def summaries() -> list[str]:
    """Return every line, in the order in which they were told."""
    return list(_told)
