"""The key managers beside cryptography, boto3 and Google's client."""

import base64
import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import google_crc32c
import grpc.aio
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.cloud.kms_v1 import DecryptRequest, EncryptRequest, KeyManagementServiceAsyncClient
from google.cloud.kms_v1.services.key_management_service.transports import KeyManagementServiceGrpcAsyncIOTransport

from adapters.aws.keys import open_kms as open_aws_kms
from adapters.aws.threads import THREADS as AWS_THREADS
from adapters.gcp.keys import open_kms as open_gcp_kms
from adapters.local.keys import open_keyring
from bench.adapters.blobs import Limited
from bench.adapters.pairs import Call, Pair, Side
from ports.keys import KeyManager
from tests.servers.aws import REGION, Server

_PLAIN: Final = bytes(32)
_CONTEXT: Final = b"panorama-v1 tenant=a generation=1 purpose=bench"
_CALLS: Final = 200
_NONCE: Final = 12


async def _pairs(manager: KeyManager, encrypt: Call, decrypt: Call) -> list[Pair]:
    wrapped = await manager.wrap(_PLAIN, _CONTEXT)

    async def wrap(_: int) -> None:
        await manager.wrap(_PLAIN, _CONTEXT)

    async def unwrap(_: int) -> None:
        await manager.unwrap(wrapped, _CONTEXT)

    return [
        Pair("wrap", _CALLS, Side(wrap), Side(encrypt)),
        Pair("unwrap", _CALLS, Side(unwrap), Side(decrypt)),
    ]


@asynccontextmanager
async def keyring(folder: Path) -> AsyncIterator[Sequence[Pair]]:
    """Compare with AES-GCM under a key that is read from its file each time, so that it stays nowhere."""
    path, limited = folder / "keyring", Limited(1)
    manager = await open_keyring(path, clock=lambda: datetime.now(UTC), random=os.urandom)

    def cipher() -> AESGCM:
        return AESGCM(base64.b64decode(json.loads(path.read_bytes())["versions"][-1]["secret"]))

    def seal() -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + cipher().encrypt(nonce, _PLAIN, _CONTEXT)

    sealed = seal()

    async def encrypt(_: int) -> None:
        await limited.run(seal)

    async def decrypt(_: int) -> None:
        await limited.run(lambda: cipher().decrypt(sealed[:_NONCE], sealed[_NONCE:], _CONTEXT))

    yield await _pairs(manager, encrypt, decrypt)
    limited.close()
    await manager.close()


@asynccontextmanager
async def aws(port: str) -> AsyncIterator[Sequence[Pair]]:
    """Compare with boto3."""
    server = Server(int(port))
    client, limited = server.kms(), Limited(AWS_THREADS)
    key = client.create_key()["KeyMetadata"]["Arn"]
    with server.credentials():
        manager = await open_aws_kms(key, region=REGION, endpoint=server.endpoint())
    bound = {"panorama": _CONTEXT.decode()}
    blob = client.encrypt(KeyId=key, Plaintext=_PLAIN, EncryptionContext=bound)["CiphertextBlob"]

    async def encrypt(_: int) -> None:
        await limited.run(lambda: client.encrypt(KeyId=key, Plaintext=_PLAIN, EncryptionContext=bound))

    async def decrypt(_: int) -> None:
        await limited.run(lambda: client.decrypt(KeyId=key, CiphertextBlob=blob, EncryptionContext=bound))

    yield await _pairs(manager, encrypt, decrypt)
    limited.close()
    await manager.close()
    client.close()


@asynccontextmanager
async def google(address: str) -> AsyncIterator[Sequence[Pair]]:
    """Compare with Google's client, which sends the same checksums."""
    endpoint, key = address.split()
    manager = await open_gcp_kms(key, endpoint=endpoint)
    channel = grpc.aio.insecure_channel(endpoint.removeprefix("http://"))
    client = KeyManagementServiceAsyncClient(transport=KeyManagementServiceGrpcAsyncIOTransport(channel=channel))
    context = {
        "additional_authenticated_data": _CONTEXT,
        "additional_authenticated_data_crc32c": google_crc32c.value(_CONTEXT),
    }

    async def encrypted() -> bytes:
        request = EncryptRequest(name=key, plaintext=_PLAIN, plaintext_crc32c=google_crc32c.value(_PLAIN), **context)
        answer = await client.encrypt(request, retry=None, timeout=10)
        return bytes(answer.ciphertext)

    sealed = await encrypted()

    async def encrypt(_: int) -> None:
        await encrypted()

    async def decrypt(_: int) -> None:
        request = DecryptRequest(name=key, ciphertext=sealed, ciphertext_crc32c=google_crc32c.value(sealed), **context)
        await client.decrypt(request, retry=None, timeout=10)

    yield await _pairs(manager, encrypt, decrypt)
    await channel.close()
    await manager.close()
