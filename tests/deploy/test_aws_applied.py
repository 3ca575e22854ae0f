"""deploy/aws is applied to MiniStack, and the service runs on what was made."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from tests.deploy.aws_applied import SECOND, Applied
from tests.deploy.aws_applied import applied as apply
from tests.deploy.aws_documented import carried_out
from tests.deploy.backed_up import back_up
from tests.patience import Deadline
from tests.processes import Machine, machine
from tests.report import not_proven
from tests.servers.aws import REGION
from tests.servers.aws import Server as AwsServer
from tests.servers.mongo.starting import Server as MongoServer
from tests.servers.mongo.starting import mongo_memory
from tests.servers.strict_kms import strict_kms

pytestmark = pytest.mark.timeout(600)

UNKNOWN: Final = {
    "aws_wafv2_web_acl_logging_configuration.this": "MiniStack knows no logging of a firewall",
    "aws_appautoscaling_target.this": "MiniStack knows no scaling",
    "aws_appautoscaling_policy.this": "MiniStack knows no scaling",
}
"""What is left out."""

FORGOTTEN: Final = {
    "aws_cloudwatch_metric_alarm": "MiniStack forgets what an alarm looks at and whom it tells",
    "aws_ecs_service": "MiniStack forgets that tasks are spread over zones anew",
    "aws_flow_log": "MiniStack forgets who writes a flow log, and how often",
    "aws_secretsmanager_secret": "MiniStack forgets that a secret is in another region too",
}
"""What another plan would change, by its kind."""


@pytest.fixture(scope="module")
def applied(ministack_server: AwsServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    """Apply it, once."""
    for what, why in {**UNKNOWN, **FORGOTTEN}.items():
        not_proven(f"deploy/aws, {what}", why)
    yield from apply(tmp_path_factory.mktemp("applied"), ministack_server, UNKNOWN)


@pytest.fixture(scope="module")
def mongo() -> Iterator[MongoServer]:
    """Serve MongoDB's protocol."""
    with mongo_memory() as server:
        yield server


@pytest.fixture(scope="module")
def secrets(applied: Applied, mongo: MongoServer) -> None:
    """Put the addresses of both databases where the service looks for them, as an operator does."""
    manager = applied.client("secretsmanager")
    for name in ("storage", "vault"):
        manager.put_secret_value(SecretId=f"panorama/{name}", SecretString=mongo.uri(f"applied_{name}"))


@pytest.fixture(scope="module")
def wrapping() -> Iterator[str]:
    """Yield the address of a key that stands for the wrapping key."""
    not_proven(
        "deploy/aws, the service under the wrapping key that was made",
        "MiniStack does not list the rotations of a key, so that a stricter stand-in wrapped",
    )
    with strict_kms() as (_, server):
        arn = server.create_key()
        with closing(server.kms()) as kms:
            kms.enable_key_rotation(KeyId=arn, RotationPeriodInDays=90)
        yield f"aws-kms:{arn}?endpoint={server.endpoint()}"


@pytest.fixture
def cloud(applied: Applied, secrets: None, wrapping: str, tmp_path: Path) -> Iterator[Machine]:
    """Yield a machine that is told what the container is told, but for where AWS and its callers are."""
    told = applied.variables()
    for name, value in told.items():
        if name.endswith(("__BLOBS", "__SECRETS", "CONTROL__STORES")):
            told[name] = ",".join(applied.here(address) for address in value.split(","))
    told["PANORAMA_SITES__AWS__KEYS"] = wrapping
    ours = {
        name: told.pop(name)
        for name in list(told)
        if name.startswith(("PANORAMA_SERVER__", "PANORAMA_APP__", "PANORAMA_DATA"))
    }
    assert {"PANORAMA_SERVER__CERTIFICATE", "PANORAMA_SERVER__PROXIES"} <= ours.keys()
    with applied.server.credentials(), machine(tmp_path, told) as made:
        prepared = made.run("storage", "prepare")
        assert prepared.returncode == 0, prepared.stderr
        yield made


def test_the_commands_of_the_documentation_do_what_they_are_for(applied: Applied, tmp_path: Path) -> None:
    """Each `aws` command, in the order of the page, with what the ones before it have told."""
    told = carried_out(applied.server, tmp_path)
    assert [each for each in told if each.code != 0] == []
    assert {each.line.split()[1] for each in told} == {"s3api", "secretsmanager", "ec2", "ecs"}
    assert applied.client("s3").get_bucket_versioning(Bucket="panorama-state")["Status"] == "Enabled"
    for name in ("storage", "vault"):
        held = applied.client("secretsmanager").get_secret_value(SecretId=f"panorama/{name}")
        assert held["SecretString"] == f"what the file {name} holds"
    tasks = [json.loads(each.output)["tasks"][0] for each in told if " run-task " in each.line]
    (first, second) = tasks
    assert first["overrides"]["containerOverrides"][0]["command"] == ["storage", "prepare"]
    assert "panorama-operate" in second["taskDefinitionArn"]


def test_another_plan_finds_nothing_to_do(applied: Applied) -> None:
    """But for what MiniStack forgets."""
    changes = applied.changes()
    assert changes.keys() == FORGOTTEN.keys(), {kind: changes[kind] for kind in changes.keys() - FORGOTTEN.keys()}


def test_what_was_left_out_is_unknown_to_ministack(applied: Applied) -> None:
    """As soon as it learns it, it is not left out."""
    firewall, scaling = applied.client("wafv2"), applied.client("application-autoscaling")
    with pytest.raises(ClientError, match="Unknown WAF action"):
        firewall.put_logging_configuration(
            LoggingConfiguration={"ResourceArn": "a" * 20, "LogDestinationConfigs": ["b" * 20]}
        )
    with pytest.raises(ClientError):
        scaling.register_scalable_target(
            ServiceNamespace="ecs", ResourceId="service/panorama/panorama", ScalableDimension="ecs:service:DesiredCount"
        )


def buckets(applied: Applied) -> list[str]:
    """Return the two buckets of backups."""
    return [address.partition("?")[0].removeprefix("s3://") for address in applied.output()["site"]["blobs"]]


def test_what_is_written_in_one_region_appears_in_the_other(applied: Applied) -> None:
    """Segments and snapshots; copies of the key vault do not."""
    here, there = buckets(applied)
    first, second = applied.client("s3"), applied.client("s3", SECOND)
    for name in ("vault/objects/trial", "objects/trial"):
        first.put_object(Bucket=here, Key=name, Body=b"sealed")
    deadline = Deadline(30)
    while "Contents" not in (listed := second.list_objects_v2(Bucket=there, Prefix="objects/trial")):
        assert not deadline.has_passed(), "it does not appear"
        time.sleep(0.2)
    assert [each["Key"] for each in listed["Contents"]] == ["objects/trial"]
    assert "Contents" not in second.list_objects_v2(Bucket=there, Prefix="vault/objects/trial")


def test_a_locked_version_is_not_deleted(applied: Applied) -> None:
    """Whoever asks; and the lock is not shortened either."""
    bucket, s3 = buckets(applied)[0], applied.client("s3")
    version = s3.put_object(Bucket=bucket, Key="objects/locked", Body=b"sealed")["VersionId"]
    until = datetime.now(UTC) + timedelta(days=7)
    lock = {"Mode": "COMPLIANCE", "RetainUntilDate": until}
    s3.put_object_retention(Bucket=bucket, Key="objects/locked", Retention=lock)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=bucket, Key="objects/locked", VersionId=version)
    sooner = {**lock, "RetainUntilDate": until - timedelta(days=1)}
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object_retention(Bucket=bucket, Key="objects/locked", Retention=sooner)
    assert s3.get_object(Bucket=bucket, Key="objects/locked")["Body"].read() == b"sealed"


def test_keys_are_renewed_every_ninety_days_and_are_in_both_regions(applied: Applied) -> None:
    """By the word of KMS."""
    key = applied.output()["site"]["keys"][0].removeprefix("aws-kms:").rpartition("/")[2]
    told = applied.client("kms").get_key_rotation_status(KeyId=key)
    assert (told["KeyRotationEnabled"], told["RotationPeriodInDays"]) == (True, 90)
    assert applied.client("kms", SECOND).describe_key(KeyId=key)["KeyMetadata"]["MultiRegion"]


def test_the_site_passes_its_preflight(applied: Applied, cloud: Machine, wrapping: str, tmp_path: Path) -> None:
    """With the output `site` as its table in panorama.toml: a go."""
    output = applied.output()
    site = {
        **output["site"],
        "blobs": [applied.here(each) for each in output["site"]["blobs"]],
        "secrets": applied.here(output["site"]["secrets"]),
        "keys": [wrapping],
    }
    lines = [
        f"control.stores = {json.dumps([applied.here(output['control_store'])])}",
        "[sites.aws]",
        *(f"{key} = {json.dumps(value)}" for key, value in site.items()),
    ]
    file = tmp_path / "panorama.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    with machine(tmp_path, {"PANORAMA_CONFIG": str(file)}) as made:
        told: Any = json.loads(made.run("preflight", "--json").stdout)
    assert [each for each in told["findings"] if not each["go"]] == []
    assert told["go"]
    assert {each["part"] for each in told["findings"]} >= {
        "storage",
        "vault",
        "keys 1",
        "blobs 1",
        "blobs 2",
        "secrets",
    }


async def test_the_service_runs_and_backs_up_to_both_buckets(applied: Applied, cloud: Machine) -> None:
    """What somebody shapes is shipped, sealed, encrypted under the key of the stores, and locked; and reads back."""
    await back_up(cloud)
    for bucket, region in zip(buckets(applied), (REGION, SECOND), strict=True):
        s3 = applied.client("s3", region)
        for prefix, days in (("manifests/", 7), ("vault/copies/", 10)):
            for listed in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]:
                head = s3.head_object(Bucket=bucket, Key=listed["Key"])
                assert head["ServerSideEncryption"] == "aws:kms"
                assert head["ObjectLockMode"] == "COMPLIANCE"
                assert head["ObjectLockRetainUntilDate"] > datetime.now(UTC) + timedelta(days=days - 1)
