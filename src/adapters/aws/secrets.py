"""Secrets in AWS Secrets Manager: one secret of the account for each name, its versions told apart by AWS's ids."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from adapters.aws.clients import TRIES, session, settings
from adapters.aws.errors import code_of
from adapters.aws.threads import Threads
from ports.errors import InvalidArgument, NotFound
from ports.secret_checks import check_name, check_value
from ports.secrets import Capability, Secret, State, Version

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient
    from mypy_boto3_secretsmanager.type_defs import SecretVersionsListEntryTypeDef

DEADLINE: Final = 10.0
"""How many seconds a call may take, all its tries included."""

_PREFIX: Final = re.compile(r"[A-Za-z0-9/_+=.@-]{0,256}")
_VERSION: Final = re.compile(r"[A-Za-z0-9-]{32,64}")
_CURRENT: Final = "AWSCURRENT"
_PREVIOUS: Final = "AWSPREVIOUS"
_NOT_LABELLED: Final = frozenset({"InvalidParameterException", "ResourceNotFoundException"})
"""What AWS answers where a version does not have the label, or is gone."""


async def open_secrets(
    prefix: str = "", *, region: str, endpoint: str | None = None, deadline: float = DEADLINE
) -> "AwsSecretStore":
    """Return the store of the secrets whose names begin with `prefix`; asks AWS nothing.

    Raises InvalidArgument for a prefix that no secret can have.
    """
    if _PREFIX.fullmatch(prefix) is None:
        raise InvalidArgument("a prefix is at most 256 letters, digits and `/_+=.@-`")
    threads = Threads(deadline)
    try:
        client = await threads.run(_connect, region, endpoint, deadline)
    except BaseException:
        threads.close()
        raise
    return AwsSecretStore(client, prefix, threads)


class AwsSecretStore:
    """A `SecretStore` in AWS Secrets Manager, which keeps the newest version and the one before it readable.

    A version without a label is withheld, and AWS gives it up in its own time; to destroy one is to take its label.
    """

    capabilities: frozenset[Capability] = frozenset()

    def __init__(self, client: "SecretsManagerClient", prefix: str, threads: Threads) -> None:
        self._client = client
        self._prefix = prefix
        self._threads = threads

    async def get(self, name: str, version: str | None = None) -> Secret:
        check_name(name)
        return await self._threads.run(self._get, self._prefix + name, version)

    async def put(self, name: str, value: bytes) -> str:
        check_name(name)
        check_value(value)
        return await self._threads.run(self._put, self._prefix + name, value)

    async def versions(self, name: str) -> list[Version]:
        check_name(name)
        return await self._threads.run(self._versions, self._prefix + name)

    async def destroy(self, name: str, version: str) -> None:
        check_name(name)
        await self._threads.run(self._destroy, self._prefix + name, version)

    async def check(self) -> None:
        await self._threads.run(self._client.list_secrets, MaxResults=1)

    async def close(self) -> None:
        self._threads.close()
        self._client.close()

    def _get(self, secret: str, version: str | None) -> Secret:
        if version is None:
            said = self._client.get_secret_value(SecretId=secret)
        elif _VERSION.fullmatch(version):
            said = self._client.get_secret_value(SecretId=secret, VersionId=version)
        else:
            raise NotFound("no version of a secret has such an id")
        if not _readable(said.get("VersionStages", [])):
            raise NotFound("the version is withheld")
        text: str | None = said.get("SecretString")
        return Secret(said["VersionId"], said["SecretBinary"] if text is None else text.encode())

    def _put(self, secret: str, value: bytes) -> str:
        try:
            return self._client.put_secret_value(SecretId=secret, SecretBinary=value)["VersionId"]
        except ClientError as exc:
            if code_of(exc) != "ResourceNotFoundException":
                raise
        try:
            return self._client.create_secret(Name=secret, SecretBinary=value)["VersionId"]
        except ClientError as exc:
            if code_of(exc) != "ResourceExistsException":
                raise
        return self._client.put_secret_value(SecretId=secret, SecretBinary=value)["VersionId"]

    def _versions(self, secret: str) -> list[Version]:
        return [_described(each) for each in self._list(secret)]

    def _list(self, secret: str) -> "list[SecretVersionsListEntryTypeDef]":
        found: list[SecretVersionsListEntryTypeDef] = []
        more: dict[str, Any] = {}
        while True:
            page = self._client.list_secret_version_ids(SecretId=secret, IncludeDeprecated=True, **more)
            found += page["Versions"]
            if not page.get("NextToken"):
                break
            more = {"NextToken": page["NextToken"]}
        return sorted(found, key=lambda each: (_rank(each.get("VersionStages", [])), each["CreatedDate"]), reverse=True)

    def _labels(self, secret: str) -> dict[str, Sequence[str]]:
        """Return the labels of each version that AWS knows of."""
        return {each["VersionId"]: each.get("VersionStages", []) for each in self._list(secret)}

    def _destroy(self, secret: str, version: str) -> None:
        labels = self._labels(secret)
        if version not in labels:
            raise NotFound("there is no such version")
        if _CURRENT in labels[version]:
            raise InvalidArgument("the newest version is in use until another has been put")
        for label in labels[version]:
            self._remove_label(secret, version, label)

    def _remove_label(self, secret: str, version: str, label: str) -> None:
        """Remove a label, which may be gone already: by another process, or by a try whose answer was lost.

        AWS refuses to remove a label that is not there, so after a refusal the version is looked at again.
        """
        try:
            self._client.update_secret_version_stage(SecretId=secret, VersionStage=label, RemoveFromVersionId=version)
        except ClientError as exc:
            if code_of(exc) not in _NOT_LABELLED or label in self._labels(secret).get(version, []):
                raise


def _connect(region: str, endpoint: str | None, deadline: float) -> "SecretsManagerClient":
    return session().client(
        "secretsmanager", region_name=region, endpoint_url=endpoint, config=settings(deadline, TRIES)
    )


def _described(said: "SecretVersionsListEntryTypeDef") -> Version:
    labels = said.get("VersionStages", [])
    state = State.READABLE if _readable(labels) else State.WITHHELD
    return Version(said["VersionId"], state, said["CreatedDate"], newest=_CURRENT in labels)


def _readable(labels: Sequence[str]) -> bool:
    return _rank(labels) > 0


def _rank(labels: Sequence[str]) -> int:
    """Order versions by their labels first: AWS tells times too coarsely to order what was put at once."""
    return 2 if _CURRENT in labels else int(_PREVIOUS in labels)
