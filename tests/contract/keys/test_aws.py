"""What only AWS KMS can do to a key manager."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from adapters.aws.keys import open_kms
from ports.errors import InvalidArgument
from ports.keys import Capability
from tests.servers.aws import REGION, Server
from tests.servers.strict_kms import strict_kms

ID = "1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve AWS KMS."""
    with strict_kms() as (_, served), served.credentials():
        yield served


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (ID, f"aws-kms:{ID}"),
        (f"arn:aws:kms:{REGION}:000000000000:key/{ID}", f"aws-kms:{ID}"),
        (f"arn:aws-us-gov:kms:{REGION}:000000000000:key/mrk-1", "aws-kms:mrk-1"),
    ],
)
async def test_a_key_has_one_name_however_it_is_written(server: Server, key: str, name: str) -> None:
    """Its id alone, which all replicas of a multi-Region key share; AWS is not asked for it."""
    manager = await open_kms(key, region=REGION)
    assert manager.name == name
    await manager.close()


@pytest.mark.parametrize(
    "key",
    [
        "alias/panorama",
        f"arn:aws:kms:{REGION}:000000000000:alias/panorama",
        f"arn:aws:kms:eu-west-1:000000000000:key/{ID}",
        f"arn:aws:s3:{REGION}:000000000000:key/{ID}",
        "",
    ],
)
async def test_what_may_lead_elsewhere_does_not_open(key: str) -> None:
    """An alias, a key of another region, or no key at all."""
    with pytest.raises(InvalidArgument):
        await open_kms(key, region=REGION)


async def test_a_schedule_is_told_once_aws_has_told_of_it(server: Server) -> None:
    """The period that was set is the one that is told."""
    arn = server.create_key()
    manager = await open_kms(arn, region=REGION, endpoint=server.endpoint())
    with closing(server.kms()) as client:
        client.enable_key_rotation(KeyId=arn, RotationPeriodInDays=90)
    assert Capability.ROTATES_BY_ITSELF not in manager.capabilities
    assert (await manager.describe()).rotation == timedelta(days=90)
    assert Capability.ROTATES_BY_ITSELF in manager.capabilities
    await manager.close()


async def test_a_key_that_only_signs_is_told(server: Server) -> None:
    """It will never wrap, however often it is asked."""
    with closing(server.kms()) as client:
        arn = client.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")["KeyMetadata"]["Arn"]
    manager = await open_kms(arn, region=REGION, endpoint=server.endpoint())
    with pytest.raises(InvalidArgument):
        await manager.describe()
    await manager.close()
