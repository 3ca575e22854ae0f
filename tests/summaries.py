"""What suites that live through much want to have told at the end of a run: one line each."""

from typing import Final

PROPERTY: Final = "summary"
"""The property of a case's report that holds such a line."""

TITLE: Final = "what the long suites have lived through"
