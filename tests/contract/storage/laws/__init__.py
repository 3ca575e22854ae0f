"""The laws: one plain function for each thing that the port promises, in a module for each group of calls.

A law takes a harness and raises if the promise is broken. Every function here that does not begin with an underscore
is a law, and all of them are run on every adapter.
"""

import inspect
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import TypeAlias

from tests.contract.storage.harness import Harness
from tests.contract.storage.laws import (
    applying,
    capabilities,
    counting,
    deleting,
    due,
    erasing,
    everything,
    lifetime,
    limits,
    scanning,
    sealing,
    shipping,
    writing,
)

Law: TypeAlias = Callable[[Harness], Awaitable[None]]


def _laws(module: ModuleType) -> list[Law]:
    functions = inspect.getmembers(module, inspect.iscoroutinefunction)
    own = [(name, function) for name, function in functions if function.__module__ == module.__name__]
    return [function for name, function in own if not name.startswith("_")]


LAWS: dict[str, Law] = {
    law.__name__: law
    for module in (
        writing,
        deleting,
        shipping,
        applying,
        scanning,
        everything,
        due,
        sealing,
        counting,
        erasing,
        limits,
        lifetime,
        capabilities,
    )
    for law in _laws(module)
}
"""Every law by its name."""
