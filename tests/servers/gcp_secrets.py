"""Secret Manager as the adapter uses it: secrets, numbered versions, checksums, by Google's documentation.

https://cloud.google.com/secret-manager/docs/reference/rpc/google.cloud.secretmanager.v1
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import google_crc32c
from google.cloud.secretmanager_v1 import (
    AccessSecretVersionRequest,
    AccessSecretVersionResponse,
    AddSecretVersionRequest,
    CreateSecretRequest,
    DestroySecretVersionRequest,
    ListSecretsRequest,
    ListSecretsResponse,
    ListSecretVersionsRequest,
    ListSecretVersionsResponse,
    Secret,
    SecretPayload,
    SecretVersion,
)
from grpc import StatusCode

from tests.servers.gcp_grpc import Method, Refusal, Server, served

_LARGEST = 65_536
_PAGE = 2


class Provider:
    """What the service holds; tests take its permissions away, disable versions and damage answers."""

    def __init__(self) -> None:
        self.server: Server
        self.refused = False
        self.damage = False
        """Whether a bit of each value turns on its way."""

        self.secrets: dict[str, Secret] = {}
        self._versions: dict[str, list[SecretVersion]] = {}
        self._values: dict[str, bytes] = {}

    def disable(self, name: str) -> None:
        """Disable a version, as an operator can, and take back."""
        _put(self._version(name), "DISABLED")

    def create(self, request: CreateSecretRequest) -> Secret:
        """Make a secret without versions."""
        self._check()
        name = f"{request.parent}/secrets/{request.secret_id}"
        if name in self.secrets:
            raise Refusal(StatusCode.ALREADY_EXISTS, f"Secret [{name}] already exists.")
        self.secrets[name] = Secret(name=name, replication=request.secret.replication)
        self._versions[name] = []
        return self.secrets[name]

    def add(self, request: AddSecretVersionRequest) -> SecretVersion:
        """Make a version the newest one."""
        versions, payload = self._of(request.parent), request.payload
        if not 1 <= len(payload.data) <= _LARGEST:
            raise Refusal(StatusCode.INVALID_ARGUMENT, "The payload is empty or too long.")
        if "data_crc32c" in payload and payload.data_crc32c != google_crc32c.value(payload.data):
            raise Refusal(StatusCode.INVALID_ARGUMENT, "The checksum does not match.")
        name = f"{request.parent}/versions/{len(versions) + 1}"
        version = SecretVersion(name=name, state=SecretVersion.State.ENABLED, create_time=datetime.now(UTC))
        versions.append(version)
        self._values[name] = payload.data
        return version

    def access(self, request: AccessSecretVersionRequest) -> AccessSecretVersionResponse:
        """Return the value of a version, or of the newest that is not destroyed."""
        version = self._version(request.name)
        if version.state != SecretVersion.State.ENABLED:
            raise Refusal(StatusCode.FAILED_PRECONDITION, f"Secret Version [{version.name}] is in another state.")
        value = self._values[version.name]
        sent = bytes((value[0] ^ 1,)) + value[1:] if self.damage else value
        payload = SecretPayload(data=sent, data_crc32c=google_crc32c.value(value))
        return AccessSecretVersionResponse(name=version.name, payload=payload)

    def versions(self, request: ListSecretVersionsRequest) -> ListSecretVersionsResponse:
        """Return a page of versions, the newest first."""
        found = self._of(request.parent)[::-1]
        begin = int(request.page_token or 0)
        end = begin + _PAGE
        return ListSecretVersionsResponse(
            versions=found[begin:end], next_page_token=str(end) if end < len(found) else "", total_size=len(found)
        )

    def destroy(self, request: DestroySecretVersionRequest) -> SecretVersion:
        """Give up a value."""
        version = self._version(request.name)
        if version.state == SecretVersion.State.DESTROYED:
            raise Refusal(StatusCode.FAILED_PRECONDITION, f"Secret Version [{version.name}] is in DESTROYED state.")
        _put(version, "DESTROYED")
        del self._values[version.name]
        return version

    def list_secrets(self, request: ListSecretsRequest) -> ListSecretsResponse:
        """Return the first secrets."""
        self._check()
        return ListSecretsResponse(secrets=list(self.secrets.values())[: request.page_size])

    def _check(self) -> None:
        if self.refused:
            raise Refusal(StatusCode.PERMISSION_DENIED, "Permission denied.")

    def _of(self, name: str) -> list[SecretVersion]:
        self._check()
        if name not in self._versions:
            raise Refusal(StatusCode.NOT_FOUND, f"Secret [{name}] not found.")
        return self._versions[name]

    def _version(self, name: str) -> SecretVersion:
        secret, _, number = name.partition("/versions/")
        live = [each for each in self._of(secret) if each.state != SecretVersion.State.DESTROYED]
        found = live[-1:] if number == "latest" else [each for each in self._of(secret) if each.name == name]
        if not found:
            raise Refusal(StatusCode.NOT_FOUND, f"Secret Version [{name}] not found.")
        return found[0]


def _put(version: SecretVersion, state: str) -> None:
    version.state = getattr(SecretVersion.State, state)


@contextmanager
def secret_manager() -> Iterator[Provider]:
    """Serve a provider without secrets until the end of the block."""
    provider = Provider()
    methods = {
        "CreateSecret": Method(CreateSecretRequest, Secret, provider.create),
        "AddSecretVersion": Method(AddSecretVersionRequest, SecretVersion, provider.add),
        "AccessSecretVersion": Method(AccessSecretVersionRequest, AccessSecretVersionResponse, provider.access),
        "ListSecretVersions": Method(ListSecretVersionsRequest, ListSecretVersionsResponse, provider.versions),
        "DestroySecretVersion": Method(DestroySecretVersionRequest, SecretVersion, provider.destroy),
        "ListSecrets": Method(ListSecretsRequest, ListSecretsResponse, provider.list_secrets),
    }
    with served("google.cloud.secretmanager.v1.SecretManagerService", methods) as provider.server:
        yield provider
