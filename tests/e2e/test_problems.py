"""Every way to be refused is told the same way, without a word that the caller sent."""

from collections.abc import AsyncIterator

import httpx
import pytest

from entrypoints.http.problems import problem_type
from entrypoints.http.settings import HttpSettings
from entrypoints.problem_kinds import KINDS
from entrypoints.sandbox.jira import ConnectSite
from entrypoints.sandbox.keys import SandboxKeys
from ports.edges import port_errors_only
from ports.errors import Corrupt, DeadlineExceeded, PortError, ReadOnly, Unavailable
from tests.e2e.service import Service, running
from tests.e2e.wishes import add_issue, add_note, batch
from tests.fakes.flaky import READS, WRITES, Fault, FlakyStorage, Harm
from tests.fakes.house import House

CANARY = "canary-4f1c"


def assert_problem(answer: httpx.Response, code: str) -> None:
    """An answer is the problem of this code, whole and in the right media type."""
    kind = KINDS[code]
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert (answer.status_code, document["status"]) == (kind.status, kind.status)
    assert (document["type"], document["title"]) == (problem_type(code), kind.title)
    assert CANARY not in answer.text


async def test_an_unknown_path_is_not_found(ann: httpx.AsyncClient) -> None:
    """Litestar's own 404 is a problem document too."""
    assert_problem(await ann.get(f"/{CANARY}"), "not-found")


async def test_an_unknown_method_is_told_the_known_ones(ann: httpx.AsyncClient) -> None:
    """Litestar's own 405 says which methods there are."""
    answer = await ann.put("/api/panoramas")
    assert_problem(answer, "method-not-allowed")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    answer = await ann.head("/api/panoramas/imports")
    assert (answer.status_code, answer.headers["allow"]) == (405, "OPTIONS, POST")


async def test_nobody_comes_in_without_a_token(service: Service, panorama: str) -> None:
    """Every route of the API asks for a token, and says of none what there is behind it."""
    async with service.client() as nobody:
        for method, path in (
            ("GET", "/api/panoramas"),
            ("POST", "/api/panoramas"),
            ("GET", f"/api/panoramas/{panorama}"),
            ("GET", f"/api/panoramas/{panorama}/changes"),
            ("POST", f"/api/panoramas/{panorama}/changes"),
            ("POST", f"/api/panoramas/{panorama}/undo"),
            ("POST", f"/api/panoramas/{panorama}/redo"),
            ("GET", f"/api/panoramas/{panorama}/events?after=0"),
            ("POST", f"/api/panoramas/{panorama}/copies"),
            ("GET", f"/api/panoramas/{panorama}/export"),
            ("POST", "/api/panoramas/imports"),
            ("GET", "/api/issues/1/panoramas"),
        ):
            answer = await nobody.request(method, path)
            assert_problem(answer, "unauthenticated")
            assert answer.headers["www-authenticate"] == "JWT, Bearer"


async def test_a_token_in_header_and_query_is_refused(
    service: Service, site: ConnectSite, ann: httpx.AsyncClient
) -> None:
    """Also for a token that was accepted before, and under an encoded name."""
    assert (await ann.get("/api/panoramas")).status_code == 200
    token = service.jira.context_token(site, "ann").partition(" ")[2]
    for name in ("jwt", "%6Awt", "j%77t"):
        assert_problem(await ann.get(f"/api/panoramas?{name}={token}"), "unauthenticated")


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", "$"),
        (b"{", "$"),
        (b"\xff", "$"),
        (b"[]", "$"),
        (b"{}", "$"),
        (b'{"actions":[{"action":"%b"}]}' % CANARY.encode(), "$.actions[0].action"),
        (b'{"actions":[],"%b":1}' % CANARY.encode(), "$"),
        (b'{"actions":[{"action":"rename","name":7}]}', "$.actions[0].name"),
        (b'{"actions":' + b"[" * 100_000, "$.actions[0]"),
        (b'{"actions":[{"action":"rename","name":"\\ud800"}]}', "$"),
    ],
)
async def test_a_body_that_is_not_as_documented_names_the_place(
    ann: httpx.AsyncClient, panorama: str, content: bytes, place: str
) -> None:
    """The place is told, and nothing of what stands there."""
    answer = await ann.post(
        f"/api/panoramas/{panorama}/changes", content=content, headers={"Content-Type": "application/json"}
    )
    assert_problem(answer, "request-invalid")
    assert answer.json()["at"] == [place]


async def test_a_parameter_is_named_as_the_client_knows_it(ann: httpx.AsyncClient, panorama: str) -> None:
    """Query, path and header parameters that are not as documented are listed by their outside names."""
    answer = await ann.get(f"/api/panoramas?limit=0&after={CANARY}")
    assert_problem(answer, "request-invalid")
    assert answer.json()["at"] == ["after", "limit"]
    answer = await ann.get(f"/api/panoramas/{CANARY}")
    assert_problem(answer, "request-invalid")
    assert answer.json()["at"] == ["panorama"]
    for path, name in ((f"/api/panoramas/{panorama}/events", "after"), ("/api/users", "ids")):
        answer = await ann.get(f"{path}?{CANARY}={CANARY}")
        assert_problem(answer, "request-invalid")
        assert answer.json()["at"] == [name]
    answer = await ann.post(f"/api/panoramas/{panorama}/undo", headers={"Idempotency-Key": ""})
    assert_problem(answer, "request-invalid")
    assert answer.json()["at"] == ["Idempotency-Key"]


async def test_only_json_is_taken(ann: httpx.AsyncClient, panorama: str) -> None:
    """A body of another media type, or of none, is refused."""
    for headers in ({"Content-Type": "text/plain"}, {}):
        answer = await ann.post(f"/api/panoramas/{panorama}/changes", content=b"{}", headers=headers)
        assert_problem(answer, "media-type-unsupported")
        assert (answer.headers["accept"], answer.json()["taken"]) == ("application/json", ["application/json"])
    answer = await ann.post("/api/panoramas/imports", content=b"{}", headers={"Content-Type": "text/csv"})
    assert_problem(answer, "media-type-unsupported")
    taken = ["application/json", "application/x-ndjson", "text/plain"]
    assert (answer.headers["accept"], answer.json()["taken"]) == (", ".join(taken), taken)


async def test_a_body_has_a_limit(ann: httpx.AsyncClient, panorama: str) -> None:
    """One byte more than 8 MiB is refused, announced or not."""
    large = b" " * (8 * 1024 * 1024 + 1)

    async def unannounced() -> AsyncIterator[bytes]:
        yield large

    for path in (f"/api/panoramas/{panorama}/changes", "/api/panoramas/imports"):
        for content in (large, unannounced()):
            answer = await ann.post(path, content=content, headers={"Content-Type": "application/json"})
            assert_problem(answer, "body-too-large")


async def test_a_node_is_named_only_if_it_is_an_id(ann: httpx.AsyncClient, panorama: str) -> None:
    """What a client calls a node may be any text; it is not told back."""
    for node, named in ((CANARY, False), (-7, True), ("a" * 24, True)):
        remove = {"action": "remove", "node": node}
        answer = await ann.post(f"/api/panoramas/{panorama}/changes", json=batch(remove))
        assert answer.status_code == 422
        assert CANARY not in answer.text
        assert ("node" in answer.json()) == named


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Unavailable, "unavailable"),
        (DeadlineExceeded, "unavailable"),
        (ReadOnly, "read-only"),
        (Corrupt, "internal"),
    ],
)
async def test_a_storage_that_is_out_asks_for_patience(
    ann: httpx.AsyncClient, storage: FlakyStorage, panorama: str, error: type[PortError], code: str
) -> None:
    """Reads and changes are answered with 503 and Retry-After; what no waiting cures with 500."""
    storage.plan = (Fault(1, Harm.LOST_REQUEST, READS | WRITES, times=1_000_000, error=error),)
    storage.steps.clear()
    for answer in (
        await ann.get(f"/api/panoramas/{panorama}"),
        await ann.post(f"/api/panoramas/{panorama}/changes", json=batch(add_issue(1))),
    ):
        assert_problem(answer, code)
        assert ("retry-after" in answer.headers) == (code != "internal")


async def test_an_unforeseen_fault_says_nothing(
    service: Service, ann: httpx.AsyncClient, panorama: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is a problem like any other; the log has the error's class and place, not its words."""

    async def broken(*_: object) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(service.house.panoramas, "visible", broken)
    assert_problem(await ann.get(f"/api/panoramas/{panorama}"), "internal")
    line = service.lines[-1]
    assert (line["reason"], line["fault"]) == ("fault", "RuntimeError")
    assert line["where"].startswith("test_problems.py:")
    assert CANARY not in service.logged.getvalue().decode()


@pytest.mark.parametrize("is_behind", [False, True])
async def test_what_nobody_expects_of_a_driver_is_an_outage_whose_place_is_logged(
    service: Service,
    ann: httpx.AsyncClient,
    panorama: str,
    monkeypatch: pytest.MonkeyPatch,
    is_behind: bool,  # noqa: FBT001 - pytest passes it by name
) -> None:
    """It may be a defect of an adapter: the log has its class and place, and not those of the edge; not its words."""

    async def broken(*_: object) -> None:
        try:
            with port_errors_only():
                raise KeyError(CANARY)
        except PortError as error:
            if is_behind:
                raise Unavailable from error
            raise

    monkeypatch.setattr(service.house.panoramas, "visible", broken)
    assert_problem(await ann.get(f"/api/panoramas/{panorama}"), "unavailable")
    line = service.lines[-1]
    assert (line["reason"], line["fault"]) == ("port-unavailable", "KeyError")
    assert line["where"].startswith("test_problems.py:")
    assert CANARY not in service.logged.getvalue().decode()


async def test_a_tenant_that_asks_too_much_has_to_wait(keys: SandboxKeys) -> None:
    """A tenant that used up its share gets 429 and the time to wait; another tenant does not notice."""
    settings = HttpSettings(requests_per_second=0.5, burst=3)
    async with running(House(), keys, settings) as service:
        hungry, modest = await service.install(), await service.install()
        async with service.client(hungry) as ann, service.client(hungry, "ben") as ben, service.client(modest) as eve:
            assert [(await ann.get("/api/panoramas")).status_code for _ in range(3)] == [200] * 3
            refused = await ben.get("/api/panoramas")
            assert_problem(refused, "rate-limited")
            assert refused.headers["retry-after"] == "2"
            assert (await eve.get("/api/panoramas")).status_code == 200
            service.house.time.go_on(seconds=2)
            assert (await ben.get("/api/panoramas")).status_code == 200


@pytest.mark.parametrize("title", ["", "x" * 256, "line\nbreak", "nul\0", "bell\a"])
async def test_a_title_that_is_none_is_refused(ann: httpx.AsyncClient, panorama: str, title: str) -> None:
    """Empty and overlong titles and control characters are the caller's mistake, told without the title."""
    answer = await ann.post(f"/api/panoramas/{panorama}/changes", json=batch(add_note(title)))
    assert answer.status_code == 422
    assert title not in answer.text or not title


@pytest.mark.parametrize("title", ["日本語", "שלום \u202eabc\u202c", "👩‍👩‍👧‍👦", "é" * 255, "\u00a0x", "𐐷"])
async def test_any_other_text_comes_back_as_it_was(ann: httpx.AsyncClient, panorama: str, title: str) -> None:
    """Other scripts, right-to-left text and characters beyond the basic plane are kept as they are."""
    answer = await ann.post(f"/api/panoramas/{panorama}/changes", json=batch(add_note(title)))
    assert answer.status_code == 200
    assert (await ann.get(f"/api/panoramas/{panorama}")).json()["nodes"][0][3] == title


HUGE = 10**30


@pytest.mark.parametrize(
    "action",
    [
        add_issue(HUGE),
        add_issue(1, -HUGE),
        add_issue(1, under=-HUGE),
        {"action": "move", "node": HUGE, "place": {}},
        {"action": "remove", "node": "\u202e" * 1000},
    ],
)
async def test_numbers_without_end_are_refused(
    ann: httpx.AsyncClient, panorama: str, action: dict[str, object]
) -> None:
    """JSON knows no largest number, storage does; what does not fit is the caller's mistake."""
    answer = await ann.post(f"/api/panoramas/{panorama}/changes", json=batch(action))
    assert answer.status_code == 422
    answer = await ann.post(f"/api/panoramas/{panorama}/copies", json={"at": HUGE, "name": "n"})
    assert answer.status_code == 404
