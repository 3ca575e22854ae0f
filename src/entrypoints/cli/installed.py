"""Which version is installed: said without what other commands need, as scripts ask for it often."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

_PREFIX: Final = "panorama-"
_SUFFIX: Final = ".dist-info"


def show_version(*, json: bool | None = None) -> None:
    """Print the version, as JSON or as words; without a choice as JSON where the output is no terminal."""
    number = installed_version()
    # A version is made of letters, digits and `.+!_`, so that JSON needs no escapes.
    machine = not sys.stdout.isatty() if json is None else json
    sys.stdout.write(f'{{"version":"{number}"}}\n' if machine else f"panorama {number}\n")
    sys.stdout.flush()


def installed_version() -> str:
    """Return the version of the installed package; raises PackageNotFoundError."""
    found = found_version()
    if found is not None:
        return found
    from importlib.metadata import version

    return version("panorama")


def found_version() -> str | None:
    """Return what the name of the package's folder of metadata says; None where it is installed in another way.

    That name is `panorama-<version>.dist-info`. importlib.metadata, which says the same, takes longer to import than
    all else here.
    """
    for name in _names():
        if name.startswith(_PREFIX) and name.endswith(_SUFFIX):
            return name[len(_PREFIX) : -len(_SUFFIX)]
    return None


def _names() -> Iterator[str]:
    for folder in sys.path:
        with suppress(OSError), os.scandir(folder or ".") as entries:
            for entry in entries:
                yield entry.name
