"""A plugin of pytest: has one module imported with a mistake in it, and changes no file."""

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

import pytest

from tests.mutants.changes import mutated

VARIABLE: Final = "PANORAMA_MUTANT"
"""Holds the module's name and the mistake's number, with a colon in between."""

NOT_IMPORTED: Final = 86
"""How a run ends that has not imported the module at all, and so says nothing."""


class _Loader(SourceFileLoader):
    """Compiles the module with the mistake."""

    number = 0

    def get_code(self, fullname: str) -> CodeType:
        tree = mutated(Path(self.path).read_text(encoding="utf-8"), self.number)
        return compile(tree, self.path, "exec")


class Finder(MetaPathFinder):
    """Finds that one module."""

    def __init__(self, module: str, number: int) -> None:
        self.module = module
        self.number = number
        self.is_used = False

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to import the module; None for every other."""
        spec = PathFinder.find_spec(fullname, path) if fullname == self.module else None
        if spec is None or spec.origin is None:
            return None
        loader = _Loader(fullname, spec.origin)
        loader.number = self.number
        spec.loader = loader
        self.is_used = True
        return spec

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Have a run fail that has not imported it."""
        if not self.is_used:
            session.exitstatus = NOT_IMPORTED


def pytest_configure(config: pytest.Config) -> None:
    """Begin, before any test is imported; without the variable nothing happens."""
    if not (value := os.environ.get(VARIABLE)):
        return
    module, _, number = value.partition(":")
    finder = Finder(module, int(number))
    sys.meta_path.insert(0, finder)
    config.pluginmanager.register(finder)
