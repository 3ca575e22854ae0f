"""Reads the configuration: one TOML file, or none at all, and overrides from the environment."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import msgspec

from entrypoints.configuration import EMBEDDED, EMBEDDED_CONTROL, EMBEDDED_SITE, Configuration
from entrypoints.configuration_addresses import REFERENCE, Address, parse_address, read_reference, resolve
from entrypoints.configuration_checks import clear_secret_problems, meaning_problems
from entrypoints.configuration_environment import CONFIG, overridden, sites_named
from entrypoints.configuration_problems import ConfigurationError, Problem
from entrypoints.configuration_shape import shape_problems

FILE: Final = Path("panorama.toml")
"""The file that is read when none is named, if it is there."""


_EMBEDDED: Final[Mapping[str, Any]] = {
    "sites": {EMBEDDED: msgspec.to_builtins(EMBEDDED_SITE)},
    "control": msgspec.to_builtins(EMBEDDED_CONTROL),
}
"""What holds where a document names no site of its own, unless variables name others alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A configuration that has been checked, with the references of its active site followed."""

    configuration: Configuration
    source: Path | None
    """The file that it was read from; None for the embedded default."""

    data: Path
    """The data directory."""

    storage: Address
    vault: Address
    keys: tuple[Address, ...]
    blobs: tuple[Address, ...]
    control: tuple[Address, ...] = ()
    """The control stores, which all sites share."""

    secrets: Address | None = None
    recovery_key: str | None = None
    """The offline recovery key's public half in PEM."""

    recovery_reference: Address | None = None
    """Where it is kept among the secrets, until that has been followed."""

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Return every address that the active site uses."""
        secrets = () if self.secrets is None else (self.secrets,)
        return (self.storage, self.vault, *self.keys, *self.blobs, *secrets, *self.control)


def read(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read and check the configuration.

    The file is `path`, else what PANORAMA_CONFIG names, else ./panorama.toml if it is there, else none: then
    everything is in files of one data directory. Raises ConfigurationError with every problem that was found.
    """
    source = _source(path, environ)
    return _checked(_document(source), source, environ)


def embedded(environ: Mapping[str, str]) -> Settings:
    """Return the embedded default with overrides; no file is looked for. Raises ConfigurationError."""
    return _checked({}, None, environ)


def _checked(document: Mapping[str, Any], source: Path | None, environ: Mapping[str, str]) -> Settings:
    refuse(list(shape_problems(document)))
    refuse(list(clear_secret_problems(document)))
    folder = Path() if source is None or "PANORAMA_DATA" in environ else source.parent
    named = sites_named(environ)
    names_sites = "sites" in document or (bool(named) and EMBEDDED not in named)
    document = overridden({**({} if names_sites else _EMBEDDED), **document}, environ)
    document.setdefault("active", _only_site(document["sites"]))
    refuse(list(shape_problems(document)))
    configuration = msgspec.convert(document, Configuration)
    refuse(list(meaning_problems(configuration)))
    return _settings(configuration, source, folder / configuration.data, environ)


def refuse(problems: list[Problem]) -> None:
    """Raise ConfigurationError if there are any problems."""
    if problems:
        raise ConfigurationError(problems)


def _source(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    if path is not None:
        return path
    if named := environ.get(CONFIG, "").strip():
        return Path(named)
    return FILE if FILE.exists() else None


def _document(source: Path | None) -> dict[str, Any]:
    if source is None:
        return {}
    try:
        return tomllib.loads(source.read_text(encoding="utf-8-sig"))
    except OSError as exc:
        remedy = "check the path after --config or in PANORAMA_CONFIG"
        raise ConfigurationError([Problem(str(source), f"cannot be read ({exc.strerror})", remedy)]) from exc
    except ValueError as exc:
        remedy = "see docs/configuration.md for an example"
        raise ConfigurationError([Problem(str(source), f"is not TOML in UTF-8 ({exc})", remedy)]) from exc


def _only_site(sites: Mapping[str, object]) -> str:
    return next(iter(sites)) if len(sites) == 1 else EMBEDDED


def _settings(configuration: Configuration, source: Path | None, data: Path, environ: Mapping[str, str]) -> Settings:
    site, prefix = configuration.site, f"sites.{configuration.active}"

    def addresses(name: str, texts: tuple[str, ...]) -> tuple[Address, ...]:
        return tuple(parse_address(f"{prefix}.{name}", text, data) for text in texts)

    def one(name: str, text: str) -> Address:
        return parse_address(f"{prefix}.{name}", resolve(f"{prefix}.{name}", text, environ), data)

    settings = Settings(
        configuration=configuration,
        source=source,
        data=data,
        storage=one("storage", site.storage),
        vault=one("vault", site.vault),
        keys=addresses("keys", site.keys),
        blobs=addresses("blobs", site.blobs),
        control=tuple(parse_address("control.stores", text, data) for text in configuration.control.stores),
        secrets=None if site.secrets is None else addresses("secrets", (site.secrets,))[0],
    )
    recovery, key = site.recovery_key, f"{prefix}.recovery_key"
    if recovery is None:
        return settings
    if recovery.startswith(f"{REFERENCE}:"):
        return replace(settings, recovery_reference=parse_address(key, recovery, data))
    return replace(settings, recovery_key=read_reference(key, recovery))
