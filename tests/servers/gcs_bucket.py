"""What Cloud Storage does with objects, by Google's documentation: generations, preconditions, retention, holds.

https://cloud.google.com/storage/docs/json_api/v1/objects and https://cloud.google.com/storage/docs/request-preconditions
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import google_crc32c

_CHANGEABLE = frozenset({"retention", "temporaryHold", "eventBasedHold", "metadata"})
_GENERATIONS = count(1_700_000_000_000_000)


class Answer(Exception):
    """The service answers with a status that is no success."""

    def __init__(self, status: int, reason: str = "") -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason


def _now() -> datetime:
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def crc32c_of(content: bytes) -> str:
    """Return the checksum as the service writes it."""
    return base64.b64encode(google_crc32c.value(content).to_bytes(4, "big")).decode()


@dataclass
class Stored:
    """One generation of one object."""

    resource: dict[str, Any]
    content: bytes

    def matches(self, query: Mapping[str, str]) -> bool:
        """Whether the preconditions hold for it."""
        expected = {
            "ifGenerationMatch": self.resource["generation"],
            "ifMetagenerationMatch": self.resource["metageneration"],
            "generation": self.resource["generation"],
        }
        return all(query.get(name, value) == value for name, value in expected.items())

    def check_unlocked(self) -> None:
        """Answer 403 while a hold or a lock keeps it as it is."""
        until = self.resource.get("retention", {}).get("retainUntilTime")
        held = self.resource.get("temporaryHold") or self.resource.get("eventBasedHold")
        if held or (until and datetime.fromisoformat(until) > _now()):
            raise Answer(403, "retentionPolicyNotMet")


@dataclass
class Bucket:
    """One bucket, used by one request at a time."""

    name: str
    object_retention: bool = False
    objects: dict[bytes, Stored] = field(default_factory=dict)
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Uploads in parts that have not ended."""

    def resource(self) -> dict[str, Any]:
        """Return what the service says of the bucket."""
        retention = {"objectRetention": {"mode": "Enabled"}} if self.object_retention else {}
        return {"kind": "storage#bucket", "name": self.name, "metageneration": "1", **retention}

    def find(self, name: str, query: Mapping[str, str]) -> Stored:
        """Return the live object; 404 where there is none, 412 where a precondition fails."""
        found = self.objects.get(name.encode())
        if found is None or query.get("generation", found.resource["generation"]) != found.resource["generation"]:
            raise Answer(404, "notFound")
        if not found.matches(query):
            raise Answer(412, "conditionNotMet")
        return found

    def insert(self, given: Mapping[str, Any], content: bytes, query: Mapping[str, str]) -> dict[str, Any]:
        """Store a new generation."""
        name: str = given["name"]
        if not 1 <= len(name.encode()) <= 1024 or name in {".", ".."} or "\n" in name or "\r" in name:
            raise Answer(400, "invalid")
        if given.get("crc32c", crc32c_of(content)) != crc32c_of(content):
            raise Answer(400, "invalid")
        self.check_insert(name, query)
        if (replaced := self.objects.get(name.encode())) is not None:
            replaced.check_unlocked()
        resource = {
            "kind": "storage#object",
            "bucket": self.name,
            "contentType": given.get("contentType", "application/octet-stream"),
            "name": name,
            "size": str(len(content)),
            "generation": str(next(_GENERATIONS)),
            "metageneration": "1",
            "crc32c": crc32c_of(content),
            "timeCreated": _now().isoformat().replace("+00:00", "Z"),
        }
        self.objects[name.encode()] = Stored(resource, content)
        return resource

    def check_insert(self, name: str, query: Mapping[str, str]) -> None:
        """Answer 412 unless the generation that is there, 0 for none, is the expected one."""
        found = self.objects.get(name.encode())
        generation = found.resource["generation"] if found else "0"
        if query.get("ifGenerationMatch", generation) != generation:
            raise Answer(412, "conditionNotMet")

    def patch(self, name: str, change: Mapping[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
        """Change what is said of the object; a locked retention only grows."""
        stored = self.find(name, query)
        if "retention" in change:
            self._check_retention(stored.resource.get("retention"), change["retention"])
        stored.resource = {
            **stored.resource,
            **{
                key: change[key]
                for key in ("retention", "temporaryHold", "eventBasedHold", "metadata")
                if key in change
            },
            "metageneration": str(int(stored.resource["metageneration"]) + 1),
        }
        return stored.resource

    def delete(self, name: str, query: Mapping[str, str]) -> None:
        """Remove the object."""
        self.find(name, query).check_unlocked()
        del self.objects[name.encode()]

    def listing(self, query: Mapping[str, str], largest_page: int) -> dict[str, Any]:
        """Return a page in the order of UTF-8; the token of the next page is the name that it begins with."""
        begin = max(query.get("startOffset", ""), query.get("pageToken", ""), key=str.encode).encode()
        prefix = query.get("prefix", "").encode()
        names = sorted(name for name in self.objects if name.startswith(prefix) and name >= begin)
        size = min(int(query.get("maxResults", "1000")), largest_page)
        page: dict[str, Any] = {"items": [self.objects[name].resource for name in names[:size]]}
        return {**page, "nextPageToken": names[size].decode()} if names[size:] else page

    def _check_retention(self, current: Mapping[str, str] | None, wanted: Mapping[str, str] | None) -> None:
        if not wanted:
            if current and current["mode"] == "Locked":
                raise Answer(403, "forbidden")
            return
        until = datetime.fromisoformat(wanted["retainUntilTime"])
        if not self.object_retention or until < _now():
            raise Answer(400, "invalid")
        is_locked = current is not None and current["mode"] == "Locked"
        if (
            current
            and is_locked
            and (wanted["mode"] != "Locked" or until < datetime.fromisoformat(current["retainUntilTime"]))
        ):
            raise Answer(403, "forbidden")
