"""What a command says of a failure instead of a traceback."""

from typing import Any, Final

import msgspec

from application.faults import fault_of
from application.restore.refusals import RestoreRefused
from domain import errors as domain
from entrypoints.cli.exits import Exit, Refusal, Silent
from entrypoints.configuration_problems import ConfigurationError
from entrypoints.problem_kinds import KINDS, domain_details
from ports import errors as ports

_OUT: Final = (ports.Unavailable, ports.DeadlineExceeded, ports.PermissionDenied, ports.ReadOnly, ports.Corrupt)

OUT_CODES: Final = frozenset(kind.code for kind in _OUT)
"""The codes of the ports' errors that end a command with UNAVAILABLE."""


class Failure(msgspec.Struct, frozen=True):
    """What a command says of its failure."""

    code: Exit
    kind: str
    """A stable word."""

    problems: tuple[str, ...]
    """Each line names one cause. No secret and no text of a customer is in them."""

    remedy: str


def failure(error: BaseException) -> Failure:
    """Return what to say of an error."""
    match error:
        case ConfigurationError():
            remedy = "correct them, then try `panorama config check`"
            return Failure(Exit.CONFIGURATION, "configuration", tuple(map(str, error.problems)), remedy)
        case Refusal() | RestoreRefused():
            code = error.code if isinstance(error, Refusal) else Exit.REFUSED
            return Failure(code, "refused", (error.problem,), error.remedy)
        case domain.DomainError():
            return Failure(Exit.REFUSED, error.code, _told(error), "correct what was asked for and try again")
        case ports.PortError() | Silent():
            return _outside(error)
        case KeyboardInterrupt():
            remedy = "repeat the command: what was done is kept"
            return Failure(Exit.INTERRUPTED, "interrupted", ("interrupted before it was done",), remedy)
        case _:
            problem = f"the program has a fault: {fault_of(error)}"
            return Failure(Exit.REFUSED, "fault", (problem,), "report it with this line")


def _told(error: domain.DomainError) -> tuple[str, ...]:
    details: dict[str, Any] = domain_details(error)
    defects = details.pop("defects", ())
    about = ", ".join(f"{name} {value}" for name, value in details.items())
    return (KINDS[error.code].title + (f" ({about})" if about else ""), *defects)


def _outside(error: ports.PortError | Silent) -> Failure:
    if isinstance(error, Silent):
        said = tuple(f"{name}: {_words(failure)}" for name, failure in error.failures.items())
        remedy = "`panorama preflight` tries each part, and names the permission that is missing"
        return Failure(max(map(_code, error.failures.values())), "silent", said, remedy)
    remedy = "`panorama config check --connect` tells which part it is"
    return Failure(_code(error), error.code, (_words(error),), remedy)


def _code(error: ports.PortError) -> Exit:
    return Exit.UNAVAILABLE if isinstance(error, _OUT) else Exit.REFUSED


def _words(error: ports.PortError) -> str:
    """Tell the port's own words: adapters put no secret and no customer's text into them."""
    doc = (type(error).__doc__ or "").partition("\n")[0]
    said = [*getattr(error, "__notes__", ()), str(error)]
    return f"{doc} ({': '.join(filter(None, said))})" if any(said) else doc
