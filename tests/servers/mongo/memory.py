"""The strict back end: documents in memory, and a refusal of every command outside of the portable subset.

Written from MongoDB's documentation for exactly that subset; it knows the fields of a store's documents in general,
not their meaning.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import bson

from tests.servers.mongo.errors import Refused, not_supported
from tests.servers.mongo.scram import Credentials, Who
from tests.servers.mongo.subset import ADMINISTRATION, DOCUMENT_LIMIT, OutsideSubset, check, check_administration
from tests.servers.mongo.users import KnownUsers, User

_BATCH_LIMIT: Final = 16 << 20

_ORDERS: Final = {
    "$gt": lambda value, bound: value > bound,
    "$gte": lambda value, bound: value >= bound,
    "$lt": lambda value, bound: value < bound,
    "$lte": lambda value, bound: value <= bound,
}

Documents = dict[Any, dict[str, Any]]


class MemoryBackend:
    """Databases of collections of documents; given users, it lets nobody else in, and nobody do what he may not."""

    def __init__(self, users: Mapping[Who, User] | None = None) -> None:
        self._users = KnownUsers(users) if users else None
        self.credentials: Credentials | None = self._users
        self._collections: dict[tuple[str, str], Documents] = {}
        self._indexes: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}

    async def answer(self, command: dict[str, Any], user: Who | None) -> dict[str, Any]:
        """Do what is asked for; raises Refused."""
        name = next(iter(command))
        administration = name in ADMINISTRATION and self._users is not None and user is not None
        try:
            (check_administration if administration else check)(command)
        except OutsideSubset as error:
            raise not_supported(str(error)) from error
        if self._users is not None and user is not None:
            if administration:
                return self._users.administer(user, command)
            self._users.check(user, command)
        answer: dict[str, Any] = getattr(self, f"_{name.lower()}")((command["$db"], command[name]), command)
        return answer

    async def drop(self, database: str) -> None:
        """Forget a database, which the service never does."""
        for place in [place for place in self._indexes if place[0] == database]:
            self._collections.pop(place, None)
            del self._indexes[place]

    async def close(self) -> None:
        """Do nothing: memory needs no farewell."""

    def _ping(self, place: tuple[str, str], command: dict[str, Any]) -> dict[str, Any]:
        return {}

    def _endsessions(self, place: tuple[str, str], command: dict[str, Any]) -> dict[str, Any]:
        return {}

    def _find(self, place: tuple[str, str], command: dict[str, Any]) -> dict[str, Any]:
        found = [document for document in self._at(place).values() if _matches(document, command.get("filter", {}))]
        for field, direction in reversed(command.get("sort", {}).items()):
            found.sort(key=lambda document: _sortable(document.get(field)), reverse=direction < 0)
        batch: list[dict[str, Any]] = []
        size = 0
        for document in found[: command["limit"]]:
            shown = _projected(document, command.get("projection", {}))
            size += len(bson.encode(shown))
            if batch and size > _BATCH_LIMIT:
                break
            batch.append(shown)
        return {"cursor": {"firstBatch": batch, "id": bson.Int64(0), "ns": ".".join(place)}}

    def _insert(self, place: tuple[str, str], command: dict[str, Any]) -> dict[str, Any]:
        stored = self._at(place)
        for position, document in enumerate(command["documents"]):
            if document["_id"] in stored:
                failure = {"index": position, "code": 11000, "errmsg": "E11000 duplicate key error"}
                return {"n": position, "writeErrors": [failure]}
            stored[document["_id"]] = _checked(document)
        return {"n": len(command["documents"])}

    def _update(self, place: tuple[str, str], command: dict[str, Any]) -> dict[str, Any]:
        stored, matched, modified = self._at(place), 0, 0
        for update in command["updates"]:
            if (document := _found(stored, update["q"])) is None:
                continue
            changed = _checked(_updated(document, update["u"]))
            matched, modified = matched + 1, modified + (changed != document)
            stored[document["_id"]] = changed
        return {"n": matched, "nModified": modified}

    def _delete(self, place: tuple[str, str], command: dict[str, Any]) -> dict[str, Any]:
        stored, count = self._at(place), 0
        for deletion in command["deletes"]:
            if (document := _found(stored, deletion["q"])) is not None:
                del stored[document["_id"]]
                count += 1
        return {"n": count}

    def _createindexes(self, place: tuple[str, str], command: dict[str, Any]) -> dict[str, Any]:
        self._at(place)
        known = self._indexes[place]
        before = len(known)
        for index in command["indexes"]:
            if known.get(index["name"], dict(index)) != dict(index):
                raise Refused(86, "IndexKeySpecsConflict", "an index of this name has another key")
            known[index["name"]] = dict(index)
        return {"numIndexesBefore": before, "numIndexesAfter": len(known), "createdCollectionAutomatically": False}

    def _listindexes(self, place: tuple[str, str], command: dict[str, Any]) -> dict[str, Any]:
        if place not in self._indexes:
            raise Refused(26, "NamespaceNotFound", "ns does not exist")
        indexes = [{"v": 2, **index} for index in self._indexes[place].values()]
        return {"cursor": {"firstBatch": indexes, "id": bson.Int64(0), "ns": ".".join(place)}}

    def _at(self, place: tuple[str, str]) -> Documents:
        self._indexes.setdefault(place, {"_id_": {"key": {"_id": 1}, "name": "_id_"}})
        return self._collections.setdefault(place, {})


def _found(stored: Documents, condition: Mapping[str, Any]) -> dict[str, Any] | None:
    document = stored.get(condition["_id"])
    return document if document is not None and _matches(document, condition) else None


def _matches(document: Mapping[str, Any], condition: Mapping[str, Any]) -> bool:
    return all(_fits(document.get(field), operand) for field, operand in condition.items())


def _fits(value: Any, operand: Any) -> bool:
    if not isinstance(operand, Mapping):
        return bool(value == operand)
    return all(_holds(value, operator, bound) for operator, bound in operand.items())


def _holds(value: Any, operator: str, bound: Any) -> bool:
    """A value of another type than the bound's, or none at all, is on neither side of it."""
    if operator == "$in":
        return value in bound
    return isinstance(value, type(bound) if not isinstance(bound, int) else int) and _ORDERS[operator](value, bound)


def _sortable(value: Any) -> tuple[bool, Any]:
    """Return what values of one type, and missing ones before them, are ordered by."""
    return (value is not None, value)


def _projected(document: dict[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in document.items() if not shown or field in shown or field == "_id"}


def _updated(document: dict[str, Any], update: Mapping[str, Any]) -> dict[str, Any]:
    operators: Iterable[str] = [name for name in update if name.startswith("$")]
    if not operators:
        if update.get("_id", document["_id"]) != document["_id"]:
            raise Refused(66, "ImmutableField", "the _id is immutable")
        return {"_id": document["_id"], **update}
    removed = update.get("$unset", {})
    return {field: value for field, value in document.items() if field not in removed} | dict(update.get("$set", {}))


def _checked(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document as it comes back from BSON."""
    content = bson.encode(document)
    if len(content) > DOCUMENT_LIMIT:
        raise Refused(10334, "BSONObjectTooLarge", "a document is larger than the portable subset allows")
    return bson.decode(content)
