"""The modules that decide about loss, and the tests that must find a mistake in them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tests.shared_material import REPOSITORY

_APPLICATION: Final = "tests/unit/application"
_DOMAIN: Final = "tests/unit/domain"
_MARGINS: Final = f"{_APPLICATION}/test_margins.py"

TESTS: Final[Mapping[str, tuple[str, ...]]] = {
    "application/backups": (f"{_APPLICATION}/backups", _MARGINS),
    "application/failover": (f"{_APPLICATION}/failover", _MARGINS),
    "application/keys": (f"{_APPLICATION}/keys", _MARGINS),
    "application/restore": (f"{_APPLICATION}/restore",),
    "application/retention": (f"{_APPLICATION}/retention", _MARGINS),
    "application/sealing": (f"{_APPLICATION}/sealing",),
    "domain/backups": (f"{_DOMAIN}/backups",),
    "domain/epochs.py": (f"{_DOMAIN}/test_epochs.py", _MARGINS, f"{_APPLICATION}/failover"),
    "domain/erasures.py": (f"{_DOMAIN}/test_erasures.py", f"{_APPLICATION}/retention"),
    "domain/keys.py": (f"{_DOMAIN}/test_keys.py", _MARGINS, f"{_APPLICATION}/keys"),
    "domain/retention.py": (f"{_DOMAIN}/test_retention.py", f"{_APPLICATION}/retention"),
    "domain/rotation.py": (f"{_DOMAIN}/test_rotation.py", f"{_APPLICATION}/keys"),
    "domain/wraps.py": (f"{_DOMAIN}/test_wraps.py", f"{_APPLICATION}/keys"),
    "entrypoints/http/fencing.py": ("tests/unit/entrypoints/http/test_fencing.py",),
}
"""By a folder or a file of `src`: the files and folders of tests, which need no server and no real time."""


def sources(rows: Mapping[str, tuple[str, ...]] = TESTS) -> Iterator[tuple[Path, list[Path]]]:
    """Yield each module of the table with its tests, those first that bear its name."""
    for row, names in rows.items():
        found = REPOSITORY / "src" / row
        for path in sorted(found.glob("*.py")) if found.is_dir() else [found]:
            tests = [each for name in names for each in _tests(REPOSITORY / name)]
            yield path, sorted(tests, key=lambda each: path.stem.rstrip("s") not in each.stem)


def module_name(path: Path) -> str:
    """Return the name under which a module is imported."""
    return ".".join(path.relative_to(REPOSITORY / "src").with_suffix("").parts)


def _tests(path: Path) -> list[Path]:
    return sorted(path.glob("test_*.py")) if path.is_dir() else [path]
