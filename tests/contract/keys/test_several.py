"""Key managers of several providers beside one another: any one of them opens what all have wrapped."""

from contextlib import AsyncExitStack, closing

import google_crc32c
import grpc
import msgspec
import pytest
from google.cloud.kms_v1 import KeyManagementServiceClient
from google.cloud.kms_v1.services.key_management_service.transports import KeyManagementServiceGrpcTransport

from adapters.aws.keys import open_kms as open_aws_kms
from adapters.gcp.keys import open_kms as open_gcp_kms
from application.keys.vault import KeyVault
from domain.ids import SYSTEM
from domain.keys import DATA_KEY, Generation, wrap_context
from ports.errors import Unavailable
from ports.keys import KeyManager
from tests.contract.keys.aws import in_strict_kms
from tests.contract.keys.gcp import in_cloud_kms
from tests.contract.keys.worlds import World, in_a_file, in_memory
from tests.fakes.sources import FakeRandom, FakeTime
from tests.fakes.storage import MemoryStorage
from tests.servers.aws import REGION
from tests.servers.gcp_kms import cloud_kms
from tests.servers.strict_kms import strict_kms

PROVIDERS = (in_memory, in_a_file, in_cloud_kms, in_strict_kms)


async def test_any_one_of_several_providers_opens(request: pytest.FixtureRequest) -> None:
    """Each wraps the same key under the same bytes of context; with all others out, the one left opens it.

    When the last is out too, the key is unavailable, and what is raised does not call it corrupt.
    """
    storage, time = MemoryStorage(), FakeTime()
    async with AsyncExitStack() as stack:
        worlds = [await stack.enter_async_context(make(request)) for make in PROVIDERS]
        key = await _created(storage, worlds, time)
        stored = await storage.scan(SYSTEM, DATA_KEY)
        generation = msgspec.msgpack.decode(stored[0].body or b"", type=Generation)
        context = wrap_context(SYSTEM, 1, DATA_KEY)
        for world in worlds:
            assert await world.again.unwrap(generation.wraps[world.manager.name], context) == key
            assert (await _vault(storage, [world], time).active(SYSTEM)).secret == key
        for number, world in enumerate(worlds, start=1):
            await world.cut_off()
            vault = _vault(storage, worlds, time)
            if number < len(worlds):
                assert (await vault.active(SYSTEM)).secret == key
            else:
                with pytest.raises(Unavailable):
                    await vault.active(SYSTEM)


async def test_every_provider_is_given_the_same_bytes_of_context() -> None:
    """Without this program, by a provider's own client and the documented context alone, a data key opens."""
    storage, time = MemoryStorage(), FakeTime()
    with strict_kms() as (_, aws), cloud_kms() as google, aws.credentials():
        arn, key = aws.create_key(), google.create_key("k")
        managers: list[KeyManager] = [
            await open_aws_kms(arn, region=REGION, endpoint=aws.endpoint()),
            await open_gcp_kms(key, endpoint=google.server.endpoint),
        ]
        vault = KeyVault(storage, managers, clock=time.clock, monotonic=time.monotonic, random=FakeRandom())
        await vault.create(SYSTEM)
        plain = (await vault.active(SYSTEM)).secret
        (stored,) = await storage.scan(SYSTEM, DATA_KEY)
        wraps = msgspec.msgpack.decode(stored.body or b"", type=Generation).wraps
        context = f"panorama-v1 tenant={SYSTEM} generation=1 purpose=data-key"
        with closing(aws.kms()) as client:
            blob, bound = wraps[f"aws-kms:{arn.rpartition('/')[2]}"], {"panorama": context}
            assert client.decrypt(KeyId=arn, CiphertextBlob=blob, EncryptionContext=bound)["Plaintext"] == plain
        with grpc.insecure_channel(google.server.endpoint.removeprefix("http://")) as channel:
            library = KeyManagementServiceClient(transport=KeyManagementServiceGrpcTransport(channel=channel))
            opened = library.decrypt(
                {
                    "name": key,
                    "ciphertext": wraps[f"gcp-kms:{key}"],
                    "ciphertext_crc32c": google_crc32c.value(wraps[f"gcp-kms:{key}"]),
                    "additional_authenticated_data": context.encode(),
                    "additional_authenticated_data_crc32c": google_crc32c.value(context.encode()),
                }
            )
            assert opened.plaintext == plain
        await vault.close()


async def test_a_provider_that_has_not_wrapped_is_named(request: pytest.FixtureRequest) -> None:
    """Where a provider was added later, its missing wraps are told by its name."""
    storage, time = MemoryStorage(), FakeTime()
    async with AsyncExitStack() as stack:
        worlds = [await stack.enter_async_context(make(request)) for make in PROVIDERS]
        for added in worlds:
            others = [world for world in worlds if world is not added]
            storage = MemoryStorage()
            await _created(storage, others, time)
            missing = await _vault(storage, worlds, time).missing_wraps()
            assert len(missing) == 1
            assert added.manager.name in repr(missing[0])
            assert not any(world.manager.name in repr(missing[0]) for world in others)


async def _created(storage: MemoryStorage, worlds: list[World], time: FakeTime) -> bytes:
    vault = _vault(storage, worlds, time)
    await vault.create(SYSTEM)
    return (await vault.active(SYSTEM)).secret


def _vault(storage: MemoryStorage, worlds: list[World], time: FakeTime) -> KeyVault:
    managers = [world.manager for world in worlds]
    return KeyVault(storage, managers, clock=time.clock, monotonic=time.monotonic, random=FakeRandom())
