"""Overrides from the environment: PANORAMA_SERVER__PORT=9000 has the effect of `port = 9000` under `[server]`."""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from entrypoints.configuration_keys import KEYS, PREFIX, SITE, Key, canonical, environment_name, path_of
from entrypoints.configuration_problems import ELSEWHERE, ConfigurationError, Problem
from entrypoints.configuration_shape import value_problems

CONFIG: Final = "PANORAMA_CONFIG"
"""Names the file; no key of the file itself."""

TESTS: Final = "PANORAMA_TEST_"
"""What the variables of the test suites begin with; the service does not look at them."""

_SERVICE: Final = re.compile(
    r".+?_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_[0-9]+_(?:TCP|UDP|SCTP)(?:_PROTO|_PORT|_ADDR)?|(?P<address>PORT))"
)
_ADDRESS: Final = re.compile(r"(?:tcp|udp|sctp)://", re.IGNORECASE)
_NEAR: Final = 0.8
"""How alike two names must be to take one for the other, misspelt."""


def overridden(document: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """Return `document` with the values from the environment in place of its own; raises ConfigurationError.

    A variable with two underscores inside must be a key. One without is taken for a misspelt key only if it is very
    like one. What an orchestrator puts there for a Service that is called like ours (PANORAMA_SERVER_PORT=tcp://…) is
    neither. White space around a value is no part of it: files and secrets often end in a line break.
    """
    variables = {name: environ[name].strip() for name in _own(environ)}
    if problems := [problem for name, text in variables.items() for problem in _problems(name, text)]:
        raise ConfigurationError(problems)
    result = dict(document)
    for name, text in variables.items():
        if key := KEYS.get(canonical(path_of(name))):
            value = msgspec.convert(_parts(text, key), key.type, strict=False)
            result = _replaced(result, path_of(name).split("."), value)
    return result


def sites_named(environ: Mapping[str, str]) -> frozenset[str]:
    """Return the names of the sites that variables are for."""
    paths = [path_of(name) for name in _own(environ)]
    return frozenset(path.split(".")[1] for path in paths if canonical(path) != path)


def is_made_by_kubernetes(name: str, text: str) -> bool:
    """Whether a variable has the shape of those that Kubernetes makes for each Service, whatever its name is."""
    shape = _SERVICE.fullmatch(name)
    return shape is not None and (shape["address"] is None or _ADDRESS.match(text) is not None)


def _own(environ: Mapping[str, str]) -> list[str]:
    """Return the names of the variables that are keys of the service, or may be misspelt ones."""
    names = [name for name in environ if name.startswith(PREFIX) and name != CONFIG and not name.startswith(TESTS)]
    return [
        name for name in names if canonical(path_of(name)) in KEYS or not is_made_by_kubernetes(name, environ[name])
    ]


def _problems(name: str, text: str) -> Iterator[Problem]:
    key = KEYS.get(canonical(path_of(name)))
    if key is not None:
        yield from value_problems(name, _parts(text, key), key.type, strict=False)
    elif "__" in name or _is_misspelt(name):
        yield Problem(name, "is not a key", _remedy(path_of(name)))


def _remedy(path: str) -> str:
    site = path.split(".")[1] if canonical(path) != path else SITE
    near = difflib.get_close_matches(canonical(path), list(KEYS), n=1)
    return f"did you mean {environment_name(near[0].replace(SITE, site))}?" if near else ELSEWHERE


def _is_misspelt(name: str) -> bool:
    known = [key.environment for key in KEYS.values()]
    flat = [one for one in known if "__" not in one]
    forgotten = name in {one.replace("__", "_") for one in known}
    return forgotten or bool(difflib.get_close_matches(name, flat, n=1, cutoff=_NEAR))


def _parts(text: str, key: Key) -> str | list[str]:
    return [part.strip() for part in text.split(",") if part.strip()] if key.type == tuple[str, ...] else text


def _replaced(document: Mapping[str, Any], path: list[str], value: object) -> dict[str, Any]:
    first, *rest = path
    if rest:
        inner = document.get(first)
        value = _replaced(inner if isinstance(inner, Mapping) else {}, rest, value)
    return {**document, first: value}
