"""What holds for the parameters of every route, before any of them is converted."""

import re
from collections.abc import Iterator
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

from litestar import Request
from litestar.enums import ParamType
from litestar.params import ParameterKwarg
from litestar.typing import FieldDefinition

from entrypoints.http.headers import values_of
from entrypoints.http.problems import ProblemError

_NUMBER: Final = re.compile(r"[0-9]{1,19}")
"""A whole number as text: ASCII digits alone, without sign, blank, underscore, fraction or exponent."""

_SINGLE_FIELDS: Final = ("Idempotency-Key",)
"""Header fields that are one value and no list (RFC 9110, section 5.3), so that two lines contradict each other."""

AnyRequest: TypeAlias = Request[Any, Any, Any]


async def check_parameters(request: AnyRequest) -> None:
    """Raise the problem `request-invalid` for a parameter given twice, and for a number that is not all ASCII digits.

    Litestar takes the last of two values, and Python's `int` takes `1_0`, `+7` and digits of every script. Parameters
    that the route does not know stay ignored, however often they are given.
    """
    defects = {*_repeated_fields(request), *_query_defects(request), *_path_defects(request)}
    if defects:
        raise ProblemError("request-invalid", at=sorted(defects))


def _repeated_fields(request: AnyRequest) -> Iterator[str]:
    for name in _SINGLE_FIELDS:
        if len(values_of(request.scope["headers"], name.lower().encode())) > 1:
            yield name


def _query_defects(request: AnyRequest) -> Iterator[str]:
    query = request.scope["query_string"]
    if not query:
        return
    given = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    for name, parameter in _parameters(request, ParamType.QUERY):
        values = [value for other, value in given if other == name]
        if len(values) > 1 or (parameter.annotation is int and any(map(_is_no_number, values))):
            yield name


def _path_defects(request: AnyRequest) -> Iterator[str]:
    given = request.scope["path_params"]
    if not given:
        return
    for name, parameter in _parameters(request, ParamType.PATH):
        if parameter.annotation is int and _is_no_number(str(given[name])):
            yield name


def _parameters(request: AnyRequest, where: ParamType) -> Iterator[tuple[str, FieldDefinition]]:
    """Yield the parameters of the route that are given there, by the names that a client knows."""
    for name, parameter in request.route_handler.parsed_fn_signature.parameters.items():
        kind = parameter.kwarg_definition
        if isinstance(kind, ParameterKwarg) and kind.param_type is where:
            yield kind.name or name, parameter


def _is_no_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is None
