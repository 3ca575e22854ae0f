"""One service, two places to run it in: which one is a word in the configuration."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from adapters.mongo import prepare_mongo
from entrypoints.sandbox.jira import ConnectSite
from tests.e2e.clouds import KeyServers
from tests.e2e.wishes import add_issue, add_note, batch
from tests.patience import patience
from tests.processes import Machine, Process, machine
from tests.servers.gcs import cloud_storage
from tests.servers.mongo.starting import Server as MongoServer

AWS = {"PANORAMA_ACTIVE": "aws"}
GCP = {"PANORAMA_ACTIVE": "gcp"}


@pytest.fixture
def sites(tmp_path: Path, mongo: MongoServer, kms: KeyServers) -> Iterator[Machine]:
    """Yield a machine whose configuration has a site on AWS and one on Google, each with databases of its own."""
    arn = kms.aws.create_key()
    name = uuid4().hex[:8]
    key = kms.google.create_key(name)
    databases = {part: mongo.uri(f"{part}_{name}") for part in ("aws", "aws_vault", "gcp", "gcp_vault")}
    with cloud_storage() as storage:
        storage.create_bucket("panorama")
        managers = f"""[
            "aws-kms:{arn}?endpoint={kms.aws.endpoint()}", "gcp-kms:{key}?endpoint={kms.google.server.endpoint}"
        ]"""
        blobs = f'["gs://panorama/{name}?region=us&endpoint={storage.endpoint}"]'
        file = tmp_path / "panorama.toml"
        file.write_text(
            f"""
            [sites.aws]
            region = "us-east-1"
            storage = "{databases["aws"]}"
            vault = "{databases["aws_vault"]}"
            keys = {managers}
            blobs = {blobs}

            [sites.gcp]
            region = "us-central1"
            storage = "{databases["gcp"]}"
            vault = "{databases["gcp_vault"]}"
            keys = {managers}
            blobs = {blobs}
            """,
            encoding="utf-8",
        )
        for uri in databases.values():
            asyncio.run(prepare_mongo(uri, deadline=patience(10)))
        with kms.aws.credentials(), machine(tmp_path, {"PANORAMA_CONFIG": str(file)}) as made:
            yield made


@pytest.fixture
async def shaped(sites: Machine) -> tuple[Process, ConnectSite, str]:
    """Return a process on AWS, a Jira site that it serves, and a panorama that was shaped there."""
    process = sites.start(AWS)
    site = sites.install(process)
    async with sites.client(process, site) as client:
        panorama = (await client.post("/api/panoramas", json={"name": "Roadmap"})).json()["id"]
        changes = f"/api/panoramas/{panorama}/changes"
        assert (await client.post(changes, json=batch(add_issue(7, -1), add_note("below", -1)))).is_success
        assert (await client.post(changes, json=batch(add_note("taken back")))).is_success
        assert (await client.post(f"/api/panoramas/{panorama}/undo")).is_success
    return process, site, panorama


async def rows(client: httpx.AsyncClient, panorama: str) -> list[list[object]]:
    """Return depth, kind and content of each node."""
    return [row[1:4] for row in (await client.get(f"/api/panoramas/{panorama}")).json()["nodes"]]


async def test_what_was_shaped_on_a_cloud_is_there_after_a_kill(
    sites: Machine, shaped: tuple[Process, ConnectSite, str]
) -> None:
    """Records in MongoDB and wraps of two clouds are all that a fresh process needs."""
    process, site, panorama = shaped
    process.kill()
    async with sites.client(sites.start(AWS), site) as client:
        assert await rows(client, panorama) == [[1, "ISSUE", 7], [2, "NOTE", "below"]]
        (hit,) = (await client.get("/api/issues/7/panoramas")).json()["panoramas"]
        assert hit["id"] == panorama


async def test_another_site_serves_the_same_tenant_from_storage_of_its_own(
    sites: Machine, shaped: tuple[Process, ConnectSite, str]
) -> None:
    """Switched by `active`, the service knows nothing of the first site; both go on side by side."""
    process, site, panorama = shaped
    other = sites.start(GCP)
    async with sites.client(other, site) as client:
        assert (await client.get("/api/panoramas")).status_code == httpx.codes.FORBIDDEN
    sites.install(other, site)
    async with sites.client(other, site) as client:
        assert (await client.get("/api/panoramas")).json()["panoramas"] == []
        assert (await client.get(f"/api/panoramas/{panorama}")).status_code == httpx.codes.NOT_FOUND
        mine = (await client.post("/api/panoramas", json={"name": "Elsewhere"})).json()["id"]
    async with sites.client(process, site) as client:
        assert [each["id"] for each in (await client.get("/api/panoramas")).json()["panoramas"]] == [panorama]
        assert (await client.get(f"/api/panoramas/{mine}")).status_code == httpx.codes.NOT_FOUND


async def test_every_part_of_a_cloud_is_asked_for_readiness(
    sites: Machine, shaped: tuple[Process, ConnectSite, str]
) -> None:
    """Both key managers and the bucket are named beside storage and vault."""
    process, _, _ = shaped
    async with httpx.AsyncClient(base_url=process.url) as client:
        parts = (await client.get("/readyz")).json()
    assert parts == dict.fromkeys(("storage", "vault", "keys 1", "keys 2", "blobs 1"), "ok")
