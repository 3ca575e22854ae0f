"""Somebody who has the service's own credentials attacks what was shipped with them, past the adapters.

Each attack is tried on every object, with the same keys that have shipped it. What a store lets them do, put newer
versions over the names and hide them, costs nothing: the versions before are there, and a restore reads them.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from adapters.aws.blobs import S3BlobStore, open_s3
from application.backups.problems import Fault, Part
from application.backups.stores import Store
from application.restore.checking import check
from application.restore.refusals import RestoreRefused
from application.restore.site import SiteRestore
from application.restore.sources import Stores
from entrypoints.configuration_file import embedded
from entrypoints.restoring import opened_empty
from ports.blobs import BlobStore, Capability, KeepsVersions
from ports.errors import AlreadyExists, NotFound, Unsupported
from tests.contract.backups.test_stores import a_site
from tests.contract.blobs.content import put
from tests.fakes.backups import Yard
from tests.fakes.blobs import MemoryBlobStore
from tests.fakes.restore import Ruin
from tests.gaps import gap
from tests.servers.aws import REGION, Server

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

SERVERS: Final = {"ministack": "ministack_server", "radosgw": "radosgw_server"}
NONSENSE: Final = b"nonsense"
LIFECYCLE: Final[Any] = {
    "Rules": [
        {
            "ID": "all",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Expiration": {"Days": 1},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
        }
    ]
}


@dataclass(frozen=True)
class Scene:
    """A site that has been backed up into a bucket that locks objects, and what its credentials open."""

    yard: Yard
    store: S3BlobStore
    client: "S3Client"
    bucket: str
    shipped: datetime
    """When all of it had been written, by the clock of the store."""

    is_lax: bool
    """Whether the server is MiniStack."""

    def versions(self) -> dict[tuple[str, str], bytes]:
        """Return every version that was shipped, and its bytes."""
        return {(key, version): self.content(key, version) for key, version in self.shipped_versions()}

    def shipped_versions(self) -> list[tuple[str, str]]:
        """Name the versions that were there before any attack."""
        said = self.client.list_object_versions(Bucket=self.bucket).get("Versions", [])
        return [(each["Key"], each["VersionId"]) for each in said if each["LastModified"] < self.shipped]

    def content(self, key: str, version: str) -> bytes:
        """Read one version."""
        return self.client.get_object(Bucket=self.bucket, Key=key, VersionId=version)["Body"].read()


@pytest.fixture(params=SERVERS)
async def scene(request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    """Ship through the adapter, and wait until the next second, because stores date by seconds."""
    server: Server = request.getfixturevalue(SERVERS[request.param])
    bucket = f"b-{uuid4()}"
    server.create_bucket(bucket, locks=True)
    with server.credentials():
        store = await open_s3(bucket, "site", region=REGION, endpoint=server.endpoint())
    await store.check()
    assert Capability.RETENTION in store.capabilities
    yard = await a_site(store, datetime.now(UTC).replace(microsecond=0))
    shipped = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    await asyncio.sleep((shipped - datetime.now(UTC)).total_seconds() + 0.1)
    with closing(server.s3()) as client:
        yield Scene(yard, store, client, bucket, shipped, request.param == "ministack")
    await store.close()


class RefusedError(Exception):
    """The store answers that it has not done some of what it was asked for."""


def delete_version(scene: Scene, key: str, version: str) -> None:
    """Delete a version."""
    scene.client.delete_object(Bucket=scene.bucket, Key=key, VersionId=version)


def delete_versions(scene: Scene, key: str, version: str) -> None:
    """Delete a version by the call for many."""
    named: Any = {"Objects": [{"Key": key, "VersionId": version}]}
    said = scene.client.delete_objects(Bucket=scene.bucket, Delete=named)
    if said.get("Errors"):
        raise RefusedError


def delete_bypassing(scene: Scene, key: str, version: str) -> None:
    """Delete a version, as whoever may pass over the weaker of the two modes of locks."""
    scene.client.delete_object(Bucket=scene.bucket, Key=key, VersionId=version, BypassGovernanceRetention=True)


def shorten(scene: Scene, key: str, version: str) -> None:
    """Have the lock end in a second."""
    retention: Any = {"Mode": "COMPLIANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(seconds=1)}
    scene.client.put_object_retention(Bucket=scene.bucket, Key=key, VersionId=version, Retention=retention)


def loosen(scene: Scene, key: str, version: str) -> None:
    """Have the lock be of the weaker mode."""
    retention: Any = {"Mode": "GOVERNANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(seconds=1)}
    scene.client.put_object_retention(
        Bucket=scene.bucket, Key=key, VersionId=version, Retention=retention, BypassGovernanceRetention=True
    )


def lift(scene: Scene, key: str, version: str) -> None:
    """Take the lock away."""
    scene.client.put_object_retention(
        Bucket=scene.bucket, Key=key, VersionId=version, Retention={}, BypassGovernanceRetention=True
    )


FORBIDDEN: Final = (delete_version, delete_versions, delete_bypassing, shorten, loosen, lift)


def put_over(scene: Scene, key: str) -> None:
    """Put other bytes under a name."""
    scene.client.put_object(Bucket=scene.bucket, Key=key, Body=NONSENSE)


def hide(scene: Scene, key: str) -> None:
    """Delete what is under a name, which leaves a mark that hides it."""
    scene.client.delete_object(Bucket=scene.bucket, Key=key)


def sweep(scene: Scene, key: str) -> None:
    """Do both, and have the bucket let everything expire, and its policy allow everybody everything."""
    with suppress(ClientError):
        scene.client.put_bucket_lifecycle_configuration(Bucket=scene.bucket, LifecycleConfiguration=LIFECYCLE)
    resources = [f"arn:aws:s3:::{scene.bucket}", f"arn:aws:s3:::{scene.bucket}/*"]
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": resources}
    with suppress(ClientError):
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        scene.client.put_bucket_policy(Bucket=scene.bucket, Policy=policy)
    put_over(scene, key)
    hide(scene, key)


COVERED: Final = {each.__name__: each for each in (put_over, hide, sweep)}


async def digest_of(ruin: Ruin) -> str:
    """Return the digest over all that was restored."""
    house = ruin.house("looking")
    return (await check(house.records, house.panoramas.loader)).digest


async def restored(scene: Scene, *stores: Store, written_before: datetime | None = None) -> tuple[str, set[str]]:
    """Restore the site from some stores; return its digest, and which objects were not what they should be."""
    ruin = Ruin(scene.yard)
    house = ruin.house()
    restore = SiteRestore(
        Stores(stores, ruin.told.append, written_before),
        ruin.target,
        house.records,
        house.vault,
        house.panoramas,
        house.time.clock,
    )
    await restore.run(await restore.prepare(None), 2)
    return await digest_of(ruin), {flaw.what for flaw in ruin.told}


def as_shipped(scene: Scene) -> Store:
    """Return the bucket as `panorama restore --written-before` reads it."""
    assert isinstance(scene.store, KeepsVersions)
    return Store("the bucket", None, scene.store.as_of(scene.shipped))


async def test_an_attacker_cannot_take_anything_away(scene: Scene) -> None:
    """Neither versions, nor their locks: every attack is refused, every byte is there, and is restored."""
    before = scene.versions()
    assert len(before) > 5
    for attack in FORBIDDEN:
        for key, version in before:
            with pytest.raises((ClientError, RefusedError)):
                attack(scene, key, version)
    assert scene.versions() == before
    looked = await scene.yard.backups.verifier.verify(scene.yard.stores[0], Part())
    assert looked.problems == ()
    assert looked.locked == looked.read + looked.manifests + 1, "nothing else keeps the attackers off"
    assert (await restored(scene, scene.yard.stores[0]))[1] == set()


async def test_an_attacker_cannot_take_the_bucket_away(scene: Scene, request: pytest.FixtureRequest) -> None:
    """Nor have it keep versions no more."""
    before = scene.versions()
    with pytest.raises(ClientError):
        scene.client.delete_bucket(Bucket=scene.bucket)
    lax = gap(request, "MiniStack lets a bucket that locks objects keep no versions") if scene.is_lax else nullcontext()
    with lax, pytest.raises(ClientError):
        scene.client.put_bucket_versioning(Bucket=scene.bucket, VersioningConfiguration={"Status": "Suspended"})
    assert scene.versions() == before


@pytest.mark.parametrize("attack", COVERED)
async def test_what_an_attacker_puts_over_is_named_and_looked_past(scene: Scene, attack: str) -> None:
    """What is under a newer version, or hidden, is restored as it was shipped; or another store's copy is, and told."""
    yard, before = scene.yard, scene.versions()
    unharmed = MemoryBlobStore(yard.time.clock)
    for info in await scene.store.list():
        content = b"".join([chunk async for chunk in scene.store.read(info.name)])
        await put(unharmed, info.name, content)
    clean, _ = await restored(scene, yard.stores[0])
    names = {key.removeprefix("site/") for key, _ in before}
    for key in {key for key, _ in before}:
        COVERED[attack](scene, key)
    assert {version: scene.content(*version) for version in before} == before

    looked = await yard.backups.verifier.verify(yard.stores[0], Part())
    found = {problem.what for problem in looked.problems if problem.fault in {Fault.MISSING, Fault.DAMAGED}}
    assert found, "the attack is not noticed"
    with pytest.raises(RestoreRefused):
        await restored(scene, yard.stores[0])
    digest, told = await restored(scene, yard.stores[0], Store("another", None, unharmed))
    assert digest == clean
    assert told, "that another store was used is not told"
    assert told <= names

    assert await restored(scene, yard.stores[0], written_before=scene.shipped) == (clean, set())


async def test_the_same_bytes_put_over_are_not_locked(scene: Scene) -> None:
    """Whoever reads them finds nothing wrong, and could lose them: they are named, and locked once more."""
    yard = scene.yard
    versions = scene.versions()
    for (key, _), content in versions.items():
        scene.client.put_object(Bucket=scene.bucket, Key=key, Body=content)
    looked = await yard.backups.verifier.verify(yard.stores[0], Part())
    assert {problem.fault for problem in looked.problems} == {Fault.UNLOCKED}
    assert looked.locked == 0
    assert await yard.backups.verifier.repair(looked)
    await yard.shipper.ship()
    again = await yard.backups.verifier.verify(yard.stores[0], Part())
    assert (again.problems, again.locked) == ((), again.read + again.manifests + 1)


async def ranged(blobs: BlobStore, name: str, start: int, length: int | None) -> bytes:
    """Read some bytes of an object."""
    return b"".join([chunk async for chunk in blobs.read(name, start=start, length=length)])


async def test_the_past_of_a_bucket_is_what_it_was(scene: Scene, request: pytest.FixtureRequest) -> None:
    """Page by page and range by range; what came later is not there, and nothing can be written to it."""
    past = as_shipped(scene).blobs
    held = {key.removeprefix("site/"): content for (key, _), content in scene.versions().items()}
    names = [info.name for info in await past.list()]
    for name in names:
        put_over(scene, f"site/{name}")
    hide(scene, f"site/{names[0]}")
    put_over(scene, "site/new")
    assert [info.name for info in await past.list()] == names
    paged: list[str] = []
    while page := await past.list(after=paged[-1] if paged else None, limit=2):
        paged += [info.name for info in page]
    assert paged == names
    assert [info.name for info in await past.list(prefix="manifests/")] == [
        name for name in names if name.startswith("manifests/")
    ]
    whole = held[names[0]]
    assert (await past.info(names[0])).size == len(whole)
    assert await ranged(past, names[0], 0, None) == whole
    assert await ranged(past, names[0], 0, 5) == whole[:5]
    assert await ranged(past, names[0], len(whole), None) == b""
    assert await ranged(past, names[0], 0, 0) == b""
    with gap(request, "MiniStack reads an older version from its beginning") if scene.is_lax else nullcontext():
        for start, length in ((3, None), (3, 4), (-4, None), (-4, 2)):
            rest = whole[start:]
            assert await ranged(past, names[0], start, length) == (rest if length is None else rest[:length])
    with pytest.raises(NotFound):
        await past.info("new")
    for call in (
        put(past, "a", b"1"),
        past.replace("a", b"1", tag="x"),
        past.delete(names[0]),
        past.retain(names[0], datetime.now(UTC)),
    ):
        with pytest.raises(Unsupported):
            await call
    await past.check()
    await past.close()
    with pytest.raises(AlreadyExists):
        await put(scene.store, "new", b"1")


async def test_whoever_may_not_see_versions_has_the_bucket_as_it_is(
    scene: Scene, request: pytest.FixtureRequest
) -> None:
    """So that a restore that needs no more is not stopped."""
    past, names = as_shipped(scene).blobs, [info.name for info in await scene.store.list()]
    put_over(scene, f"site/{names[0]}")
    resource = f"arn:aws:s3:::{scene.bucket}"
    refusal = {"Effect": "Deny", "Principal": "*", "Action": "s3:ListBucketVersions", "Resource": resource}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [refusal]})
    scene.client.put_bucket_policy(Bucket=scene.bucket, Policy=policy)
    with gap(request, "MiniStack looks at no bucket policy") if scene.is_lax else nullcontext():
        assert await ranged(past, names[0], 0, None) == NONSENSE
        assert (await past.info(names[0])).size == len(NONSENSE)
        assert [info.size for info in await past.list(limit=1)] == [len(NONSENSE)]


async def test_a_restore_reads_a_bucket_as_it_was(scene: Scene, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Opened by its address with a moment before the attack, and without one as it is."""
    server: Server = request.getfixturevalue(SERVERS["ministack" if scene.is_lax else "radosgw"])
    before = await Stores(scene.yard.stores).line()
    for key, _ in scene.shipped_versions():
        put_over(scene, key)
    address = f"s3://{scene.bucket}/site?region={REGION}&endpoint={server.endpoint()}"
    settings = embedded({"PANORAMA_DATA": str(tmp_path / "data"), "PANORAMA_SITES__LOCAL__BLOBS": address})
    with server.credentials():
        async with opened_empty(settings, settings, lambda _: None, scene.shipped) as empty:
            assert await empty.stores.line() == before
        async with opened_empty(settings, settings, lambda _: None) as empty:
            assert await empty.stores.line() == []
