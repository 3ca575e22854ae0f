"""What is wrong with an import, and what was left out of it: all of it, in words that quote nothing of the content."""

from typing import Final

from domain.errors import ImportRefused

LISTED: Final = 10_000
"""How many defects are told one by one; those beyond are counted, so that no content makes an answer without end."""


class Listing:
    """Sentences in the order in which they were found."""

    def __init__(self) -> None:
        self._listed: list[str] = []
        self._found = 0

    def __len__(self) -> int:
        return self._found

    def add(self, where: str, what: str) -> None:
        """Say that `what` is so at `where`. Neither may hold anything from the content but ids and positions."""
        self._found += 1
        if self._found <= LISTED:
            self._listed.append(f"{where}: {what}")

    def told(self) -> tuple[str, ...]:
        """Return every sentence, and how many more there were beyond the limit."""
        beyond = self._found - len(self._listed)
        return (*self._listed, f"and {beyond} more") if beyond else tuple(self._listed)


class Findings:
    """What the reading of one import found."""

    def __init__(self) -> None:
        self.defects = Listing()
        """Why it is refused."""

        self.notes = Listing()
        """What was left out of it, while the rest is sound."""

    def refuse_if_broken(self) -> None:
        """Raise ImportRefused with every defect, if there is one."""
        if len(self.defects):
            raise ImportRefused(self.defects.told())
