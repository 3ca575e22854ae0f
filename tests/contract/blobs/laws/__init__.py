"""The laws: one plain function for each thing that the port promises, in a module for each group of calls.

A law takes a world and raises if the promise is broken. Every function here that does not begin with an underscore is
a law, and all of them are run on every adapter.
"""

import inspect
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Final, TypeAlias

from tests.contract.blobs.laws import (
    at_once,
    creating,
    deleting,
    listing,
    naming,
    outages,
    paging,
    parts,
    reading,
    replacing,
    retaining,
)
from tests.contract.blobs.worlds import World

Law: TypeAlias = Callable[[World], Awaitable[None]]


def _laws(module: ModuleType) -> list[Law]:
    functions = inspect.getmembers(module, inspect.iscoroutinefunction)
    own = [(name, function) for name, function in functions if function.__module__ == module.__name__]
    return [function for name, function in own if not name.startswith("_")]


_MODULES: Final = (
    *(creating, parts, reading, replacing, deleting, naming, listing, paging, retaining, at_once, outages),
)

LAWS: Final[dict[str, Law]] = {law.__name__: law for module in _MODULES for law in _laws(module)}
"""Every law by its name."""
