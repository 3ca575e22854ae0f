"""What went wrong, told as problem details (RFC 9457), never with a word that the caller sent."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.params import ParameterKwarg
from litestar.types import ExceptionHandlersMap
from litestar.typing import FieldDefinition

from application.faults import place_of
from domain import errors as domain
from entrypoints.http.tokens import Refused
from ports import errors as ports

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 1
"""How long a client is asked to wait when something behind the service is out."""

_NONE: Final[Mapping[str, Any]] = MappingProxyType({})
_NODE_ID: Final = re.compile(r"[0-9a-f]{24}")


class Kind(NamedTuple):
    """One kind of problem: the status that it is answered with and what it means in general."""

    status: int
    title: str


KINDS: Final[Mapping[str, Kind]] = {
    "request-invalid": Kind(400, "The request is not of the documented form."),
    "unauthenticated": Kind(401, "The request needs a valid token."),
    "forbidden": Kind(403, "The caller may not do this."),
    "not-found": Kind(404, "There is nothing here."),
    "method-not-allowed": Kind(405, "This resource does not know the method."),
    "body-too-large": Kind(413, "The body is larger than 8 MiB."),
    "media-type-unsupported": Kind(415, "The body has to be JSON."),
    "rate-limited": Kind(429, "The site asks for more than its share; try again later."),
    "internal": Kind(500, "The service failed to answer."),
    "unavailable": Kind(503, "Something that the service depends on is out; try again soon."),
    "read-only": Kind(503, "The service takes no changes for the moment; reading goes on."),
    "reload": Kind(410, "The service has moved on; load the panorama anew."),
    domain.NotInstalled.code: Kind(403, "The app is not installed on this site."),
    domain.PanoramaMissing.code: Kind(404, "There is no such panorama for the caller."),
    domain.AccessRefused.code: Kind(403, "The caller may see this panorama but not do this to it."),
    domain.PanoramaArchived.code: Kind(409, "The panorama is archived and takes no change."),
    domain.NodeMissing.code: Kind(422, "An action names a node that is not in the panorama."),
    domain.ActionRefused.code: Kind(422, "An action contradicts what the panorama is."),
    domain.LimitExceeded.code: Kind(422, "A limit of the service would be exceeded."),
    domain.TextRefused.code: Kind(422, "A text is empty or holds characters that text may not hold."),
    domain.VersionMoved.code: Kind(409, "The panorama has changed since the version that the request names."),
    domain.VersionMissing.code: Kind(404, "The panorama has no such version."),
    domain.PastOutOfReach.code: Kind(404, "Neither history nor the backups lead to that moment."),
    domain.PastUnderWay.code: Kind(
        503, "The past is being gathered from backups; repeat the request with the same idempotency key."
    ),
    domain.NothingToUndo.code: Kind(409, "The caller has no change that this could be done to."),
    domain.BuiltUpon.code: Kind(409, "Somebody has built on the change."),
    domain.KeyReused.code: Kind(422, "The idempotency key came with another request before."),
    domain.TooContended.code: Kind(503, "Others changed the panorama each time; try again."),
    domain.ImportRefused.code: Kind(422, "The import is broken; nothing of it was kept."),
    domain.ApprovalRefused.code: Kind(403, "The request cannot be approved so."),
    domain.RetentionRefused.code: Kind(409, "What the site has left behind is not to be treated so."),
}
"""Every problem there is, by the code that ends its `type`."""

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
}
_FAULTS: Final = (ports.Corrupt, ports.InvalidArgument, ports.Unsupported, ports.AlreadyExists)
"""Port errors that no waiting cures."""

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


def domain_details(error: domain.DomainError) -> dict[str, Any]:
    """Return what a domain error carries: numbers, ids and fixed phrases only."""
    names = ("what", "limit", "reason", "defects", "windows")
    details = {name: getattr(error, name) for name in names if hasattr(error, name)}
    node = getattr(error, "node", None)
    if isinstance(node, int) or (isinstance(node, str) and _NODE_ID.fullmatch(node)):
        details["node"] = node
    return details


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
    answer = _answer(request, _code_of(error))
    request.scope["state"]["reason"] = f"port-{error.code}"
    request.scope["state"]["where"] = place_of(error.__traceback__)
    return answer


def _code_of(error: ports.PortError) -> str:
    if isinstance(error, ports.ReadOnly):
        return "read-only"
    return "internal" if isinstance(error, _FAULTS) else "unavailable"


def _framework_problem(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    headers = {name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"}
    code = _BY_STATUS.get(error.status_code, "internal")
    if isinstance(error, ValidationException):
        return _answer(request, code, details={"at": _parameters(request, error)})
    return _answer(request, code, headers=headers)


def _parameters(request: AnyRequest, error: ValidationException) -> list[str]:
    """Return the names of the parameters that are not as documented; their values stay unsaid."""
    known = request.route_handler.parsed_fn_signature.parameters
    defects = error.extra if isinstance(error.extra, list) else []
    names = {defect["key"] for defect in defects if isinstance(defect, dict) and "key" in defect}
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
