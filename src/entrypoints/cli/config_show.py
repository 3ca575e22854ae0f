"""`panorama config show`: look at the configuration."""

import os
from typing import Any

import msgspec

from entrypoints.cli.options import ConfigOption, JsonOption
from entrypoints.cli.output import Output
from entrypoints.configuration_addresses import masked
from entrypoints.configuration_file import Settings, read
from entrypoints.configuration_keys import environment_name


def show(config: ConfigOption = None, json: JsonOption = None) -> None:
    """Show every key's value, secrets masked, and the environment variable that overrides it."""
    output = Output.chosen(json)
    settings = read(config, os.environ)
    shown = _masked(msgspec.to_builtins(settings.configuration))
    if output.json:
        output.document(shown)
        return
    output.line(f"From {origin(settings)}; data in {settings.data}.")
    rows = [(path, _text(value), environment_name(path)) for path, value in _flat(shown, "")]
    output.table(("key", "value", "environment"), rows)


def origin(settings: Settings) -> str:
    """Return where the configuration stands."""
    return "the embedded default" if settings.source is None else str(settings.source)


def _masked(value: Any) -> Any:
    match value:
        case dict():
            return {name: _masked(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_masked(inner) for inner in value]
        case str():
            return masked(value)
        case _:
            return value


def _flat(value: dict[str, Any], prefix: str) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for name, inner in value.items():
        rows += _flat(inner, f"{prefix}{name}.") if isinstance(inner, dict) else [(prefix + name, inner)]
    return rows


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return "none" if value is None else str(value)
