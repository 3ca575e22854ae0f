"""What surrounds every request: headers, log lines, counters."""

import httpx
import pytest

from entrypoints.http.logs import FIELDS
from entrypoints.sandbox.jira import ConnectSite
from tests.e2e.service import COUNTERS, Service
from tests.e2e.wishes import add_note, batch

CANARY = "canary-4f1c"


@pytest.mark.parametrize(
    "path", ["/api/panoramas", "/nothing", "/healthz", "/readyz", "/metrics", "/schema", "/api/panoramas/x"]
)
async def test_every_answer_carries_the_guarding_headers(ann: httpx.AsyncClient, path: str) -> None:
    """Whatever the answer, it is told how to be handled."""
    headers = (await ann.get(path)).headers
    assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "server" not in headers


async def test_an_outline_may_be_kept_by_its_reader_alone(ann: httpx.AsyncClient, panorama: str) -> None:
    """A private cache may hold it, and has to ask each time whether it is still the newest."""
    headers = (await ann.get(f"/api/panoramas/{panorama}")).headers
    assert headers.get_list("cache-control") == ["private, no-cache"]


async def test_a_request_is_logged_by_its_template(
    service: Service, site: ConnectSite, ann: httpx.AsyncClient, panorama: str
) -> None:
    """The line says what was asked for in general and how it went, and nothing that the caller sent."""
    await ann.get(f"/api/panoramas/{panorama}/changes?limit=7")
    line = service.lines[-1]
    assert {name: line[name] for name in ("event", "method", "route", "status")} == {
        "event": "request",
        "method": "GET",
        "route": "/api/panoramas/{panorama}/changes",
        "status": 200,
    }
    view = await service.services.tenants.by_alias(f"jira:{site.client_key}")
    assert view is not None
    assert line["tenant"] == view.tenant.id
    assert set(line) <= FIELDS


async def test_a_refusal_is_logged_with_its_reason(service: Service, site: ConnectSite) -> None:
    """Callers see one neutral answer; the log tells why."""
    async with service.client(site) as client:
        client.headers["Authorization"] = "JWT a.b"
        assert (await client.get("/api/panoramas")).status_code == 401
        assert service.lines[-1]["reason"] == "token-malformed"
        assert (await client.get("/api/panoramas", headers={"Authorization": "Basic x"})).status_code == 401
        assert service.lines[-1]["reason"] == "token-scheme"


async def test_nothing_of_a_customer_is_logged_or_counted(
    service: Service, site: ConnectSite, ann: httpx.AsyncClient, panorama: str
) -> None:
    """Names, titles, tokens, account ids, query strings and strange paths and methods stay out of logs and labels."""
    async with service.client(site, f"account-{CANARY}") as client:
        await client.post("/api/panoramas", json={"name": CANARY}, headers={"Idempotency-Key": CANARY})
        await client.post(f"/api/panoramas/{panorama}/changes", json=batch(add_note(CANARY)))
        await client.get(f"/api/panoramas/{CANARY}?{CANARY}={CANARY}")
        await client.get(f"/{CANARY}")
        await client.request(CANARY.upper(), "/api/panoramas")
        counters = (await client.get(COUNTERS)).text
        token = client.headers["Authorization"].partition(" ")[2]
    logged = service.logged.getvalue().decode()
    for text in (CANARY, CANARY.upper(), token, site.client_key, site.shared_secret):
        assert text not in logged
        assert text not in counters


async def test_requests_are_counted_by_template(service: Service, ann: httpx.AsyncClient, panorama: str) -> None:
    """Two panoramas are one route; a path that fits none is counted under one name."""
    other = (await ann.post("/api/panoramas", json={"name": "Other"})).json()["id"]
    for path in (panorama, other):
        await ann.get(f"/api/panoramas/{path}")
    await ann.get("/nothing")
    await ann.get("/nowhere")
    counters = (await ann.get(COUNTERS)).text
    assert 'panorama_requests_total{method="GET",route="/api/panoramas/{panorama}",status="200"} 2.0' in counters
    assert 'panorama_requests_total{method="GET",route="(none)",status="404"} 2.0' in counters
    assert "panorama_request_seconds_bucket" in counters


async def test_probes_are_logged_only_when_they_fail(service: Service, ann: httpx.AsyncClient) -> None:
    """What machines ask every few seconds would drown everything else."""
    for path in ("/healthz", "/readyz", COUNTERS):
        assert (await ann.get(path)).status_code == 200
    assert all(line["route"] not in {"/healthz", "/readyz", "/metrics"} for line in service.lines)
