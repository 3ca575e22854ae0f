"""What asks for documents: each function makes one call of the port a query of the portable subset."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from pymongo import ASCENDING, DESCENDING

from adapters.mongo.documents import id_range

_LIVE: Final = {"$gt": 0}
"""The `rev` of whatever is no tombstone."""


class Query(NamedTuple):
    """A selection of documents in an order, of which one batch is asked for."""

    condition: Mapping[str, Any]
    order: tuple[tuple[str, int], ...]
    limit: int


def page(scope: tuple[str, str], prefix: str, after: str | None, limit: int, *, reverse: bool) -> Query:
    """A page of the documents of one tenant and kind, tombstones included, in key order, beyond `after`."""
    first, last = id_range(*scope, prefix, after, reverse=reverse)
    condition = {"tenant": scope[0], "_id": {"$gte": first, "$lt": last}}
    direction = DESCENDING if reverse else ASCENDING
    return Query(condition, (("tenant", direction), ("_id", direction)), limit)


def everything(after: str | None, limit: int) -> Query:
    """A page of the documents of all tenants, tombstones included, beyond the id `after`: ids sort as references do."""
    return Query({"_id": {"$gt": after or ""}}, (("_id", ASCENDING),), limit)


def due(kind: str, before: datetime, limit: int) -> Query:
    """The live documents of one kind whose time has come, soonest first."""
    condition = {"kind": kind, "due": {"$lte": before}, "rev": _LIVE}
    return Query(condition, (("kind", ASCENDING), ("due", ASCENDING), ("_id", ASCENDING)), limit)


def unshipped(shipping: str, limit: int) -> Query:
    """The documents, tombstones included, under one value of `shipping`, longest waiting first."""
    return Query({"shipping": shipping}, (("shipping", ASCENDING), ("updated", ASCENDING), ("_id", ASCENDING)), limit)


def sealed_below(tenant: str, generation: int, limit: int) -> Query:
    """The live documents of a tenant under older generations."""
    condition = {"tenant": tenant, "generation": {"$gt": 0, "$lt": generation}, "rev": _LIVE}
    return Query(condition, (("tenant", ASCENDING), ("generation", ASCENDING), ("_id", ASCENDING)), limit)


def of_tenant(tenant: str, limit: int, after: str = "") -> Query:
    """Some documents of a tenant, tombstones included, in the order of their ids, beyond `after`."""
    condition = {"tenant": tenant, "_id": {"$gt": after}}
    return Query(condition, (("tenant", ASCENDING), ("_id", ASCENDING)), limit)
