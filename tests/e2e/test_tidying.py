"""What users see of panoramas, nodes and history that are gone for good after a while."""

import json
from typing import Any

import httpx
import pytest

from application.maintenance.jobs import Report, Turn
from application.panoramas.settings import Settings
from application.panoramas.tidying import TidyingPanoramas
from entrypoints.sandbox.jira import ConnectSite
from tests.e2e.service import Service
from tests.e2e.wishes import add_issue, add_note, batch

pytestmark = pytest.mark.clouds

ARCHIVE = batch({"action": "archive"})
BRING_BACK = batch({"action": "archive", "archived": False})
NOBODY = "0" * 24


async def later(service: Service, days: int) -> Report:
    """Live through so many days with the job at work; return what it did on the last of them."""
    house = service.house
    job = TidyingPanoramas(house.records, service.services.tenants, house.panoramas, Settings())
    report = Report()
    for _ in range(days):
        house.time.go_on(hours=24)
        report = await job.run(Turn(house.time.monotonic, 300))
        assert report.findings == ()
    return report


async def asked(
    service: Service, site: ConnectSite, method: str, path: str, body: Any = None, **headers: str
) -> httpx.Response:
    """Ask on Ann's behalf, with a token of today."""
    async with service.client(site, "ann") as ann:
        return await ann.request(method, path, json=body, headers={k.replace("_", "-"): v for k, v in headers.items()})


async def begun(service: Service, site: ConnectSite) -> str:
    """Return the path of a new panorama of Ann's."""
    answer = await asked(service, site, "POST", "/api/panoramas", {"name": "Roadmap"})
    return f"/api/panoramas/{answer.json()['id']}"


async def test_an_archived_panorama_is_gone_after_thirty_days(service: Service, site: ConnectSite) -> None:
    """Until then it is listed and comes back as it was; then there is no such panorama, by no way and in no list."""
    path = await begun(service, site)
    await asked(service, site, "POST", f"{path}/changes", batch(add_issue(7)))
    await asked(service, site, "POST", f"{path}/changes", ARCHIVE)
    await later(service, 29)
    assert [entry["archived"] for entry in (await listed(service, site))] == [True]
    assert (await asked(service, site, "POST", f"{path}/changes", BRING_BACK)).is_success
    assert [row[3] for row in (await asked(service, site, "GET", path)).json()["nodes"]] == [7]
    await asked(service, site, "POST", f"{path}/changes", ARCHIVE)
    report = await later(service, 30)
    assert report.done == {"panoramas discarded": 1, "discarded panoramas cleared": 1}
    for method, way, body in (
        ("GET", "", None),
        ("GET", "?at=1", None),
        ("GET", "/changes", None),
        ("GET", "/events?after=1", None),
        ("GET", "/export", None),
        ("POST", "/changes", BRING_BACK),
        ("POST", "/undo", None),
        ("POST", "/copies", {"at": 1, "name": "Then"}),
    ):
        answer = await asked(service, site, method, f"{path}{way}", body)
        assert (answer.status_code, answer.json()["type"]) == (404, "/schema#panorama-missing"), way
    assert await listed(service, site) == []
    assert (await asked(service, site, "GET", "/api/issues/7/panoramas")).json()["panoramas"] == []


async def listed(service: Service, site: ConnectSite) -> list[dict[str, Any]]:
    """Return the lines of Ann's list."""
    lines: list[dict[str, Any]] = (await asked(service, site, "GET", "/api/panoramas")).json()["panoramas"]
    return lines


async def test_a_removed_node_is_gone_after_thirty_days(service: Service, site: ConnectSite) -> None:
    """Until then it can be restored with all below it; then the history says that the service has forgotten it."""
    path = await begun(service, site)
    made = await asked(service, site, "POST", f"{path}/changes", batch(add_issue(7, -1), add_note("below", -1)))
    node, below = (fact["node"] for fact in made.json()["facts"])
    restore = batch({"action": "restore", "node": node})
    await asked(service, site, "POST", f"{path}/changes", batch({"action": "remove", "node": node}))
    await later(service, 29)
    assert (await asked(service, site, "POST", f"{path}/changes", restore)).is_success
    await asked(service, site, "POST", f"{path}/changes", batch({"action": "remove", "node": node}))
    await later(service, 30)
    answer = await asked(service, site, "POST", f"{path}/changes", restore)
    assert (answer.status_code, answer.json()["type"], answer.json()["node"]) == (422, "/schema#node-missing", node)
    (newest,) = (await asked(service, site, "GET", f"{path}/changes?order=newest&limit=1")).json()["changes"]
    assert newest["author"] == NOBODY
    assert newest["facts"] == [{"fact": "forgotten", "node": node, "below": [below]}]
    users = (await asked(service, site, "GET", f"/api/users?ids={NOBODY}")).json()["users"]
    assert users == [{"account": None, "id": NOBODY}]
    undone = await asked(service, site, "POST", f"{path}/undo")
    assert (undone.status_code, undone.json()["reason"]) == (409, "gone")


async def test_history_is_gone_after_ninety_days(service: Service, site: ConnectSite) -> None:
    """What follows an old version is missing, whoever asks for it how; the panorama and what is newer are there."""
    path = await begun(service, site)
    for number in range(1, 4):
        await asked(service, site, "POST", f"{path}/changes", batch(add_issue(number)))
    await later(service, 89)
    assert len((await asked(service, site, "GET", f"{path}/changes")).json()["changes"]) == 4
    await asked(service, site, "POST", f"{path}/changes", batch(add_issue(9)))
    assert (await later(service, 1)).done == {"changes folded": 4}
    assert [row[3] for row in (await asked(service, site, "GET", path)).json()["nodes"]] == [9, 3, 2, 1]
    history = (await asked(service, site, "GET", f"{path}/changes")).json()["changes"]
    assert [change["version"] for change in history] == ["1.5"]
    assert (await asked(service, site, "GET", f"{path}/changes?after=1.4")).json()["changes"] == history
    for way in ("/changes?after=1.1", "?at=1.2", "?at=2025-12-31T00:00:00Z"):
        answer = await asked(service, site, "GET", f"{path}{way}")
        assert (answer.status_code, answer.json()["type"]) == (404, "/schema#version-missing"), way
    events = (await asked(service, site, "GET", f"{path}/events?after=1.1")).text
    problem = json.loads(events.rpartition("data: ")[2])
    assert ("event: problem" in events, problem["type"]) == (True, "/schema#version-missing")
    strict = await asked(service, site, "POST", f"{path}/changes", batch(add_issue(5)), If_Match='"1.2"')
    assert (strict.status_code, strict.json()["newest"], strict.json()["changes"]) == (409, "1.5", [])
