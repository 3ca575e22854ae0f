"""Cloud KMS as the adapter uses it: versions, additional data and checksums, by Google's documentation.

https://cloud.google.com/kms/docs/reference/rpc/google.cloud.kms.v1
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import google_crc32c
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.cloud.kms_v1 import (
    CryptoKey,
    CryptoKeyVersion,
    DecryptRequest,
    DecryptResponse,
    EncryptRequest,
    EncryptResponse,
    GetCryptoKeyRequest,
)
from grpc import StatusCode

from tests.fakes.sources import FakeRandom
from tests.servers.gcp_grpc import Method, Refusal, Server, served

State = CryptoKeyVersion.CryptoKeyVersionState

_KIND = b"\x01"
_NUMBER = 4
_NONCE = 12
_LARGEST = 65_536


class Provider:
    """What the service holds; tests turn its keys, versions and permissions about."""

    def __init__(self) -> None:
        self.refused: set[str] = set()
        """Keys that this identity may not use."""

        self.damage = False
        """Whether a bit of each answer's bytes turns on its way."""

        self.server: Server
        self._random = FakeRandom("cloud")
        self._keys: dict[str, CryptoKey] = {}
        self._versions: dict[str, CryptoKeyVersion] = {}
        self._secrets: dict[str, bytes] = {}

    def create_key(self, name: str, *, rotation: timedelta | None = None) -> str:
        """Make a key with one version and return its resource name."""
        key = f"projects/p/locations/us-east1/keyRings/r/cryptoKeys/{name}"
        self._keys[key] = CryptoKey(name=key, purpose=CryptoKey.CryptoKeyPurpose.ENCRYPT_DECRYPT)
        if rotation is not None:
            self._keys[key].rotation_period = rotation
        self.rotate(key)
        return key

    def rotate(self, key: str) -> None:
        """Make a new version the primary one."""
        number = 1 + len(self._of(key))
        version = CryptoKeyVersion(
            name=f"{key}/cryptoKeyVersions/{number}",
            state=State.ENABLED,
            create_time=datetime(2026, 1, number, tzinfo=UTC),
        )
        self._versions[version.name] = version
        self._secrets[version.name] = self._random(32)
        self._keys[key].primary = version

    def disable(self, key: str) -> None:
        """Disable every version of the key, as an operator can, and take back."""
        self._put(key, "DISABLED")

    def enable(self, key: str) -> None:
        """Take that back."""
        self._put(key, "ENABLED")

    def destroy(self, key: str) -> None:
        """Destroy every version of the key."""
        self._put(key, "DESTROYED")

    def get(self, request: GetCryptoKeyRequest) -> CryptoKey:
        """Return a key and its primary version."""
        return self._key(request.name)

    def encrypt(self, request: EncryptRequest) -> EncryptResponse:
        """Encrypt under the primary version."""
        version = self._usable(self._key(request.name).primary.name)
        verified = _matches(request.plaintext, request.plaintext_crc32c, "plaintext" if _has_plain(request) else None)
        context = request.additional_authenticated_data
        also = _matches(context, request.additional_authenticated_data_crc32c, "aad" if _has_context(request) else None)
        if len(request.plaintext) > _LARGEST or len(context) > _LARGEST:
            raise Refusal(StatusCode.INVALID_ARGUMENT, "too long")
        nonce, number = self._random(_NONCE), int(version.rsplit("/", 1)[1])
        sealed = AESGCM(self._secrets[version]).encrypt(nonce, request.plaintext, context)
        ciphertext = _KIND + number.to_bytes(_NUMBER, "big") + nonce + sealed
        return EncryptResponse(
            name=version,
            ciphertext=self._on_its_way(ciphertext),
            ciphertext_crc32c=google_crc32c.value(ciphertext),
            verified_plaintext_crc32c=verified,
            verified_additional_authenticated_data_crc32c=also,
        )

    def decrypt(self, request: DecryptRequest) -> DecryptResponse:
        """Decrypt with whichever version of the key it was."""
        self._key(request.name)
        ciphertext, context = request.ciphertext, request.additional_authenticated_data
        _matches(ciphertext, request.ciphertext_crc32c, "ciphertext")
        _matches(context, request.additional_authenticated_data_crc32c, "aad")
        head, nonce, sealed = ciphertext[:5], ciphertext[5:17], ciphertext[17:]
        version = f"{request.name}/cryptoKeyVersions/{int.from_bytes(head[1:], 'big')}"
        failed = Refusal(StatusCode.INVALID_ARGUMENT, "Decryption failed: verify 'name'.")
        if head[:1] != _KIND or version not in self._versions:
            raise failed
        try:
            plain = AESGCM(self._secrets[self._usable(version)]).decrypt(nonce, sealed, context)
        except (InvalidTag, ValueError) as exc:
            raise failed from exc
        return DecryptResponse(plaintext=self._on_its_way(plain), plaintext_crc32c=google_crc32c.value(plain))

    def _put(self, key: str, state: str) -> None:
        for version in [*self._of(key), self._keys[key].primary]:
            version.state = getattr(State, state)

    def _of(self, key: str) -> list[CryptoKeyVersion]:
        return [version for name, version in self._versions.items() if name.startswith(f"{key}/")]

    def _key(self, name: str) -> CryptoKey:
        if name in self.refused:
            raise Refusal(StatusCode.PERMISSION_DENIED, "Permission denied.")
        if name not in self._keys:
            raise Refusal(StatusCode.NOT_FOUND, f"CryptoKey {name} not found.")
        return self._keys[name]

    def _usable(self, name: str) -> str:
        if (state := self._versions[name].state) != State.ENABLED:
            raise Refusal(StatusCode.FAILED_PRECONDITION, f"{name} is not enabled, current state is: {state.name}.")
        return name

    def _on_its_way(self, content: bytes) -> bytes:
        return bytes((content[0] ^ 1,)) + content[1:] if self.damage else content


@contextmanager
def cloud_kms() -> Iterator[Provider]:
    """Serve a provider without keys until the end of the block."""
    provider = Provider()
    methods = {
        "GetCryptoKey": Method(GetCryptoKeyRequest, CryptoKey, provider.get),
        "Encrypt": Method(EncryptRequest, EncryptResponse, provider.encrypt),
        "Decrypt": Method(DecryptRequest, DecryptResponse, provider.decrypt),
    }
    with served("google.cloud.kms.v1.KeyManagementService", methods) as provider.server:
        yield provider


def _has_plain(request: EncryptRequest) -> bool:
    return "plaintext_crc32c" in request


def _has_context(request: EncryptRequest) -> bool:
    return "additional_authenticated_data_crc32c" in request


def _matches(content: bytes, crc32c: int, what: str | None) -> bool:
    """Whether a checksum came along; one that does not fit is refused."""
    if what is not None and google_crc32c.value(content) != crc32c:
        raise Refusal(StatusCode.INVALID_ARGUMENT, f"The checksum of the {what} does not match.")
    return what is not None
