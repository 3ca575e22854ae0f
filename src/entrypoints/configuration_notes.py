"""What a configuration asks of its operator although nothing is wrong with it."""

from collections.abc import Iterator

from entrypoints.configuration import Configuration
from entrypoints.configuration_problems import Problem


def configuration_notes(configuration: Configuration) -> Iterator[Problem]:
    """Yield what works only if something else is done as well; none of it keeps the service from starting."""
    if configuration.app.is_on_forge and not configuration.maintenance.background:
        yield Problem(
            "maintenance.background",
            "is false, and the ends of Forge sites are found only by a process that stays: `panorama maintain` from a "
            "timer ends and purges none, so that their data are kept",
            "keep `panorama maintain --watch` running, or set it to true",
        )
