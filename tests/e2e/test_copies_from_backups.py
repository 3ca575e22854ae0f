"""A user gets a panorama as of a time that its history does not reach any more, from the backups of the site."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from dependency_injector import providers

from application.panoramas.copies import CopyRequest
from application.panoramas.edit import EditRequest, edit_panorama
from application.panoramas.fold import fold_history
from application.panoramas.founding import CreateRequest, create_panorama
from application.restore.copies import PATIENCE
from application.tenants.lifecycle import install_app
from domain.ids import PanoramaId
from domain.panoramas.commands import Add, Place
from domain.panoramas.facts import Kind
from domain.tenants import Installation
from entrypoints.configuration_file import embedded
from entrypoints.container import Sources, opened
from entrypoints.http.app import create_app
from entrypoints.http.logs import open_log
from entrypoints.http.metrics import Metrics
from entrypoints.sandbox.jira import ConnectSite
from entrypoints.sandbox.keys import SandboxKeys
from entrypoints.scratch import scratch_folder
from tests.e2e.service import Service, running
from tests.e2e.test_problems import assert_problem
from tests.e2e.wishes import add_note, batch
from tests.fakes.backups import Yard
from tests.fakes.house import ANN, House
from tests.fakes.scratch import Scratches
from tests.fakes.sources import FakeTime
from tests.unit.application.backups.scenes import cycled

TITLE = "canary title 6677"


@pytest.fixture
async def service(keys: SandboxKeys) -> AsyncIterator[Service]:
    """Yield a service whose site has backups."""
    async with running(House(), keys) as service:
        reaching(service, Yard(service.house))
        yield service


def reaching(service: Service, yard: Yard | None, patience: float = PATIENCE) -> None:
    """Have the service reach into these backups."""
    copies = Scratches(service.house).copies(None if yard is None else yard.ground, patience)
    services = replace(service.services, copies=copies)
    service.app = create_app(services, open_log(service.logged, service.house.time.clock), Metrics())


async def folded(service: Service, site: ConnectSite, ann: httpx.AsyncClient) -> tuple[Yard, str, str]:
    """Return the backups, the path of a panorama's copies, and the moment when it had one note; it has two now."""
    yard = Yard(service.house)
    await cycled(yard, 2)
    panorama = (await ann.post("/api/panoramas", json={"name": "Roadmap"})).json()["id"]
    path = f"/api/panoramas/{panorama}"
    assert (await ann.post(f"{path}/changes", json=batch(add_note("one")))).is_success
    moment = service.house.time.clock().isoformat()
    await cycled(yard, 2)
    service.house.time.go_on(hours=25)
    tenant = await service.services.tenants.by_alias(f"jira:{site.client_key}")
    assert tenant is not None
    async with service.client(site) as later:
        assert (await later.post(f"{path}/changes", json=batch(add_note("two")))).is_success
    await fold_history(tenant.tenant.id, PanoramaId(panorama), 3, service.house.panoramas)
    await cycled(yard, 2)
    return yard, f"{path}/copies", moment


async def test_a_user_gets_the_past_that_is_folded_away(
    service: Service, site: ConnectSite, ann: httpx.AsyncClient
) -> None:
    """As a new panorama; looking at it without copying it finds nothing, and a repeat gets the first answer."""
    yard, path, moment = await folded(service, site, ann)
    reaching(service, yard)
    async with service.client(site) as client:
        original = path.removesuffix("/copies")
        assert_problem(await client.get(original, params={"at": moment}), "version-missing")
        wish, key = {"at": moment, "name": "Then"}, {"Idempotency-Key": "k"}
        made = await client.post(path, json=wish, headers=key)
        assert (made.status_code, made.headers["location"]) == (201, f"/api/panoramas/{made.json()['id']}")
        rows = (await client.get(made.headers["location"])).json()["nodes"]
        assert [row[3] for row in rows] == ["one"]
        assert (await client.post(path, json=wish, headers=key)).json() == made.json()


async def test_a_moment_out_of_reach_names_those_in_reach(
    service: Service, site: ConnectSite, ann: httpx.AsyncClient
) -> None:
    """None where the site has no backups; and a work that takes longer than a request is to be asked for again."""
    yard, path, moment = await folded(service, site, ann)
    early = {"at": "2020-01-01T00:00:00Z", "name": "Then"}
    async with service.client(site) as client:
        reaching(service, yard)
        refused = await client.post(path, json=early)
        assert_problem(refused, "past-out-of-reach")
        assert refused.json()["reason"] == "no backup leads to that moment"
        (window,) = refused.json()["windows"]
        assert window["first"] < moment < window["last"]
    reaching(service, None)
    async with service.client(site) as client:
        refused = await client.post(path, json=early)
        assert_problem(refused, "past-out-of-reach")
        assert (refused.json()["reason"], refused.json()["windows"]) == ("the site has no backups", [])
    reaching(service, yard, patience=0)
    async with service.client(site) as client:
        waiting = await client.post(path, json={"at": moment, "name": "Then"})
        assert_problem(waiting, "past-under-way")
        assert waiting.headers["retry-after"] == "1"


async def test_nothing_that_was_gathered_stays(tmp_path: Path) -> None:
    """On the embedded default: what is gathered lies sealed in the data directory, and goes."""
    time, data = FakeTime(), tmp_path / "data"
    with Sources.clock.override(providers.Object(time.clock)):
        async with opened(embedded({"PANORAMA_DATA": str(data)})) as services:
            assert services.backups is not None
            installation = Installation(alias="jira:one", issued=time.now, secret="s" * 48)
            tenant = await install_app(installation, services.tenants, services.clock)
            assert tenant is not None
            panorama = (await create_panorama(CreateRequest(tenant, ANN, name="one"), services.panoramas)).panorama
            await services.backups.shipper.ship()
            moment = time.clock()
            time.go_on(hours=25)
            note = Add(Kind.NOTE, Place(), title=TITLE, node=-1)
            await edit_panorama(EditRequest(tenant, panorama, ANN, commands=(note,)), services.panoramas)
            await fold_history(tenant, panorama, 2, services.panoramas)
            for _ in range(2):
                time.go_on(seconds=15)
                await services.backups.shipper.ship()
            for at, nodes in ((moment, 0), (moment + timedelta(hours=25, seconds=1), 1)):
                made = await services.copies.copy(CopyRequest(tenant, ANN, panorama=panorama, at=at, name="then"))
                assert len((await services.panoramas.newest(tenant, made.panorama)).tree) == nodes
            assert [path.name for path in data.glob("restore-*")] == ["restore-lock"]
            for file in data.rglob("*"):
                assert file.is_dir() or TITLE.encode() not in file.read_bytes()


def test_what_a_killed_process_has_gathered_goes_with_the_next(tmp_path: Path) -> None:
    """And what another one is gathering stays."""
    with scratch_folder(tmp_path) as mine:
        (tmp_path / "restore-left").mkdir()
        (tmp_path / "restore-left" / "gathered.db").write_bytes(b"sealed")
        with scratch_folder(tmp_path) as other:
            assert sorted(path for path in tmp_path.glob("restore-*/")) == sorted([mine, other])
            assert other.stat().st_mode & 0o777 == 0o700
    assert list(tmp_path.glob("restore-*/")) == []
