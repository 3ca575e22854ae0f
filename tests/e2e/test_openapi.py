"""The description of the API, held against the API: whatever is sent, only documented answers come back."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from domain.ids import SYSTEM
from entrypoints.http.settings import HttpSettings
from entrypoints.problem_kinds import KINDS
from entrypoints.sandbox.keys import SandboxKeys
from tests.e2e.service import Service
from tests.e2e.wishes import add_issue, add_note, batch
from tests.fakes.house import House
from tests.rounds import rounds
from tests.shared_material import shared

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
OPERATIONS: Final = {
    "GET /api/panoramas",
    "POST /api/panoramas",
    "GET /api/panoramas/{panorama}",
    "GET /api/panoramas/{panorama}/changes",
    "POST /api/panoramas/{panorama}/changes",
    "POST /api/panoramas/{panorama}/undo",
    "POST /api/panoramas/{panorama}/redo",
    "GET /api/panoramas/{panorama}/events",
    "POST /api/panoramas/{panorama}/copies",
    "GET /api/panoramas/{panorama}/export",
    "POST /api/panoramas/imports",
    "GET /api/issues/{issue}/panoramas",
    "POST /api/users",
    "GET /api/users",
}
NO_STREAM: Final = HttpSettings(stream_seconds=0, requests_per_second=1e6, burst=1_000_000)
"""Streams end at once, and nobody asks too often."""


class Described:
    """A running service, its description, and a panorama that its requests may be about."""

    def __init__(self, keys: SandboxKeys) -> None:
        self._runner = asyncio.Runner()
        self._runner.run(self._start(keys))

    async def _start(self, keys: SandboxKeys) -> None:
        house = House()
        await house.vault.create(SYSTEM)
        self._service = Service(house, keys, NO_STREAM)
        self.client = self._service.client(await self._service.install())
        self.panorama = (await self.client.post("/api/panoramas", json={"name": "P"})).json()["id"]
        await self.client.post(
            f"/api/panoramas/{self.panorama}/changes", json=batch(add_issue(7, -1), add_note("n", -1))
        )
        self.document: dict[str, Any] = (await self.client.get("/schema/openapi.json")).json()

    def send(self, **request: Any) -> httpx.Response:
        """Send one request on Ann's behalf."""
        return self._runner.run(self.client.request(**request))

    def close(self) -> None:
        """Stop the service."""
        self._runner.run(self.client.aclose())
        self._runner.run(self._service.close())
        self._runner.close()


@pytest.fixture(scope="module")
def described(keys: SandboxKeys) -> Iterator[Described]:
    """Return a service that all tests of this file share."""
    described = Described(keys)
    yield described
    described.close()


def test_every_route_is_described(described: Described) -> None:
    """The description names each operation of the API, and nothing else."""
    paths = described.document["paths"]
    assert {f"{method.upper()} {path}" for path, item in paths.items() for method in item} == OPERATIONS


def test_every_reference_leads_somewhere(described: Described) -> None:
    """No schema refers to one that is not there."""
    schemas = described.document["components"]["schemas"]

    def references(part: object) -> Iterator[str]:
        if isinstance(part, dict):
            yield from ([part["$ref"]] if isinstance(part.get("$ref"), str) else [])
            for member in part.values():
                yield from references(member)
        elif isinstance(part, list):
            for member in part:
                yield from references(member)

    assert {reference.removeprefix("#/components/schemas/") for reference in references(described.document)} <= set(
        schemas
    )


def test_every_refusal_is_described(described: Described) -> None:
    """Each operation lists the statuses that any operation may have, and those with a body its own."""
    for item in described.document["paths"].values():
        for operation in item.values():
            expected = {"400", "401", "403", "404", "429", "503"}
            if "requestBody" in operation:
                expected |= {"413", "415", "422"}
            assert expected <= set(operation["responses"])


def test_both_kinds_of_token_are_described(described: Described) -> None:
    """A context token of Connect or an invocation token of Forge is asked for."""
    schemes = described.document["components"]["securitySchemes"]
    assert described.document["security"] == [{name: []} for name in schemes]
    assert {scheme["type"] for scheme in schemes.values()} == {"apiKey", "http"}


def test_the_page_needs_nothing_from_elsewhere(described: Described) -> None:
    """The page lists operations and problems, each problem where its type leads, without script or style."""
    page = described.send(method="GET", url="/schema")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert all(f'id="{code}"' in page.text for code in KINDS)
    assert all(path in page.text for path in described.document["paths"])
    for forbidden in ("<script", "<style", "style=", "http://", "https://", "<img"):
        assert forbidden not in page.text


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_only_described_answers_come_back(described: Described, label: str, mode: GenerationMode) -> None:
    """Requests as described and requests that are not: no 5xx, no status, type or body that is not described."""
    method, _, path = label.partition(" ")
    schema = schemathesis.openapi.from_dict(described.document)
    operation = schema[path][method]

    came: list[int] = []

    @settings(max_examples=rounds(15), suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
    def answered(case: schemathesis.Case[Any], known: bool) -> None:  # noqa: FBT001 - Hypothesis passes it by name
        if known and "panorama" in case.path_parameters:
            case.path_parameters["panorama"] = described.panorama
        request = case.as_transport_kwargs(base_url="https://panorama.example")
        request.pop("cookies", None)
        if "data" in request:
            request["content"] = request.pop("data")
        answer = described.send(**request)
        case.validate_response(answer, checks=CHECKS)
        came.append(answer.status_code)

    answered()
    assert came


GOOD: Final[Mapping[str, str]] = {
    "issue": "7",
    "after": "0",
    "limit": "5",
    "order": "newest",
    "at": "1",
    "format": "csv",
    "bom": "true",
    "for": "excel",
    "Idempotency-Key": "once",
    "If-Match": "*",
}
"""A right value of each parameter, by its name; ids of the panorama are put in for the others."""

ODD: Final[Mapping[str, Callable[[str], str]]] = {
    "a line break behind": lambda value: f"{value}\n",
    "a carriage return behind": lambda value: f"{value}\r\n",
    "a blank before": lambda value: f" {value}",
    "a blank behind": lambda value: f"{value} ",
    "a sign": lambda value: f"+{value}",
    "an underscore": lambda value: f"{value}_0",
    "full-width digits": lambda value: "\uff17" if value.isdigit() else f"{value}\uff17",
    "Arabic digits": lambda value: "\u0667" if value.isdigit() else f"{value}\u0667",
    "a fraction": lambda value: f"{value}.0",
    "an exponent": lambda value: f"{value}e1",
}
"""What is nearly right."""


def places(described: Described, where: str) -> list[tuple[str, str]]:
    """Return each operation and parameter that is given there."""
    return [
        (f"{method.upper()} {path}", parameter["name"])
        for path, item in described.document["paths"].items()
        for method, operation in item.items()
        for parameter in operation.get("parameters", ())
        if parameter["in"] == where
    ]


def right(described: Described, label: str, name: str) -> str:
    """Return a right value of a parameter of an operation."""
    is_id = name in {"panorama", "ids"} or (name == "after" and label == "GET /api/panoramas")
    return described.panorama if is_id else GOOD[name]


def sent(described: Described, label: str, values: Mapping[str, list[str]]) -> httpx.Response:
    """Send a request whose parameters are right but for those given; checked against the description."""
    method, _, path = label.partition(" ")
    operation = schemathesis.openapi.from_dict(described.document)[path][method]
    parameters = described.document["paths"][path][method.lower()].get("parameters", ())

    def chosen(name: str) -> list[str]:
        return values.get(name, [right(described, label, name)])

    names = {place: [each["name"] for each in parameters if each["in"] == place] for place in ("path", "query")}
    request: dict[str, Any] = {} if method == "GET" else {"json": None}
    url = path.format_map({name: quote(chosen(name)[0], safe="") for name in names["path"]})
    query = "&".join(f"{name}={quote(value, safe='')}" for name in names["query"] for value in chosen(name))
    response = described.send(method=method, url=f"{url}?{query}" if query else url, **request)
    case = operation.Case(path_parameters={name: chosen(name)[0] for name in names["path"]})
    case.validate_response(response, checks=CHECKS)
    return response


@pytest.mark.parametrize("odd", sorted(ODD))
def test_a_parameter_that_is_nearly_right_is_refused_by_its_name(described: Described, odd: str) -> None:
    """No value with a line break, a blank, a sign or the digits of another script passes for the right one."""
    for label, name in [*places(described, "path"), *places(described, "query")]:
        value = right(described, label, name)
        if odd == "a fraction" and name in {"after", "at"} and value != described.panorama:
            continue  # `1.0` is version 0 of epoch 1.
        answer = sent(described, label, {name: [ODD[odd](value)]})
        assert answer.status_code == 400, (label, name)
        assert name in answer.json()["at"], (label, name)


def test_a_line_break_behind_is_refused_wherever_it_was_taken(described: Described) -> None:
    """Each request that once failed, or made a second user, is answered 400."""
    requests = shared("cases/trailing-newline.txt").read_text(encoding="utf-8").splitlines()
    assert len(requests) >= 10
    for request in requests:
        method, url, *body = request.split(" ", 2)
        content = body[0] if body else "{}" if method == "POST" else ""
        answer = described.send(
            method=method, url=url, content=content, headers={"Content-Type": "application/json"} if content else {}
        )
        assert answer.status_code == 400, request


def test_a_parameter_that_is_given_twice_is_refused_by_its_name(described: Described) -> None:
    """Of two values neither is taken, though both be right; what a route does not know is ignored however often."""
    for label, name in places(described, "query"):
        value = right(described, label, name)
        answer = sent(described, label, {name: [value, value]})
        assert (answer.status_code, answer.json().get("at")) == (400, [name]), (label, name)
    unknown = described.send(method="GET", url="/api/panoramas?xdm_e=1&xdm_e=2&limit=5")
    assert unknown.status_code == 200
    twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    answer = described.send(method="POST", url="/api/panoramas", headers=twice, json={"name": "P"})
    assert (answer.status_code, answer.json()["at"]) == (400, ["Idempotency-Key"])


def test_patterns_are_published_as_other_languages_read_them(described: Described) -> None:
    r"""`\Z` is Python's own; JSON Schema has ECMAScript's `$`, which is the very end there."""
    published = str(described.document)
    assert "$'" in published
    assert "\\Z" not in published
