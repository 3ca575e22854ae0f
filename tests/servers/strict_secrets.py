"""AWS Secrets Manager as its API reference has it, where MiniStack is laxer: the operations that the adapter calls.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/ is what it was written from. A version that has lost its
last label is deprecated: it is listed to whoever asks for such, and stays for a while, here for good.
"""

import re
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from tests.servers.aws import REGION, Server
from tests.servers.aws_json import Refusal, served

CURRENT: Final = "AWSCURRENT"
PREVIOUS: Final = "AWSPREVIOUS"
VALUE_LIMIT: Final = 65_536
PAGE: Final = 3
"""A page of versions is as short as AWS may make one, so that whoever lists them must ask for the next."""

_NAME: Final = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9-]{32,64}")
_ARN: Final = f"arn:aws:secretsmanager:{REGION}:000000000000:secret:"
_BEGIN: Final = 1_760_000_000


@dataclass
class Version:
    """A value, as it came over the line, and the labels that it has."""

    id: str
    value: str
    created: int
    labels: set[str] = field(default_factory=set)


class StrictSecrets:
    """All secrets of one account in one region."""

    def __init__(self) -> None:
        self.secrets: dict[str, dict[str, Version]] = {}
        """By name, the versions by their ids, in the order in which they were made."""

        self.refuses = False
        self._clock = count(_BEGIN)
        self._do: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "CreateSecret": self._create_secret,
            "GetSecretValue": self._get_secret_value,
            "ListSecrets": self._list_secrets,
            "ListSecretVersionIds": self._list_secret_version_ids,
            "PutSecretValue": self._put_secret_value,
            "UpdateSecretVersionStage": self._update_secret_version_stage,
        }

    def answer(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked; raises Refusal."""
        if self.refuses:
            raise Refusal("AccessDeniedException")
        if operation not in self._do:
            raise Refusal("UnknownOperationException")
        return self._do[operation](asked)

    def _create_secret(self, asked: dict[str, Any]) -> dict[str, Any]:
        name = asked["Name"]
        if _NAME.fullmatch(name) is None:
            raise Refusal("ValidationException")
        there = self.secrets.get(name)
        if there is not None and asked["ClientRequestToken"] not in there:
            raise Refusal("ResourceExistsException")
        versions = self.secrets.setdefault(name, {})
        return _named(name, self._add(versions, asked))

    def _put_secret_value(self, asked: dict[str, Any]) -> dict[str, Any]:
        name, versions = self._secret(asked)
        version = self._add(versions, asked)
        return {**_named(name, version), "VersionStages": sorted(version.labels)}

    def _add(self, versions: dict[str, Version], asked: dict[str, Any]) -> Version:
        """Make the version that the token names, which is asked for again where an answer was lost, and only so."""
        token, value = asked["ClientRequestToken"], asked["SecretBinary"]
        if _TOKEN.fullmatch(token) is None or not 1 <= len(b64decode(value)) <= VALUE_LIMIT:
            raise Refusal("ValidationException")
        if token not in versions:
            versions[token] = Version(token, value, next(self._clock))
            _move(versions, token)
        elif versions[token].value != value:
            raise Refusal("ResourceExistsException")
        return versions[token]

    def _get_secret_value(self, asked: dict[str, Any]) -> dict[str, Any]:
        name, versions = self._secret(asked)
        wanted = asked.get("VersionId")
        found = [each for each in versions.values() if (each.id == wanted if wanted else CURRENT in each.labels)]
        if not found:
            raise Refusal("ResourceNotFoundException")
        (version,) = found
        return {**_named(name, version), **_described(version), "SecretBinary": version.value}

    def _list_secret_version_ids(self, asked: dict[str, Any]) -> dict[str, Any]:
        name, versions = self._secret(asked)
        listed = [each for each in versions.values() if each.labels or asked.get("IncludeDeprecated")]
        start = int(asked.get("NextToken", "0"))
        page = [_described(each) for each in listed[start : start + PAGE]]
        more = {"NextToken": str(start + PAGE)} if start + PAGE < len(listed) else {}
        return {"ARN": _ARN + name, "Name": name, "Versions": page, **more}

    def _update_secret_version_stage(self, asked: dict[str, Any]) -> dict[str, Any]:
        name, versions = self._secret(asked)
        label, to = asked["VersionStage"], asked.get("MoveToVersionId")
        holder = next((each for each in versions.values() if label in each.labels), None)
        if (None if holder is None else holder.id) != asked.get("RemoveFromVersionId"):
            raise Refusal("InvalidParameterException")
        if to is None and label == CURRENT:
            raise Refusal("InvalidParameterException")
        if to is not None and to not in versions:
            raise Refusal("ResourceNotFoundException")
        if to is not None and label == CURRENT:
            _move(versions, to)
        else:
            _label(versions, label, to)
        return {"ARN": _ARN + name, "Name": name}

    def _list_secrets(self, asked: dict[str, Any]) -> dict[str, Any]:
        listed = sorted(self.secrets)[: asked.get("MaxResults", 100)]
        return {"SecretList": [{"ARN": _ARN + name, "Name": name} for name in listed]}

    def _secret(self, asked: dict[str, Any]) -> tuple[str, dict[str, Version]]:
        name = asked["SecretId"].removeprefix(_ARN)
        if name not in self.secrets:
            raise Refusal("ResourceNotFoundException")
        return name, self.secrets[name]


def _move(versions: dict[str, Version], to: str) -> None:
    """Make a version the current one; the one before becomes the previous one, and that before loses its label."""
    before = next((each.id for each in versions.values() if CURRENT in each.labels), None)
    _label(versions, CURRENT, to)
    if before is not None and before != to:
        _label(versions, PREVIOUS, before)


def _label(versions: dict[str, Version], label: str, to: str | None) -> None:
    """Have a label on one version at the most."""
    for version in versions.values():
        version.labels.discard(label)
    if to is not None:
        versions[to].labels.add(label)


def _named(name: str, version: Version) -> dict[str, Any]:
    return {"ARN": _ARN + name, "Name": name, "VersionId": version.id}


def _described(version: Version) -> dict[str, Any]:
    """A version without labels has no list of them."""
    labels = {"VersionStages": sorted(version.labels)} if version.labels else {}
    return {"VersionId": version.id, "CreatedDate": version.created, **labels}


@contextmanager
def strict_secrets() -> Iterator[tuple[StrictSecrets, Server]]:
    """Serve it until the end of the block."""
    secrets = StrictSecrets()
    with served("secretsmanager.", secrets.answer) as server:
        yield secrets, server
