"""Commands that programs run every few seconds, started without Typer where their options are plain.

Typer and what it checks options with take more time than these commands do. Every other form of them, `--help` and
wrong usage included, is left to Typer; so the two ways cannot differ in anything but time.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from entrypoints.cli.installed import found_version, show_version
from entrypoints.cli.reporting import report_failure


class _Options(NamedTuple):
    config: str | None = None
    json: bool | None = None


def run_plainly(arguments: Sequence[str]) -> bool:
    """Run the command if it is one of these, and return whether it was; raises SystemExit where it fails."""
    name, *rest = arguments or [""]
    options = _parsed(rest)
    if options is None:
        return False
    try:
        if name == "health":
            _health(options)
        elif _asks_version(name, options) and found_version() is not None:
            show_version(json=options.json)
        else:
            return False
    except (Exception, KeyboardInterrupt) as exc:
        raise SystemExit(report_failure(exc, json=bool(options.json))) from exc
    return True


def _asks_version(name: str, options: _Options) -> bool:
    return options.config is None and (name == "version" or (name == "--version" and options.json is None))


def _health(options: _Options) -> None:
    from pathlib import Path

    from entrypoints.cli.asking import ask_health

    ask_health(None if options.config is None else Path(options.config), options.json)


def _parsed(arguments: Sequence[str]) -> _Options | None:
    """Return the options that every command has; None where there is anything else."""
    options, rest = _Options(), iter(arguments)
    for argument in rest:
        match argument:
            case "--json" | "--text":
                options = options._replace(json=argument == "--json")
            case "--config" if value := _value(rest):
                options = options._replace(config=value)
            case _:
                return None
    return options


def _value(rest: Iterator[str]) -> str | None:
    value = next(rest, "")
    return value if not value.startswith("-") else None
