"""The service runs with what deploy/gcp tells an instance of Cloud Run, on stand-ins for what it names."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from adapters.gcp.secrets import open_secrets
from tests.deploy.attached import Providers
from tests.deploy.backed_up import back_up
from tests.processes import Machine, machine
from tests.servers.gcp_kms import cloud_kms
from tests.servers.gcp_secrets import secret_manager
from tests.servers.gcs import Service, cloud_storage
from tests.servers.mongo.starting import Server as MongoServer
from tests.servers.mongo.starting import mongo_memory

pytestmark = pytest.mark.timeout(600)

KEY: Final = "PANORAMA_SITES__GCP__KEYS"
OURS: Final = ("PANORAMA_SERVER__", "PANORAMA_APP__", "PANORAMA_DATA")
"""Where Cloud Run and Jira are, which the test has in its own way."""


class Google(NamedTuple):
    """What stands for Google Cloud, and what an instance is told of it."""

    storage: Service
    told: dict[str, str]
    backups: list[str]


@pytest.fixture(scope="module")
def resources(providers: Providers) -> list[Any]:
    """Return everything that the root makes, as it would be made."""
    made: list[Any] = providers.built("gcp")["root_module"]["resources"]
    return made


def of_kind(resources: list[Any], kind: str) -> list[Any]:
    """Return what is made of one kind."""
    return [each["values"] for each in resources if each["type"] == kind]


@pytest.fixture(scope="module")
def mongo() -> Iterator[MongoServer]:
    """Serve MongoDB's protocol."""
    with mongo_memory() as server:
        yield server


@pytest.fixture
def google(resources: list[Any], mongo: MongoServer) -> Iterator[Google]:
    """Make the buckets, a key and the secrets in stand-ins; yield what an instance is told, with where they are."""
    with cloud_storage() as storage, cloud_kms() as kms, secret_manager() as secrets:
        buckets = of_kind(resources, "google_storage_bucket")
        for bucket in buckets:
            storage.create_bucket(bucket["name"], object_retention=bool(bucket["enable_object_retention"]))
        asyncio.run(_fill(secrets.server.endpoint, mongo))
        told = {each["name"]: each["value"] for each in _instance(resources)["env"]}
        for name, value in told.items():
            if name.endswith(("__BLOBS", "CONTROL__STORES")):
                told[name] = ",".join(f"{address}&endpoint={storage.endpoint}" for address in value.split(","))
        told["PANORAMA_SITES__GCP__SECRETS"] += f"&endpoint={secrets.server.endpoint}"
        told[KEY] = f"gcp-kms:{kms.create_key('wrapping', rotation=timedelta(days=90))}?endpoint={kms.server.endpoint}"
        yield Google(storage, told, [bucket["name"] for bucket in buckets if "backups" in bucket["name"]])


def _instance(resources: list[Any]) -> Any:
    first, *_ = of_kind(resources, "google_cloud_run_v2_service")
    (found,) = (each for each in first["template"][0]["containers"] if each["name"] == "panorama")
    return found


async def _fill(endpoint: str, mongo: MongoServer) -> None:
    """Put the addresses of both databases where the service looks for them, as an operator does."""
    store = await open_secrets("example", "panorama-", endpoint=endpoint)
    for name in ("storage", "vault"):
        await store.put(name, mongo.uri(f"run_{name}").encode())
    await store.close()


@pytest.fixture
def cloud(google: Google, tmp_path: Path) -> Iterator[Machine]:
    """Yield a machine that is told what the container is told, but for where Google and its callers are."""
    ours = {name: google.told.pop(name) for name in list(google.told) if name.startswith(OURS)}
    assert ours["PANORAMA_SERVER__PROXIES"] == "169.254.0.0/16"
    with machine(tmp_path, google.told) as made:
        prepared = made.run("storage", "prepare")
        assert prepared.returncode == 0, prepared.stderr
        yield made


def test_what_an_instance_is_told_is_a_configuration(resources: list[Any], tmp_path: Path) -> None:
    """As it stands, of the service and of every job: nothing is missing, nothing is unknown."""
    jobs = [
        each["template"][0]["template"][0]["containers"][0] for each in of_kind(resources, "google_cloud_run_v2_job")
    ]
    assert len(jobs) == 3
    for container in (_instance(resources), *jobs):
        told = {each["name"]: each["value"] for each in container["env"]}
        with machine(tmp_path, told) as made:
            checked = made.run("config", "check")
            assert checked.returncode == 0, checked.stdout + checked.stderr
            shown = made.run(*container["args"], "--help")
            assert shown.returncode == 0, shown.stderr


async def test_the_service_runs_and_backs_up_to_both_buckets(google: Google, cloud: Machine) -> None:
    """What somebody shapes is shipped, sealed and locked; and reads back."""
    await back_up(cloud)
    assert len(google.backups) == 2
    for name in google.backups:
        for prefix, days in (("manifests/", 7), ("vault/", 10)):
            locks = [
                stored.resource["retention"]["retainUntilTime"]
                for object_name, stored in google.storage.buckets[name].objects.items()
                if object_name.startswith(prefix.encode())
            ]
            assert locks
            assert datetime.fromisoformat(min(locks)) > datetime.now(UTC) + timedelta(days=days - 1)
