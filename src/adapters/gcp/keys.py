"""A key manager in Cloud KMS: a symmetric key, by its resource name.

A wrap is the provider's ciphertext as it is; the context is the additional authenticated data. Every request and every
answer carries the CRC32C of its bytes, as https://cloud.google.com/kms/docs/data-integrity-guidelines asks.
"""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final, TypeVar

import google_crc32c
from google.api_core.exceptions import InvalidArgument as Refused
from google.cloud.kms_v1 import (
    CryptoKey,
    CryptoKeyVersion,
    DecryptRequest,
    EncryptRequest,
    GetCryptoKeyRequest,
    KeyManagementServiceAsyncClient,
)
from google.cloud.kms_v1.services.key_management_service.transports import (
    KeyManagementServiceGrpcAsyncIOTransport,
)

from adapters.gcp.channels import opened_channel
from adapters.gcp.errors import mapped
from adapters.gcp.patience import Patience
from ports.errors import Corrupt, InvalidArgument, NotFound, Unavailable
from ports.key_checks import check_context, check_plain
from ports.keys import Capability, KeyState

T = TypeVar("T")

DEADLINE: Final = 10.0
"""How many seconds a call may take."""

_KEY: Final = re.compile(r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+")


async def open_kms(key: str, *, endpoint: str | None = None, deadline: float = DEADLINE) -> "CloudKeyManager":
    """Return the key manager of the key `projects/P/locations/L/keyRings/R/cryptoKeys/K`; asks the provider nothing.

    Each call of the manager takes at most `deadline` seconds. Raises InvalidArgument for another form of name,
    PermissionDenied where this process has no credentials.
    """
    if _KEY.fullmatch(key) is None:
        raise InvalidArgument("a key is named projects/P/locations/L/keyRings/R/cryptoKeys/K")
    transport = KeyManagementServiceGrpcAsyncIOTransport
    channel = await opened_channel(transport, transport.DEFAULT_HOST, endpoint)
    return CloudKeyManager(key, transport(channel=channel), Patience(deadline))


class CloudKeyManager:
    """Wraps with a key of Cloud KMS, through the transport that it is given and closes in the end.

    ROTATES_BY_ITSELF is declared from when `describe` has found a schedule. There is no REWRAP_WITHOUT_PLAINTEXT: the
    provider cannot encrypt anew what it has decrypted without handing it out.
    """

    def __init__(self, key: str, transport: KeyManagementServiceGrpcAsyncIOTransport, patience: Patience) -> None:
        self.name = f"gcp-kms:{key}"
        self.capabilities: frozenset[Capability] = frozenset()
        self._key = key
        self._channel = transport.grpc_channel
        self._client = KeyManagementServiceAsyncClient(transport=transport)
        self._patience = patience

    async def wrap(self, plain: bytes, context: bytes) -> bytes:
        check_plain(plain)
        check_context(context)
        return await self._asked(lambda: self._encrypt(plain, context))

    async def unwrap(self, wrap: bytes, context: bytes) -> bytes:
        check_context(context)
        return await self._asked(lambda: self._decrypt(wrap, context))

    async def rewrap(self, wrap: bytes, context: bytes) -> bytes:
        return await self.wrap(await self.unwrap(wrap, context), context)

    async def describe(self) -> KeyState:
        key = await self._asked(self._get)
        with mapped():
            return self._state(key)

    async def close(self) -> None:
        await self._channel.close()

    def _state(self, key: CryptoKey) -> KeyState:
        if key.primary.state != CryptoKeyVersion.CryptoKeyVersionState.ENABLED:
            raise NotFound("the wrapping key has no version that is enabled and primary")
        rotation = key.rotation_period or None
        self.capabilities = frozenset({Capability.ROTATES_BY_ITSELF} if rotation else ())
        # The library's own kind of datetime counts nanoseconds.
        created = datetime.fromtimestamp(key.primary.create_time.timestamp(), UTC)
        return KeyState(key.primary.name, created, rotation)

    async def _asked(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Every call may be repeated: at worst there is one wrap too many, which nobody has seen."""

        async def translated() -> T:
            with mapped():
                return await attempt()

        return await self._patience.again(translated)

    async def _encrypt(self, plain: bytes, context: bytes) -> bytes:
        request = EncryptRequest(
            name=self._key,
            plaintext=plain,
            plaintext_crc32c=google_crc32c.value(plain),
            additional_authenticated_data=context,
            additional_authenticated_data_crc32c=google_crc32c.value(context),
        )
        answer = await self._client.encrypt(request, retry=None, timeout=self._patience.deadline)
        if not (answer.verified_plaintext_crc32c and answer.verified_additional_authenticated_data_crc32c):
            raise Unavailable("the provider did not verify what it received")
        return _undamaged(answer.ciphertext, answer.ciphertext_crc32c)

    async def _decrypt(self, wrap: bytes, context: bytes) -> bytes:
        request = DecryptRequest(
            name=self._key,
            ciphertext=wrap,
            ciphertext_crc32c=google_crc32c.value(wrap),
            additional_authenticated_data=context,
            additional_authenticated_data_crc32c=google_crc32c.value(context),
        )
        try:
            answer = await self._client.decrypt(request, retry=None, timeout=self._patience.deadline)
        except Refused as exc:
            raise Corrupt("the wrap does not open") from exc
        return _undamaged(answer.plaintext, answer.plaintext_crc32c)

    async def _get(self) -> CryptoKey:
        request = GetCryptoKeyRequest(name=self._key)
        return await self._client.get_crypto_key(request, retry=None, timeout=self._patience.deadline)


def _undamaged(content: bytes, crc32c: int) -> bytes:
    """Damage on the way passes, so it is no damage of the wrap."""
    if google_crc32c.value(content) != crc32c:
        raise Unavailable("the provider's answer was damaged on its way")
    return content
