"""Secrets in Secret Manager: one secret of the project for each name, its versions numbered by the provider."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final, TypeVar

import google_crc32c
from google.api_core.exceptions import AlreadyExists, FailedPrecondition
from google.cloud.secretmanager_v1 import (
    AccessSecretVersionRequest,
    AddSecretVersionRequest,
    CreateSecretRequest,
    DestroySecretVersionRequest,
    ListSecretsRequest,
    ListSecretVersionsRequest,
    Replication,
    SecretManagerServiceAsyncClient,
    SecretPayload,
    SecretVersion,
)
from google.cloud.secretmanager_v1 import Secret as Kept
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import (
    SecretManagerServiceGrpcAsyncIOTransport,
)

from adapters.gcp.channels import opened_channel
from adapters.gcp.errors import Throttled, mapped
from adapters.gcp.patience import Patience
from ports.errors import InvalidArgument, NotFound, Unavailable
from ports.secret_checks import check_name, check_value
from ports.secrets import Capability, Secret, State, Version

T = TypeVar("T")

DEADLINE: Final = 10.0
"""How many seconds a call may take."""

_PROJECT: Final = re.compile(r"[a-z0-9:.-]+")
_PREFIX: Final = re.compile(r"[A-Za-z0-9_-]{0,127}")
_VERSION: Final = re.compile(r"[1-9][0-9]{0,17}")
_STATES: Final = {
    SecretVersion.State.ENABLED: State.READABLE,
    SecretVersion.State.DESTROYED: State.DESTROYED,
}


async def open_secrets(
    project: str,
    prefix: str = "",
    *,
    regions: tuple[str, ...] = (),
    endpoint: str | None = None,
    deadline: float = DEADLINE,
) -> "CloudSecretStore":
    """Return the store of the project's secrets whose names begin with `prefix`; asks the provider nothing.

    New secrets are kept in the `regions` alone, wherever the provider sees fit if there are none. Each call of the
    store takes at most `deadline` seconds. Raises InvalidArgument for a project or prefix that cannot be,
    PermissionDenied where this process has no credentials.
    """
    if _PROJECT.fullmatch(project) is None or _PREFIX.fullmatch(prefix) is None:
        raise InvalidArgument("a project has small letters, a prefix letters, digits, `_` and `-`")
    transport = SecretManagerServiceGrpcAsyncIOTransport
    channel = await opened_channel(transport, transport.DEFAULT_HOST, endpoint)
    return CloudSecretStore(project, prefix, regions, transport(channel=channel), Patience(deadline))


class CloudSecretStore:
    """A `SecretStore` in Secret Manager, through the transport that it is given and closes in the end.

    A version is destroyed at once unless its secret has been given a delay (`version_destroy_ttl`) by somebody else.
    """

    capabilities: frozenset[Capability] = frozenset(Capability)

    def __init__(
        self,
        project: str,
        prefix: str,
        regions: tuple[str, ...],
        transport: SecretManagerServiceGrpcAsyncIOTransport,
        patience: Patience,
    ) -> None:
        self._project = f"projects/{project}"
        self._prefix = prefix
        self._replication = _replication(regions)
        self._channel = transport.grpc_channel
        self._client = SecretManagerServiceAsyncClient(transport=transport)
        self._patience = patience

    async def get(self, name: str, version: str | None = None) -> Secret:
        path = self._version_path(name, version)
        return await self._asked(lambda: self._get(path))

    async def put(self, name: str, value: bytes) -> str:
        path = self._path(name)
        check_value(value)
        # Adding a version twice would do no harm, but would show a version too many.
        try:
            return await self._asked(lambda: self._add(path, value), Throttled)
        except NotFound:
            await self._asked(lambda: self._create(path))
            return await self._asked(lambda: self._add(path, value), Throttled)

    async def versions(self, name: str) -> list[Version]:
        path = self._path(name)
        found = await self._asked(lambda: self._list(path))
        with mapped():
            # The provider takes for the newest one the highest number that is not destroyed; here that is the highest.
            newest = max((_number(each) for each in found), default=0)
            listed = sorted(found, key=_number, reverse=True)
            return [_described(each, newest=_number(each) == newest) for each in listed]

    async def destroy(self, name: str, version: str) -> None:
        path = self._version_path(name, version)
        found = {each.version: each for each in await self.versions(name)}.get(version)
        if found is None:
            raise NotFound("there is no such version")
        if found.newest:
            raise InvalidArgument("the newest version is in use until another has been put")
        if found.state is not State.DESTROYED:
            await self._asked(lambda: self._destroy(path))

    async def check(self) -> None:
        await self._asked(self._look)

    async def close(self) -> None:
        await self._channel.close()

    def _path(self, name: str) -> str:
        check_name(name)
        return f"{self._project}/secrets/{self._prefix}{name}"

    def _version_path(self, name: str, version: str | None) -> str:
        path = self._path(name)
        if version is not None and _VERSION.fullmatch(version) is None:
            raise NotFound("there is no such version")
        return f"{path}/versions/{version or 'latest'}"

    async def _asked(self, attempt: Callable[[], Awaitable[T]], passing: type[Unavailable] = Unavailable) -> T:
        async def translated() -> T:
            with mapped():
                return await attempt()

        return await self._patience.again(translated, passing)

    async def _get(self, path: str) -> Secret:
        request = AccessSecretVersionRequest(name=path)
        answer = await self._client.access_secret_version(request, retry=None, timeout=self._patience.deadline)
        data = answer.payload.data
        if google_crc32c.value(data) != answer.payload.data_crc32c:
            raise Unavailable("the provider's answer was damaged on its way")
        return Secret(_last(answer.name), data)

    async def _add(self, path: str, value: bytes) -> str:
        payload = SecretPayload(data=value, data_crc32c=google_crc32c.value(value))
        request = AddSecretVersionRequest(parent=path, payload=payload)
        answer = await self._client.add_secret_version(request, retry=None, timeout=self._patience.deadline)
        return _last(answer.name)

    async def _create(self, path: str) -> None:
        kept = Kept(replication=self._replication)
        request = CreateSecretRequest(parent=self._project, secret_id=_last(path), secret=kept)
        try:
            await self._client.create_secret(request, retry=None, timeout=self._patience.deadline)
        except AlreadyExists:
            return  # Somebody else has made it meanwhile.

    async def _list(self, path: str) -> list[SecretVersion]:
        request = ListSecretVersionsRequest(parent=path)
        pages = await self._client.list_secret_versions(request, retry=None, timeout=self._patience.deadline)
        return [version async for version in pages]

    async def _destroy(self, path: str) -> None:
        request = DestroySecretVersionRequest(name=path)
        try:
            await self._client.destroy_secret_version(request, retry=None, timeout=self._patience.deadline)
        except FailedPrecondition:
            return  # It is destroyed, or about to be, already.

    async def _look(self) -> None:
        request = ListSecretsRequest(parent=self._project, page_size=1)
        await self._client.list_secrets(request, retry=None, timeout=self._patience.deadline)


def _replication(regions: tuple[str, ...]) -> Replication:
    if not regions:
        return Replication(automatic=Replication.Automatic())
    replicas = [Replication.UserManaged.Replica(location=region) for region in regions]
    return Replication(user_managed=Replication.UserManaged(replicas=replicas))


def _described(version: SecretVersion, *, newest: bool) -> Version:
    state = _STATES.get(version.state, State.WITHHELD)
    # The library's own kind of datetime counts nanoseconds.
    created = datetime.fromtimestamp(version.create_time.timestamp(), UTC)
    return Version(_last(version.name), state, created, newest)


def _number(version: SecretVersion) -> int:
    return int(_last(version.name))


def _last(path: str) -> str:
    return path.rpartition("/")[2]
