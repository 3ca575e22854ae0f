"""Which wraps of a generation are to be made anew."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from domain.keys import Generation, State


class Primary(msgspec.Struct, frozen=True):
    """The version of a key manager's own key that new wraps are made with."""

    version: str
    created: datetime | None = None
    """When that version was made, where the key manager tells."""


def lacking(generation: Generation, names: Iterable[str]) -> frozenset[str]:
    """Every key manager has a wrap of every generation that is not destroyed; return those that lack theirs."""
    if generation.state is State.DESTROYED:
        return frozenset()
    return frozenset(names) - generation.wraps.keys()


def outdated(generation: Generation, primaries: Mapping[str, Primary]) -> frozenset[str]:
    """Return the key managers whose wrap is of another version than their newest, as far as that is known."""
    return frozenset(
        name
        for name, primary in primaries.items()
        if name in generation.wraps and not _is_newest(generation, name, primary)
    )


def _is_newest(generation: Generation, name: str, primary: Primary) -> bool:
    """A wrap whose version nobody noted was made with the newest if that is as old as the generation."""
    noted = generation.versions.get(name)
    if noted is not None:
        return noted == primary.version
    return primary.created is not None and primary.created <= generation.created
