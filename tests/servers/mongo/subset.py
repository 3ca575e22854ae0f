"""The portable subset of MongoDB's commands that the service may send, and nothing else.

Command by command and field by field, from https://www.mongodb.com/docs/manual/reference/command/: what every service
that speaks the protocol does alike. The gateway in memory refuses whatever else it is sent, and a listener in the
contract suite fails on whatever else is sent to any server.
"""

from collections.abc import Mapping
from typing import Any, Final

_SESSION: Final = frozenset({"$db", "lsid", "$clusterTime", "$readPreference", "maxTimeMS"})
_READ: Final = _SESSION | {"readConcern"}
_WRITE: Final = _SESSION | {"ordered", "writeConcern"}

_FIELDS: Final[dict[str, frozenset[str]]] = {
    "hello": frozenset(),
    "ismaster": frozenset(),
    "saslStart": frozenset(),
    "saslContinue": frozenset(),
    "ping": _SESSION,
    "endSessions": _SESSION,
    "find": _READ | {"filter", "projection", "sort", "limit", "singleBatch", "batchSize"},
    "insert": _WRITE | {"documents"},
    "update": _WRITE | {"updates"},
    "delete": _WRITE | {"deletes"},
    "createIndexes": _SESSION | {"indexes", "writeConcern"},
    "listIndexes": _SESSION | {"cursor"},
}

ADMINISTRATION: Final[dict[str, frozenset[str]]] = {
    "createUser": _SESSION | {"pwd", "roles", "writeConcern"},
    "updateUser": _SESSION | {"pwd", "writeConcern"},
    "usersInfo": _SESSION,
    "connectionStatus": _SESSION | {"showPrivileges"},
    "createRole": _SESSION | {"privileges", "roles"},
}
"""What changes users, and is sent by the rotation of passwords alone; createRole, by an operator."""

INDEXED: Final = frozenset({"_id", "tenant", "kind", "rev", "due", "shipping", "updated", "generation"})
"""The top-level fields that an index holds."""

DOCUMENT_LIMIT: Final = 2 << 20
"""The most bytes that a document may have."""

FIRST_BATCH: Final = 101
"""The most documents that a server sends in a first batch of which nobody said how large it may be."""


class OutsideSubset(Exception):
    """A command, or something in it, that not every service understands alike."""


def check(command: Mapping[str, Any]) -> None:
    """Raise OutsideSubset, saying what, unless the command is part of the subset."""
    name = next(iter(command))
    _within({name}, _FIELDS, "the command")
    if not _FIELDS[name]:
        return
    _within(command.keys() - {name}, _FIELDS[name], f"of {name} the field")
    if name == "find":
        _check_find(command)
    if name in {"insert", "update", "delete"}:
        _expect(command.get("ordered", True) is True, "an unordered batch")
        _expect(command.get("writeConcern", {}).get("w") == "majority", "a write that no majority confirms")
    for update in command.get("updates", ()):
        _check_update(update)
    for deletion in command.get("deletes", ()):
        _within(deletion.keys(), {"q", "limit"}, "of delete the field")
        _expect(deletion["limit"] == 1, "a delete of several documents")
        _check_place(deletion["q"])
    for index in command.get("indexes", ()):
        _within(index.keys(), {"key", "name", "unique"}, "of an index the option")
        _expect(all(direction in {1, -1} for direction in index["key"].values()), "an index of another type")


def check_administration(command: Mapping[str, Any]) -> None:
    """Raise OutsideSubset, saying what, unless the command changes users as the rotation of passwords does."""
    name = next(iter(command))
    _within({name}, ADMINISTRATION, "the command")
    _within(command.keys() - {name}, ADMINISTRATION[name], f"of {name} the field")


def _check_find(command: Mapping[str, Any]) -> None:
    _expect(command.get("readConcern", {}).get("level") == "majority", "a read that can be rolled back")
    _expect(command.get("limit", 0) >= 1 and command.get("singleBatch", False) is True, "a find of several batches")
    _expect(command.get("batchSize", FIRST_BATCH) >= command["limit"], "a batch smaller than the limit")
    condition = command.get("filter", {})
    _within(condition.keys(), INDEXED, "the filter on")
    for operand in condition.values():
        if isinstance(operand, Mapping):
            _within(operand.keys(), {"$in", "$gt", "$gte", "$lt", "$lte"}, "the operator")
    by_place = set(condition) == {"_id"} and not isinstance(condition["_id"], Mapping)
    _expect(by_place or bool(command.get("sort")), "a find without an order")
    _within(command.get("sort", {}).keys(), INDEXED, "the order by")
    _expect(all(shown == 1 for shown in command.get("projection", {}).values()), "a projection that leaves out")


def _check_update(update: Mapping[str, Any]) -> None:
    _within(update.keys(), {"q", "u", "multi", "upsert"}, "of update the field")
    _expect(not update.get("multi", False), "an update of several documents")
    _expect(not update.get("upsert", False), "an upsert")
    _check_place(update["q"])
    _expect(isinstance(update["u"], Mapping), "an update by a pipeline")
    operators = {name for name in update["u"] if name.startswith("$")}
    _within(operators, {"$set", "$unset"}, "the operator")
    for operator in operators:
        _expect(not any("." in field for field in update["u"][operator]), "an update inside of a field")


def _check_place(condition: Mapping[str, Any]) -> None:
    _expect("_id" in condition, "a write that names no _id")
    _within(condition.keys(), {"_id", "rev"}, "a write filtered on")
    plain = all(isinstance(value, str | int) for value in condition.values())
    _expect(plain, "a write filtered by an operator")


def _within(names: Any, allowed: Any, what: str) -> None:
    for name in sorted(names):
        _expect(name in allowed, f"{what} {name}")


def _expect(holds: bool, what: str) -> None:  # noqa: FBT001 - reads like assert
    if not holds:
        raise OutsideSubset(f"{what} is not in the portable subset")
