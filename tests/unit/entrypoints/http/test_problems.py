"""Problems, apart from the requests that meet them."""

from collections.abc import Iterator

import msgspec
import pytest

from domain import errors as domain
from domain.errors import ActionRefused, DomainError, ImportRefused, LimitExceeded, NodeMissing
from entrypoints.http.problems import ProblemError, event_problem, problem_document, problem_type
from entrypoints.problem_kinds import KINDS, domain_details
from ports.errors import Unavailable


def subclasses(family: type[DomainError]) -> Iterator[type[DomainError]]:
    """Yield every class below a family."""
    for child in family.__subclasses__():
        yield child
        yield from subclasses(child)


def test_every_refusal_of_the_domain_is_a_problem() -> None:
    """A new domain error cannot be forgotten here, and none is answered as the service's own fault."""
    for error in subclasses(DomainError):
        assert KINDS[error.code].status in {403, 404, 409, 422, 503}


def test_a_problem_has_the_members_of_its_kind() -> None:
    """Type, title and status come from the kind, anything else is added."""
    assert problem_document("rate-limited", 429, {"more": 1}) == {
        "type": "/schema#rate-limited",
        "title": KINDS["rate-limited"].title,
        "status": 429,
        "more": 1,
    }
    assert problem_type("reload") == "/schema#reload"


@pytest.mark.parametrize(
    ("error", "details"),
    [
        (LimitExceeded("nodes", 7), {"what": "nodes", "limit": 7}),
        (NodeMissing(-3), {"node": -3}),
        (NodeMissing("a" * 24), {"node": "a" * 24}),
        (NodeMissing("anybody's text"), {}),
        (NodeMissing("A" * 24), {}),
        (ActionRefused("would close a circle", "b" * 24), {"reason": "would close a circle", "node": "b" * 24}),
        (ImportRefused(("line 1",)), {"defects": ("line 1",)}),
        (domain.NotInstalled(), {}),
    ],
)
def test_an_error_tells_numbers_ids_and_phrases(error: DomainError, details: dict[str, object]) -> None:
    """What a client called a node is told back only where it is an id or a number."""
    assert domain_details(error) == details


def test_an_event_carries_the_problem_that_ended_the_stream() -> None:
    """After the answer has begun, a problem can only be told as an event."""
    assert event_problem(Unavailable())["status"] == 503
    assert event_problem(domain.PanoramaMissing("a" * 24))["type"] == "/schema#panorama-missing"
    assert msgspec.json.encode(event_problem(LimitExceeded("nodes", 7)))


def test_a_status_can_be_told_from_the_kind() -> None:
    """The kind's status counts unless another one is named."""
    assert ProblemError("reload").status == 410
    assert ProblemError("reload", status=409).status == 409
