"""Does a document have the shape of a configuration? Every key that does not is named, not only the first."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import inspect

from entrypoints.configuration_keys import KEYS, SITE, TABLES, canonical
from entrypoints.configuration_problems import ELSEWHERE, Problem, suggest

SITE_NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
"""How a site may be called: fit for the name of an environment variable, whose parts two underscores divide."""

_NUMBER: Final = re.compile(r"[0-9]{1,18}")
"""A whole number as text; msgspec takes `1e2` and `1.0` too."""


def shape_problems(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is unknown, of the wrong type, out of range or missing in `document`."""
    for path, value in _leaves(document, ""):
        key = KEYS.get(canonical(path))
        if key is None:
            yield _unknown(path)
        else:
            yield from value_problems(path, value, key.type)
    yield from _site_problems(document.get("sites"))


def value_problems(name: str, value: object, type_: Any, *, strict: bool = True) -> Iterator[Problem]:
    """Yield a problem with `value` if it is no `type_`; `name` is the key or variable that it came by.

    Not `strict`: a text may stand for a number.
    """
    kind = inspect.type_info(type_)
    if not strict and isinstance(kind, inspect.IntType) and not _NUMBER.fullmatch(str(value)):
        yield Problem(name, "does not fit (a number has the digits 0 to 9 alone)", f"give {_wanted(kind)}")
        return
    try:
        msgspec.convert(value, type_, strict=strict)
    except msgspec.ValidationError as exc:
        yield Problem(name, _complaint(exc), f"give {_wanted(kind)}")


def _leaves(document: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, object]]:
    for name, value in document.items():
        path = prefix + name
        if canonical(path) in TABLES and isinstance(value, Mapping):
            yield from _leaves(value, f"{path}.")
        else:
            yield path, value


def _unknown(path: str) -> Problem:
    if canonical(path) in TABLES:
        return Problem(path, "is a table of keys, not a value", f"write it as a table: [{path}]")
    table, _, name = canonical(path).rpartition(".")
    siblings = [known.rpartition(".")[2] for known in (*KEYS, *TABLES) if known.rpartition(".")[0] == table]
    return Problem(path, "is not a key", suggest(name, siblings, otherwise=ELSEWHERE))


def _site_problems(sites: object) -> Iterator[Problem]:
    if not isinstance(sites, Mapping):
        return
    for name, site in sites.items():
        if not SITE_NAME.fullmatch(name):
            yield Problem(
                f"sites.{name}",
                "is not a name for a site",
                "begin with a small letter; small letters, digits and single underscores may follow",
            )
        for key in KEYS.values():
            table, _, last = key.path.rpartition(".")
            if table == f"sites.{SITE}" and key.required and isinstance(site, Mapping) and last not in site:
                yield Problem(f"sites.{name}.{last}", "is missing", "every site names it; there is no default")


def _complaint(exc: msgspec.ValidationError) -> str:
    reason = str(exc).partition(" - at ")[0]
    return f"does not fit ({reason[0].lower()}{reason[1:].replace('`', '')})"


_WANTED: Final = {
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.BoolType: "true or false",
    inspect.VarTupleType: 'a list of texts, as in ["one", "two"]',
}


def _wanted(kind: inspect.Type) -> str:
    match kind:
        case inspect.IntType(ge=int() as least, le=int() as most):
            return f"a whole number from {least} to {most}"
        case inspect.FloatType(gt=above, ge=least, le=most) if most is not None:
            return f"a number {f'above {above}' if least is None else f'not below {least}'} and up to {most}"
        case _:
            return _WANTED.get(type(kind), "a text in quotation marks")
