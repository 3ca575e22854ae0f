"""Keys in AWS KMS: the wrapping key never leaves AWS, and each wrap names the key and version that made it."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from adapters.aws.clients import TRIES, session, settings
from adapters.aws.threads import Threads
from ports.errors import Corrupt, InvalidArgument, NotFound
from ports.key_checks import PLAIN_SIZE, check_context, check_plain
from ports.keys import Capability, KeyState

if TYPE_CHECKING:
    from mypy_boto3_kms.client import KMSClient
    from mypy_boto3_kms.type_defs import KeyMetadataTypeDef, RotationsListEntryTypeDef

DEADLINE: Final = 10.0
"""How many seconds a call may take, all its tries included."""

WRAP_LIMIT: Final = 6_144
"""The longest CiphertextBlob that KMS takes, in bytes."""

_CONTEXT: Final = "panorama"
_SYMMETRIC: Final = "SYMMETRIC_DEFAULT"
_KEY: Final = re.compile(r"(?:arn:aws[a-z-]*:kms:(?P<region>[a-z0-9-]+):[0-9]{12}:key/)?(?P<id>[0-9a-z-]+)")


async def open_kms(
    key: str, *, region: str, endpoint: str | None = None, deadline: float = DEADLINE
) -> "KmsKeyManager":
    """Return the manager of the KMS key that `key` names by its id or ARN; asks AWS nothing.

    Raises InvalidArgument for anything else, an alias too, and for an ARN of another region than `region`.
    """
    found = _KEY.fullmatch(key)
    if found is None:
        raise InvalidArgument("a KMS key is named by its id or ARN; where an alias leads may change")
    if found["region"] not in {None, region}:
        raise InvalidArgument("the KMS key is of another region than stated")
    threads = Threads(deadline)
    try:
        client = await threads.run(_connect, region, endpoint, deadline)
    except BaseException:
        threads.close()
        raise
    return KmsKeyManager(client, threads, key, found["id"])


class KmsKeyManager:
    """Wraps with KMS Encrypt; the context is one entry of the EncryptionContext, and so stands in CloudTrail.

    A multi-Region key has the same id in every region and its replicas open each other's wraps, so that they are one
    wrapping key with one name. ROTATES_BY_ITSELF is declared from when `describe` has found a schedule.
    """

    def __init__(self, client: "KMSClient", threads: Threads, key: str, key_id: str) -> None:
        self.name = f"aws-kms:{key_id}"
        self.capabilities = frozenset({Capability.REWRAP_WITHOUT_PLAINTEXT})
        self._client = client
        self._threads = threads
        self._key = key

    async def wrap(self, plain: bytes, context: bytes) -> bytes:
        check_plain(plain)
        return await self._threads.run(self._encrypt, plain, _bound(context))

    async def unwrap(self, wrap: bytes, context: bytes) -> bytes:
        bound = _bound(context)
        _check_wrap(wrap)
        return await self._threads.run(self._decrypt, wrap, bound)

    async def rewrap(self, wrap: bytes, context: bytes) -> bytes:
        bound = _bound(context)
        _check_wrap(wrap)
        return await self._threads.run(self._re_encrypt, wrap, bound)

    async def describe(self) -> KeyState:
        state = await self._threads.run(self._describe)
        by_itself = set[Capability]() if state.rotation is None else {Capability.ROTATES_BY_ITSELF}
        self.capabilities = frozenset({Capability.REWRAP_WITHOUT_PLAINTEXT, *by_itself})
        return state

    async def close(self) -> None:
        self._threads.close()
        self._client.close()

    def _encrypt(self, plain: bytes, bound: Mapping[str, str]) -> bytes:
        answer = self._client.encrypt(KeyId=self._key, Plaintext=plain, EncryptionContext=bound)
        return answer["CiphertextBlob"]

    def _decrypt(self, wrap: bytes, bound: Mapping[str, str]) -> bytes:
        answer = self._client.decrypt(KeyId=self._key, CiphertextBlob=wrap, EncryptionContext=bound)
        if len(answer["Plaintext"]) != PLAIN_SIZE:
            raise Corrupt("the wrap holds something else than a data key")
        return answer["Plaintext"]

    def _re_encrypt(self, wrap: bytes, bound: Mapping[str, str]) -> bytes:
        answer = self._client.re_encrypt(
            CiphertextBlob=wrap,
            SourceKeyId=self._key,
            SourceEncryptionContext=bound,
            DestinationKeyId=self._key,
            DestinationEncryptionContext=bound,
        )
        return answer["CiphertextBlob"]

    def _describe(self) -> KeyState:
        """Name the version by its key material, or by when it was made where KMS names none."""
        key = self._client.describe_key(KeyId=self._key)["KeyMetadata"]
        _check_key(key)
        status = self._client.get_key_rotation_status(KeyId=self._key)
        made = [key["CreationDate"], *(entry["RotationDate"] for entry in self._rotations() if "RotationDate" in entry)]
        version = key.get("CurrentKeyMaterialId") or f"{len(made)}-{max(made):%Y%m%dT%H%M%SZ}"
        days = status.get("RotationPeriodInDays") if status["KeyRotationEnabled"] else None
        return KeyState(version, max(made), None if days is None else timedelta(days=days))

    def _rotations(self) -> "list[RotationsListEntryTypeDef]":
        pages = self._client.get_paginator("list_key_rotations").paginate(KeyId=self._key)
        return [entry for page in pages for entry in page["Rotations"]]


def _connect(region: str, endpoint: str | None, deadline: float) -> "KMSClient":
    return session().client("kms", region_name=region, endpoint_url=endpoint, config=settings(deadline, TRIES))


def _check_key(key: "KeyMetadataTypeDef") -> None:
    if key.get("KeyState") not in {"Enabled", "Updating"}:
        raise NotFound("the KMS key is not enabled")
    if key.get("KeySpec", _SYMMETRIC) != _SYMMETRIC or key.get("KeyUsage") != "ENCRYPT_DECRYPT":
        raise InvalidArgument("the KMS key is not one for symmetric encryption")


def _check_wrap(wrap: bytes) -> None:
    if not 1 <= len(wrap) <= WRAP_LIMIT:
        raise Corrupt("no wrap of KMS has that size")


def _bound(context: bytes) -> Mapping[str, str]:
    """Return the context as KMS takes it; an empty one is bound by being none."""
    check_context(context)
    return {_CONTEXT: context.decode("ascii")} if context else {}
