"""A preflight of a site on MongoDB, AWS and Google, as far as stand-ins can show it."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from domain.ids import SYSTEM
from entrypoints.configuration_file import Settings, embedded, read
from entrypoints.container import opened_site
from entrypoints.preflight.running import Report, preflight
from entrypoints.preparing import prepare_storage
from tests.e2e.clouds import KeyServers
from tests.servers.aws import Server as AwsServer
from tests.servers.gcp_secrets import Provider as SecretManager
from tests.servers.gcp_secrets import secret_manager
from tests.servers.gcs import Service as CloudStorage
from tests.servers.gcs import cloud_storage
from tests.servers.mongo.starting import Server as MongoServer


@pytest.fixture(scope="module")
def aws(ministack_server: AwsServer) -> Iterator[AwsServer]:
    """Serve S3 with two buckets, one of which locks objects, and KMS as MiniStack has it."""
    ministack_server.create_bucket("panorama")
    ministack_server.create_bucket("locking", locks=True)
    with ministack_server.credentials():
        yield ministack_server


@pytest.fixture(scope="module")
def google() -> Iterator[CloudStorage]:
    """Serve Cloud Storage with one bucket."""
    with cloud_storage() as service:
        service.create_bucket("panorama")
        yield service


@pytest.fixture(scope="module")
def secrets() -> Iterator[SecretManager]:
    """Serve Secret Manager."""
    with secret_manager() as provider:
        yield provider


@pytest.fixture
async def settings(
    tmp_path: Path,
    mongo: MongoServer,
    kms: KeyServers,
    aws: AwsServer,
    google: CloudStorage,
    secrets: SecretManager,
) -> Settings:
    """Return a site on all of them, whose databases have been prepared and whose service has its data key."""
    arn = kms.aws.create_key()
    name = uuid4().hex[:8]
    key = kms.google.create_key(name)
    (tmp_path / "panorama.toml").write_text(
        f"""
        [sites.clouds]
        region = "us-east-1"
        storage = "{mongo.uri(f"storage_{name}")}"
        vault = "{mongo.uri(f"vault_{name}")}"
        keys = [
            "aws-kms:{arn}?endpoint={kms.aws.endpoint()}",
            "gcp-kms:{key}?endpoint={kms.google.server.endpoint}",
        ]
        blobs = [
            "s3://panorama/{name}?region=us-east-1&endpoint={aws.endpoint()}",
            "gs://panorama/{name}?region=us&endpoint={google.endpoint}",
        ]
        secrets = "gcp-secrets:projects/p/{name}-?region=us-east1&endpoint={secrets.server.endpoint}"
        """,
        encoding="utf-8",
    )
    settings = read(tmp_path / "panorama.toml", {})
    await prepare_storage(settings)
    async with opened_site(settings) as outside:
        await outside.vault.create(SYSTEM)
    return settings


def wanting(report: Report) -> set[tuple[str, str, str]]:
    """Return what is not as expected."""
    return {(each.part, each.capability, each.found) for each in report.findings if not each.go}


def site_here(folder: Path, **changes: str) -> Settings:
    """Return a site on this machine in all but what is given."""
    environ = {f"PANORAMA_SITES__LOCAL__{key.upper()}": value for key, value in changes.items()}
    return embedded({"PANORAMA_DATA": str(folder), **environ})


async def test_a_site_on_two_clouds_is_a_go(settings: Settings) -> None:
    """Storage and vault on MongoDB, keys of both clouds that open every data key, buckets of both, and secrets."""
    report = await preflight(settings)
    assert wanting(report) == set()
    assert {each.part for each in report.findings} >= {
        "storage", "vault", "keys 1", "keys 2", "blobs 1", "blobs 2", "secrets", "each key manager",
    }  # fmt: skip


async def test_what_a_stand_in_is_laxer_in_is_found(tmp_path: Path, aws: AwsServer) -> None:
    """MiniStack's KMS opens a damaged wrap, and neither renews wraps nor tells of rotation."""
    arn = aws.create_key()
    report = await preflight(site_here(tmp_path, keys=f"aws-kms:{arn}?endpoint={aws.endpoint()}"))
    assert ("keys 1", "refuses a damaged wrap", "opened") in wanting(report)
    assert not report.go


async def test_a_bucket_that_locks_objects_is_left_empty_all_the_same(tmp_path: Path, aws: AwsServer) -> None:
    """The lock on trial is real, and has run out before the end."""
    bucket = f"s3://locking/site?region=us-east-1&endpoint={aws.endpoint()}"
    report = await preflight(site_here(tmp_path, blobs=bucket))
    assert wanting(report) == set()
    assert "locked" in {each.found for each in report.findings}


async def test_a_permission_that_is_missing_is_named(settings: Settings, kms: KeyServers) -> None:
    """In Google's own word, for every use of the key, and nothing else is wanting."""
    key = settings.keys[1].place
    kms.google.refused.add(key)
    report = await preflight(settings)
    missing = {each.missing for each in report.findings if each.part == "keys 2" and not each.go}
    assert missing >= {"cloudkms.cryptoKeyVersions.useToEncrypt", "cloudkms.cryptoKeys.get"}
    assert {part for part, _, _ in wanting(report)} == {"keys 2", "each key manager"}


async def test_a_bucket_that_is_not_there_is_found(settings: Settings, google: CloudStorage, tmp_path: Path) -> None:
    """The other parts are tried all the same."""
    text = (tmp_path / "panorama.toml").read_text(encoding="utf-8").replace("gs://panorama/", "gs://elsewhere/")
    (tmp_path / "panorama.toml").write_text(text, encoding="utf-8")
    report = await preflight(read(tmp_path / "panorama.toml", {}))
    assert wanting(report) == {("blobs 2", "answers", "not-found")}
