"""Which keys there are, found in the Structs themselves, so that no list of them can fall behind."""

from collections.abc import Iterator
from typing import Any, Final, get_args, get_origin

import msgspec

from entrypoints.configuration import Configuration

PREFIX: Final = "PANORAMA_"
"""What the name of every environment variable of the service begins with."""

SITE: Final = "*"
"""Stands for the name of a site in a path."""

_NESTING: Final = "__"


class Key(msgspec.Struct, frozen=True):
    """One thing that can be configured."""

    path: str
    """Dotted, with SITE where the name of a site belongs."""

    type: Any
    required: bool
    default: Any

    @property
    def environment(self) -> str:
        """Return the name of the environment variable that overrides it."""
        return environment_name(self.path)


def environment_name(path: str) -> str:
    """Return the environment variable for a dotted path: `server.port` is PANORAMA_SERVER__PORT."""
    return PREFIX + path.replace(".", _NESTING).upper()


def path_of(name: str) -> str:
    """Return the dotted path that an environment variable is for; the inverse of `environment_name`."""
    return name.removeprefix(PREFIX).replace(_NESTING, ".").lower()


def canonical(path: str) -> str:
    """Put SITE in the place of a site's name."""
    table, dot, rest = path.partition(".")
    if table != "sites" or not dot:
        return path
    _, dot, key = rest.partition(".")
    return f"{table}.{SITE}{dot}{key}"


def _keys(struct: type, prefix: str) -> Iterator[Key]:
    for field in msgspec.structs.fields(struct):
        path = prefix + field.name
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from _keys(field.type, f"{path}.")
        elif get_origin(field.type) is dict:
            yield from _keys(get_args(field.type)[1], f"{path}.{SITE}.")
        else:
            default = None if field.required else field.default
            yield Key(path, field.type, field.required, default)


KEYS: Final = {key.path: key for key in _keys(Configuration, "")}
"""Every key by its canonical path."""

TABLES: Final = frozenset(path[:end] for path in KEYS for end, letter in enumerate(path) if letter == ".")
"""The canonical path of every table."""
