"""List, begin, show and copy panoramas over HTTP."""

import gzip

import httpx
import pytest

from entrypoints.sandbox.jira import ConnectSite
from tests.e2e.service import Service
from tests.e2e.wishes import add_issue, add_note, batch

pytestmark = pytest.mark.clouds


async def test_a_new_panorama_is_empty_and_found_at_its_location(ann: httpx.AsyncClient) -> None:
    """Beginning a panorama answers its id and where it is; there it is shown without nodes."""
    begun = await ann.post("/api/panoramas", json={"name": "Roadmap"})
    assert begun.status_code == 201
    assert begun.json()["version"] == "1.1"
    shown = await ann.get(begun.headers["location"])
    assert shown.status_code == 200
    assert shown.json() == {
        **begun.json(),
        "name": "Roadmap",
        "root": shown.json()["root"],
        "archived": False,
        "nodes": [],
    }


async def test_the_outline_is_one_flat_list_depth_first(ann: httpx.AsyncClient, panorama: str) -> None:
    """Each row is a node's id, depth, type, issue id or title, and flags; children follow their parent."""
    changed = await ann.post(
        f"/api/panoramas/{panorama}/changes", json=batch(add_note("last"), add_issue(7, -1), add_note("below", -1))
    )
    rows = (await ann.get(f"/api/panoramas/{panorama}")).json()["nodes"]
    made = changed.json()["made"]["-1"]
    assert [row[1:4] for row in rows] == [[1, "ISSUE", 7], [2, "NOTE", "below"], [1, "NOTE", "last"]]
    assert rows[0][0] == made


async def test_a_list_is_paged_by_the_last_id(ann: httpx.AsyncClient) -> None:
    """Following `next` shows each panorama once, in order, and ends with null."""
    ids = [(await ann.post("/api/panoramas", json={"name": f"P{number}"})).json()["id"] for number in range(5)]
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = (await ann.get("/api/panoramas", params={"limit": 2, "after": after})).json()
        seen += [entry["id"] for entry in page["panoramas"]]
        after = page["next"]
    assert seen == sorted(ids)


async def test_the_list_tells_what_the_caller_may_do(
    ann: httpx.AsyncClient, ben: httpx.AsyncClient, panorama: str
) -> None:
    """Somebody else's panorama without editors is listed and not editable; without viewers it is not listed."""
    access = {"action": "set-access", "access": {"viewers": None, "editors": []}}
    await ann.post(f"/api/panoramas/{panorama}/changes", json=batch(access))
    assert [entry["editable"] for entry in (await ben.get("/api/panoramas")).json()["panoramas"]] == [False]
    assert [entry["editable"] for entry in (await ann.get("/api/panoramas")).json()["panoramas"]] == [True]
    access["access"] = {"viewers": [], "editors": []}
    await ann.post(f"/api/panoramas/{panorama}/changes", json=batch(access))
    assert (await ben.get("/api/panoramas")).json()["panoramas"] == []
    assert (await ben.get(f"/api/panoramas/{panorama}")).status_code == 404


async def test_a_known_version_is_not_sent_again(ann: httpx.AsyncClient, panorama: str) -> None:
    """With the ETag in If-None-Match the answer is 304 without a body, until something changes."""
    first = await ann.get(f"/api/panoramas/{panorama}")
    assert first.headers["etag"] == '"1.1-gzip"'
    for lines, tag in (
        (['"other", W/"1.1"'], '"1.1"'),
        (['"other"', '"1.1-gzip"'], '"1.1-gzip"'),
        (['"1.0"', 'W/"1.1-gzip" ,'], '"1.1-gzip"'),
        (["*"], '"1.1-gzip"'),
    ):
        headers = [("If-None-Match", line) for line in lines]
        again = await ann.get(f"/api/panoramas/{panorama}", headers=headers)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert "content-length" not in again.headers
    await ann.post(f"/api/panoramas/{panorama}/changes", json=batch(add_issue(1)))
    newer = await ann.get(f"/api/panoramas/{panorama}", headers={"If-None-Match": '"1.1"'})
    assert (newer.status_code, newer.headers["etag"]) == (200, '"1.2-gzip"')


async def test_a_version_of_another_epoch_is_sent_anew(ann: httpx.AsyncClient, panorama: str) -> None:
    """An ETag of a passed epoch never stands for the present version."""
    answer = await ann.get(f"/api/panoramas/{panorama}", headers={"If-None-Match": '"0.1"'})
    assert answer.status_code == 200


async def test_the_outline_is_packed_for_who_accepts_it(ann: httpx.AsyncClient, panorama: str) -> None:
    """The same bytes come with and without gzip, and caches are told that it depends on Accept-Encoding."""
    plain = await ann.get(f"/api/panoramas/{panorama}", headers={"Accept-Encoding": "identity, gzip;q=0"})
    assert "content-encoding" not in plain.headers
    assert plain.headers["etag"] == '"1.1"'
    async with ann.stream("GET", f"/api/panoramas/{panorama}", headers={"Accept-Encoding": "br, gzip"}) as packed:
        body = b"".join([part async for part in packed.aiter_raw()])
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["etag"] == '"1.1-gzip"'
    assert packed.headers["vary"] == "accept-encoding"
    assert packed.headers["content-length"] == str(len(body))
    assert gzip.decompress(body) == plain.content


async def test_the_past_is_shown_by_version_and_by_time(
    service: Service, site: ConnectSite, ann: httpx.AsyncClient, panorama: str
) -> None:
    """A version with or without its epoch, or a moment, shows what there was."""
    before = service.house.time.clock()
    service.house.time.go_on(seconds=60)
    await ann.post(f"/api/panoramas/{panorama}/changes", json=batch(add_issue(1)))
    for moment in ("1", "1.1", before.isoformat(), before.strftime("%Y-%m-%dT%H:%M:%SZ")):
        past = await ann.get(f"/api/panoramas/{panorama}", params={"at": moment})
        assert (past.status_code, past.json()["version"], past.json()["nodes"]) == (200, "1.1", [])
        assert past.headers["etag"] == '"1.1-gzip"'


async def test_a_past_that_is_not_there_is_missing(ann: httpx.AsyncClient, panorama: str) -> None:
    """A version that is not there yet, or a moment before the beginning, is answered with 404."""
    for moment in ("2", "0", "2001-01-01T00:00:00Z"):
        past = await ann.get(f"/api/panoramas/{panorama}", params={"at": moment})
        assert (past.status_code, past.json()["type"]) == (404, "/schema#version-missing")


async def test_a_passed_epoch_asks_to_reload(ann: httpx.AsyncClient, panorama: str) -> None:
    """A version of another epoch may never have been, so the client has to load anew."""
    past = await ann.get(f"/api/panoramas/{panorama}", params={"at": "0.1"})
    assert (past.status_code, past.json()["type"]) == (410, "/schema#reload")


async def test_what_is_no_moment_is_refused(ann: httpx.AsyncClient, panorama: str) -> None:
    """A time without offset, or something else altogether, is answered with 400."""
    for moment in ("2026-01-01T00:00:00", "yesterday", "1.2.3", ""):
        past = await ann.get(f"/api/panoramas/{panorama}", params={"at": moment})
        assert (past.status_code, past.json()["at"]) == (400, ["at"])


async def test_the_past_becomes_a_panorama_of_its_own(ann: httpx.AsyncClient, panorama: str) -> None:
    """A copy holds the nodes of the version asked for, and does not follow the original."""
    await ann.post(f"/api/panoramas/{panorama}/changes", json=batch(add_issue(1)))
    await ann.post(f"/api/panoramas/{panorama}/changes", json=batch(add_issue(2)))
    for moment in (2, "1.2"):
        copied = await ann.post(f"/api/panoramas/{panorama}/copies", json={"at": moment, "name": "Then"})
        assert copied.status_code == 201
        shown = (await ann.get(copied.headers["location"])).json()
        assert (shown["name"], [row[3] for row in shown["nodes"]]) == ("Then", [1])


async def test_a_repeated_beginning_is_answered_with_the_first(ann: httpx.AsyncClient) -> None:
    """The same idempotency key begins one panorama; with another name it is refused."""
    key = {"Idempotency-Key": "begin-1"}
    first = await ann.post("/api/panoramas", json={"name": "Once"}, headers=key)
    again = await ann.post("/api/panoramas", json={"name": "Once"}, headers=key)
    assert (first.json(), again.status_code) == (again.json(), 201)
    other = await ann.post("/api/panoramas", json={"name": "Twice"}, headers=key)
    assert (other.status_code, other.json()["type"]) == (422, "/schema#key-reused")
    assert len((await ann.get("/api/panoramas")).json()["panoramas"]) == 1


async def test_another_site_does_not_know_of_it(service: Service, panorama: str) -> None:
    """A panorama of one tenant is missing for every other tenant, on every route."""
    async with service.client(await service.install(), "ann") as stranger:
        for path in ("", "/changes", "/export", "/events?after=0"):
            answer = await stranger.get(f"/api/panoramas/{panorama}{path}")
            assert (answer.status_code, answer.json()["type"]) == (404, "/schema#panorama-missing")
        for path in ("/undo", "/redo"):
            assert (await stranger.post(f"/api/panoramas/{panorama}{path}")).status_code == 404
