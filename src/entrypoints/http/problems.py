"""What went wrong, told as problem details (RFC 9457), never with a word that the caller sent."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.params import ParameterKwarg
from litestar.types import ExceptionHandlersMap
from litestar.typing import FieldDefinition

from application.faults import place_of, unexpected_in
from domain import errors as domain
from entrypoints.http.tokens import Refused
from entrypoints.problem_kinds import KINDS, domain_details
from ports import errors as ports

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 1
"""How long a client is asked to wait when something behind the service is out."""

_NONE: Final[Mapping[str, Any]] = MappingProxyType({})


_CHALLENGE: Final = {"WWW-Authenticate": "JWT, Bearer"}
_BY_STATUS: Final[Mapping[int, str]] = {
    400: "request-invalid",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    413: "body-too-large",
    415: "media-type-unsupported",
    429: "rate-limited",
    503: "unavailable",
}
_FAULTS: Final = (ports.Corrupt, ports.InvalidArgument, ports.Unsupported, ports.AlreadyExists)
"""Port errors that no waiting cures."""

_CLIENT_LEFT: Final = "client disconnected prematurely"
"""What Litestar says where a body breaks off: an answer that nobody hears, and no fault of the service."""

_MISSING: Final = re.compile(r"Missing required [a-z]+ parameter '([A-Za-z0-9_-]+)' for path ")

Details: TypeAlias = Mapping[str, Any]
AnyRequest: TypeAlias = Request[Any, Any, Any]


class ProblemError(Exception):
    """A request is answered with the problem `code`, found out at the edge itself."""

    def __init__(
        self, code: str, *, status: int | None = None, headers: Mapping[str, str] = _NONE, **details: Any
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = status or KINDS[code].status
        self.headers = headers
        self.details = details


def allowed_methods(allow: str) -> str:
    """Return an `Allow` of the framework with what is served besides: HEAD wherever GET is, and OPTIONS everywhere."""
    methods = {method.strip() for method in allow.split(",")} | {"OPTIONS"}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


def problem_type(code: str) -> str:
    """Return the stable address of a kind of problem, which is where the API's own page explains it."""
    return f"/schema#{code}"


def problem_document(code: str, status: int, details: Details) -> dict[str, Any]:
    """Return the members of one problem document."""
    return {"type": problem_type(code), "title": KINDS[code].title, "status": status, **details}


def exception_handlers() -> ExceptionHandlersMap:
    """Return what Litestar calls for each family of exceptions."""
    return {
        ProblemError: _edge_problem,
        Refused: _refused,
        domain.DomainError: _domain_problem,
        ports.PortError: _port_problem,
        HTTPException: _framework_problem,
        Exception: _fault,
    }


def _answer(
    request: AnyRequest,
    code: str,
    *,
    status: int | None = None,
    details: Details = _NONE,
    headers: Mapping[str, str] = _NONE,
) -> Response[bytes]:
    request.scope["state"]["reason"] = code
    status = status or KINDS[code].status
    if status in {429, 503}:
        headers = {"Retry-After": str(RETRY_SECONDS), **headers}
    content = msgspec.json.encode(problem_document(code, status, details))
    return Response(content, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def _edge_problem(request: AnyRequest, error: ProblemError) -> Response[bytes]:
    return _answer(request, error.code, status=error.status, details=error.details, headers=error.headers)


def _refused(request: AnyRequest, error: Refused) -> Response[bytes]:
    """All refusals of one status look the same; why it was refused is for the log alone."""
    code = _BY_STATUS[error.status]
    answer = _answer(request, code, headers=_CHALLENGE if code == "unauthenticated" else _NONE)
    request.scope["state"]["reason"] = error.reason
    return answer


def _domain_problem(request: AnyRequest, error: domain.DomainError) -> Response[bytes]:
    return _answer(request, error.code, details=domain_details(error))


def _port_problem(request: AnyRequest, error: ports.PortError) -> Response[bytes]:
    """Answer; what nobody expected of a driver may be a defect of ours, and is logged as the fault that it was."""
    answer = _answer(request, _code_of(error))
    state = request.scope["state"]
    state["reason"] = f"port-{error.code}"
    if (fault := unexpected_in(error)) is None:
        state["where"] = place_of(error.__traceback__)
    else:
        state["fault"] = fault
    return answer


def _code_of(error: ports.PortError) -> str:
    if isinstance(error, ports.ReadOnly):
        return "read-only"
    return "internal" if isinstance(error, _FAULTS) else "unavailable"


def _framework_problem(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    headers = {name: allowed_methods(value) for name, value in (error.headers or {}).items() if name.lower() == "allow"}
    code = _BY_STATUS.get(error.status_code, "request-invalid" if error.detail == _CLIENT_LEFT else "internal")
    if isinstance(error, ValidationException):
        return _answer(request, code, details={"at": _parameters(request, error)})
    return _answer(request, code, headers=headers)


def _parameters(request: AnyRequest, error: ValidationException) -> list[str]:
    """Return the names of the parameters that are not as documented; their values stay unsaid."""
    known = request.route_handler.parsed_fn_signature.parameters
    defects = error.extra if isinstance(error.extra, list) else []
    names = {defect["key"] for defect in defects if isinstance(defect, dict) and "key" in defect}
    if missing := _MISSING.match(error.detail):
        return [missing[1]]
    return sorted(_outside_name(known.get(name), name) for name in names)


def _outside_name(parameter: FieldDefinition | None, name: str) -> str:
    """Return what a client calls a parameter; `$` stands for the whole body."""
    if name == "data":
        return "$"
    kind = None if parameter is None else parameter.kwarg_definition
    return kind.name if isinstance(kind, ParameterKwarg) and kind.name else name


def _fault(request: AnyRequest, error: Exception) -> Response[bytes]:
    answer = _answer(request, "internal")
    request.scope["state"]["reason"] = "fault"
    request.scope["state"]["fault"] = error
    return answer


def event_problem(error: domain.DomainError | ports.PortError) -> dict[str, Any]:
    """Return the problem document for an error that comes after the answer has begun."""
    if isinstance(error, ports.PortError):
        return problem_document("unavailable", KINDS["unavailable"].status, {})
    return problem_document(error.code, KINDS[error.code].status, domain_details(error))
