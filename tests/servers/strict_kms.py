"""AWS KMS as its API reference describes it, where both emulators are laxer: the operations that the adapter calls.

https://docs.aws.amazon.com/kms/latest/APIReference/ is what it was written from. A CiphertextBlob names its key and key
material, so that older material still opens what it made, and is authenticated together with the encryption context.
"""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.servers.aws import REGION, Server
from tests.servers.aws_json import Refusal, served

PLAIN_LIMIT: Final = 4_096
ARN: Final = f"arn:aws:kms:{REGION}:000000000000:key/"
_CREATED: Final = 1_760_000_000
_ID: Final = 36
_HEADER: Final = _ID + 1
_NONCE: Final = 12


@dataclass
class Key:
    """A symmetric key and all its material, the newest last."""

    id: str
    materials: list[bytes] = field(default_factory=lambda: [os.urandom(32)])
    state: str = "Enabled"
    usage: str = "ENCRYPT_DECRYPT"
    period: int | None = None

    @property
    def arn(self) -> str:
        """Its full name."""
        return ARN + self.id


class StrictKms:
    """All keys of one account in one region."""

    def __init__(self) -> None:
        self.keys: dict[str, Key] = {}
        self.refuses = False
        self.failures: list[str] = []
        """Errors that the next calls are answered with."""

        self._do: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "CreateKey": self._create_key,
            "Decrypt": self._decrypt,
            "DescribeKey": self._describe_key,
            "EnableKeyRotation": self._enable_key_rotation,
            "Encrypt": self._encrypt,
            "GetKeyRotationStatus": self._get_key_rotation_status,
            "ListKeyRotations": self._list_key_rotations,
            "ReEncrypt": self._re_encrypt,
            "RotateKeyOnDemand": self._rotate_key_on_demand,
            "ScheduleKeyDeletion": self._schedule_key_deletion,
            "DisableKey": self._disable_key,
            "EnableKey": self._enable_key,
        }

    def answer(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked; raises Refusal."""
        if self.failures:
            raise Refusal(self.failures.pop(0))
        if self.refuses:
            raise Refusal("AccessDeniedException")
        if operation not in self._do:
            raise Refusal("UnknownOperationException")
        return self._do[operation](asked)

    def _key(self, asked: str) -> Key:
        key = self.keys.get(asked.removeprefix(ARN))
        if key is None:
            raise Refusal("NotFoundException")
        return key

    def _usable(self, key: Key) -> Key:
        if key.state != "Enabled":
            raise Refusal("DisabledException" if key.state == "Disabled" else "KMSInvalidStateException")
        return key

    def _create_key(self, asked: dict[str, Any]) -> dict[str, Any]:
        key = Key(str(uuid4()), usage=asked.get("KeyUsage", "ENCRYPT_DECRYPT"))
        self.keys[key.id] = key
        return self._describe_key({"KeyId": key.id})

    def _describe_key(self, asked: dict[str, Any]) -> dict[str, Any]:
        key = self._key(asked["KeyId"])
        return {
            "KeyMetadata": {
                "KeyId": key.id,
                "Arn": key.arn,
                "CreationDate": _CREATED,
                "KeySpec": "SYMMETRIC_DEFAULT",
                "KeyUsage": key.usage,
                "KeyState": key.state,
                "CurrentKeyMaterialId": f"{len(key.materials):064x}",
            }
        }

    def _encrypt(self, asked: dict[str, Any]) -> dict[str, Any]:
        key, plain = self._usable(self._key(asked["KeyId"])), b64decode(asked["Plaintext"])
        if not 1 <= len(plain) <= PLAIN_LIMIT:
            raise Refusal("ValidationException")
        return {"KeyId": key.arn, "CiphertextBlob": _text(_sealed(key, plain, asked.get("EncryptionContext", {})))}

    def _decrypt(self, asked: dict[str, Any]) -> dict[str, Any]:
        key, plain = self._opened(asked["CiphertextBlob"], asked.get("EncryptionContext", {}), asked.get("KeyId"))
        return {"KeyId": key.arn, "Plaintext": _text(plain)}

    def _re_encrypt(self, asked: dict[str, Any]) -> dict[str, Any]:
        source, plain = self._opened(
            asked["CiphertextBlob"], asked.get("SourceEncryptionContext", {}), asked.get("SourceKeyId")
        )
        to = self._usable(self._key(asked["DestinationKeyId"]))
        blob = _sealed(to, plain, asked.get("DestinationEncryptionContext", {}))
        return {"KeyId": to.arn, "SourceKeyId": source.arn, "CiphertextBlob": _text(blob)}

    def _opened(self, text: str, context: Mapping[str, str], key_id: str | None) -> tuple[Key, bytes]:
        """Open a blob with the key that it names, which must be the one that the caller names."""
        blob = b64decode(text)
        stated = None if key_id is None else self._usable(self._key(key_id))
        try:
            key = self.keys[blob[:_ID].decode("ascii")]
            material = key.materials[blob[_ID]]
            nonce, sealed = blob[_HEADER : _HEADER + _NONCE], blob[_HEADER + _NONCE :]
            plain = AESGCM(material).decrypt(nonce, sealed, _bound(blob[:_HEADER], context))
        except (InvalidTag, KeyError, IndexError, UnicodeDecodeError, ValueError) as exc:
            raise Refusal("InvalidCiphertextException") from exc
        if stated is not None and stated is not key:
            raise Refusal("IncorrectKeyException")
        return self._usable(key), plain

    def _get_key_rotation_status(self, asked: dict[str, Any]) -> dict[str, Any]:
        key = self._key(asked["KeyId"])
        period = {} if key.period is None else {"RotationPeriodInDays": key.period}
        return {"KeyId": key.arn, "KeyRotationEnabled": key.period is not None, **period}

    def _enable_key_rotation(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._usable(self._key(asked["KeyId"])).period = asked.get("RotationPeriodInDays", 365)
        return {}

    def _list_key_rotations(self, asked: dict[str, Any]) -> dict[str, Any]:
        key = self._key(asked["KeyId"])
        made = [
            {"KeyId": key.arn, "RotationDate": _CREATED + number, "RotationType": "ON_DEMAND"}
            for number in range(1, len(key.materials))
        ]
        return {"Rotations": made, "Truncated": False}

    def _rotate_key_on_demand(self, asked: dict[str, Any]) -> dict[str, Any]:
        key = self._usable(self._key(asked["KeyId"]))
        key.materials.append(os.urandom(32))
        return {"KeyId": key.arn}

    def _schedule_key_deletion(self, asked: dict[str, Any]) -> dict[str, Any]:
        key = self._key(asked["KeyId"])
        key.state = "PendingDeletion"
        return {"KeyId": key.arn, "KeyState": key.state}

    def _disable_key(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._key(asked["KeyId"]).state = "Disabled"
        return {}

    def _enable_key(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._key(asked["KeyId"]).state = "Enabled"
        return {}


def _sealed(key: Key, plain: bytes, context: Mapping[str, str]) -> bytes:
    header, nonce = key.id.encode() + bytes((len(key.materials) - 1,)), os.urandom(_NONCE)
    return header + nonce + AESGCM(key.materials[-1]).encrypt(nonce, plain, _bound(header, context))


def _bound(header: bytes, context: Mapping[str, str]) -> bytes:
    """Pairs are bound whatever their order, keys and values alike."""
    return header + json.dumps(dict(context), sort_keys=True).encode()


def _text(content: bytes) -> str:
    return b64encode(content).decode("ascii")


@contextmanager
def strict_kms() -> Iterator[tuple[StrictKms, Server]]:
    """Serve it until the end of the block."""
    kms = StrictKms()
    with served("TrentService.", kms.answer) as server:
        yield kms, server
