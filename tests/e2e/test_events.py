"""Changes as they come: streams over real connections, between two processes' worth of services on one SQLite file."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from adapters.sqlite import open_sqlite
from entrypoints.http.settings import HttpSettings
from entrypoints.sandbox.jira import ConnectSite
from entrypoints.sandbox.keys import SandboxKeys
from tests.e2e.service import Service, WallTime, running, serving
from tests.e2e.wishes import add_issue, batch
from tests.fakes.house import House
from tests.patience import patience

pytestmark = pytest.mark.clouds

PATIENCE = 5.0


class Event(NamedTuple):
    """One server-sent event."""

    id: str
    name: str
    data: dict[str, Any]


async def events_of(answer: httpx.Response) -> AsyncIterator[Event]:
    """Yield the events of a stream as they come."""
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if line and name:
            fields[name] = value
        elif "event" in fields:
            yield Event(fields.get("id", ""), fields["event"], json.loads(fields["data"]))
            fields = {}


@asynccontextmanager
async def two_processes(
    folder: Path, keys: SandboxKeys, settings: HttpSettings | None = None
) -> AsyncIterator[tuple[Service, Service]]:
    """Run two services that share nothing but two SQLite files."""
    houses = [
        House(
            await open_sqlite(folder / "storage.db"), await open_sqlite(folder / "vault.db"), time=WallTime(), seed=seed
        )
        for seed in ("one", "two")
    ]
    async with running(houses[0], keys, settings) as one, running(houses[1], keys, settings) as two:
        yield one, two
    for house in houses:
        await house.storage.close()
        await house.vault_storage.close()


@asynccontextmanager
async def listening(
    service: Service, site: ConnectSite, path: str, headers: dict[str, str] | None = None
) -> AsyncIterator[httpx.Response]:
    """Serve, and open a stream for Ben."""
    token = service.jira.context_token(site, "ben")
    async with (
        serving(service) as address,
        httpx.AsyncClient(base_url=address, headers={"Authorization": token}, timeout=patience(PATIENCE)) as client,
        client.stream("GET", path, headers=headers) as answer,
    ):
        yield answer


async def begun(service: Service, site: ConnectSite) -> str:
    """Return the id of a new panorama of Ann's."""
    async with service.client(site) as ann:
        return str((await ann.post("/api/panoramas", json={"name": "P"})).json()["id"])


async def test_a_change_in_one_process_is_told_by_another(tmp_path: Path, keys: SandboxKeys) -> None:
    """Ann edits through one service; Ben, connected to the other, is told within a second, with an id to resume by."""
    async with two_processes(tmp_path, keys) as (one, two):
        site = await one.install()
        panorama = await begun(one, site)
        async with listening(two, site, f"/api/panoramas/{panorama}/events?after=1") as answer, one.client(site) as ann:
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "text/event-stream"
            assert answer.headers["cache-control"] == "no-store, no-transform"
            events = events_of(answer)
            for version, issue in (("1.2", 7), ("1.3", 8)):
                made = await ann.post(f"/api/panoramas/{panorama}/changes", json=batch(add_issue(issue)))
                event = await asyncio.wait_for(anext(events), 1.0)
                assert event == Event(version, "change", made.json())


async def test_a_stream_begins_with_what_was_missed(tmp_path: Path, keys: SandboxKeys) -> None:
    """What came after the version named is told first, in order."""
    async with two_processes(tmp_path, keys) as (one, two):
        site = await one.install()
        panorama = await begun(one, site)
        async with one.client(site) as ann:
            for issue in range(3):
                await ann.post(f"/api/panoramas/{panorama}/changes", json=batch(add_issue(issue + 1)))
        async with listening(two, site, f"/api/panoramas/{panorama}/events?after=1.2") as answer:
            events = events_of(answer)
            assert [(await anext(events)).id for _ in range(2)] == ["1.3", "1.4"]


async def test_a_stream_ends_after_its_time_and_is_resumed(tmp_path: Path, keys: SandboxKeys) -> None:
    """The last event asks to come again; on the way, silence is broken by comments."""
    settings = HttpSettings(stream_seconds=0.3, keep_alive_seconds=0.05)
    async with two_processes(tmp_path, keys, settings) as (one, _):
        site = await one.install()
        panorama = await begun(one, site)
        async with listening(one, site, f"/api/panoramas/{panorama}/events?after=1") as answer:
            lines = [line async for line in answer.aiter_lines()]
        assert lines[0] == "retry: 2000"
        assert lines.count(": still here") >= 3
        assert lines[-3:] == ["event: end", "data: {}", ""]


async def test_a_stream_is_broken_off_when_access_is_taken(tmp_path: Path, keys: SandboxKeys) -> None:
    """The change that takes Ben's access away is not told to him; the stream ends with the problem."""
    async with two_processes(tmp_path, keys) as (one, two):
        site = await one.install()
        panorama = await begun(one, site)
        async with listening(two, site, f"/api/panoramas/{panorama}/events?after=1") as answer, one.client(site) as ann:
            access = {"action": "set-access", "access": {"viewers": [], "editors": []}}
            await ann.post(f"/api/panoramas/{panorama}/changes", json=batch(access))
            (event,) = [event async for event in events_of(answer)]
        assert (event.name, event.data["type"]) == ("problem", "/schema#panorama-missing")


async def test_a_stream_is_broken_off_when_the_app_is_removed(tmp_path: Path, keys: SandboxKeys) -> None:
    """The tenant's state is looked at again and again, also while nothing changes."""
    settings = HttpSettings(recheck_seconds=0.05)
    async with two_processes(tmp_path, keys, settings) as (one, _):
        site = await one.install()
        panorama = await begun(one, site)
        async with listening(one, site, f"/api/panoramas/{panorama}/events?after=1") as answer:
            callback = one.jira.uninstalled(site)
            assert await one.tell(callback.path, callback.headers, callback.body) == 204
            (event,) = [event async for event in events_of(answer)]
        assert (event.name, event.data["type"]) == ("problem", "/schema#not-installed")


async def test_a_client_that_leaves_leaves_nothing_behind(tmp_path: Path, keys: SandboxKeys) -> None:
    """When the last listener is gone, nothing asks the store on its behalf any more."""
    async with two_processes(tmp_path, keys) as (one, _):
        site = await one.install()
        panorama = await begun(one, site)
        before = asyncio.all_tasks()
        async with serving(one) as address:
            headers = {"Authorization": one.jira.context_token(site, "ben")}
            async with (
                httpx.AsyncClient(base_url=address, headers=headers) as client,
                client.stream("GET", f"/api/panoramas/{panorama}/events?after=1") as answer,
            ):
                assert answer.status_code == 200
                assert {task.get_name() for task in asyncio.all_tasks() - before}
            async with asyncio.timeout(patience(PATIENCE)):
                while any("_poll" in repr(task) or "_write" in repr(task) for task in asyncio.all_tasks()):
                    await asyncio.sleep(0.01)
        line = next(line for line in reversed(one.lines) if line["route"].endswith("/events"))
        assert line["status"] == 200


async def test_shutting_down_does_not_wait_for_streams(tmp_path: Path, keys: SandboxKeys) -> None:
    """A server that is told to end ends its streams; clients resume elsewhere."""
    async with two_processes(tmp_path, keys) as (one, _):
        site = await one.install()
        panorama = await begun(one, site)
        headers = {"Authorization": one.jira.context_token(site, "ben")}
        async with httpx.AsyncClient(headers=headers) as client:
            async with asyncio.timeout(patience(PATIENCE)), serving(one) as address:
                stream = await client.send(
                    client.build_request("GET", f"{address}/api/panoramas/{panorama}/events?after=1"), stream=True
                )
                assert stream.status_code == httpx.codes.OK
            async with asyncio.timeout(patience(PATIENCE)):
                with suppress(httpx.RemoteProtocolError):  # A stream may be cut, rather than ended.
                    await stream.aread()
            assert stream.is_closed


@pytest.mark.parametrize("query", ["?after=1.1", ""])
async def test_event_source_goes_on_where_it_was(tmp_path: Path, keys: SandboxKeys, query: str) -> None:
    """It comes again to the address that it had, with the id of the last event: that one counts."""
    async with two_processes(tmp_path, keys) as (one, two):
        site = await one.install()
        panorama = await begun(one, site)
        async with one.client(site) as ann:
            for issue in range(3):
                await ann.post(f"/api/panoramas/{panorama}/changes", json=batch(add_issue(issue + 1)))
        path = f"/api/panoramas/{panorama}/events{query}"
        async with listening(two, site, path, {"Last-Event-ID": "1.3"}) as answer:
            assert (await anext(events_of(answer))).id == "1.4"


@pytest.mark.parametrize(
    ("query", "last", "status", "at"),
    [("", "x", 400, "Last-Event-ID"), ("?after=1.1", "1.x", 400, "Last-Event-ID"), ("?after=1", "0.1", 410, None)],
)
async def test_a_last_event_that_is_none_is_refused(
    ann: httpx.AsyncClient, panorama: str, query: str, last: str, status: int, at: str | None
) -> None:
    """It is named, also where `after` would do."""
    answer = await ann.get(f"/api/panoramas/{panorama}/events{query}", headers={"Last-Event-ID": last})
    assert (answer.status_code, answer.json().get("at")) == (status, at and [at])


@pytest.mark.parametrize(("query", "status"), [("", 400), ("?after=x", 400), ("?after=0.1", 410), ("?after=-1", 400)])
async def test_a_stream_needs_a_version_to_begin_after(
    ann: httpx.AsyncClient, panorama: str, query: str, status: int
) -> None:
    """A missing or strange version is refused, one of a passed epoch asks to load anew."""
    assert (await ann.get(f"/api/panoramas/{panorama}/events{query}")).status_code == status
