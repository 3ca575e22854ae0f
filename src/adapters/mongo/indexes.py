"""The indexes that the queries need: made by `panorama storage prepare`, looked for whenever a store is opened."""

from typing import Any, Final

from pymongo import ASCENDING, IndexModel
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.documents import Document
from ports.errors import NotFound, Unsupported

INDEXES: Final[dict[str, tuple[str, ...]]] = {
    "tenant": ("tenant", "_id"),
    "due": ("kind", "due", "_id", "rev"),
    "unshipped": ("shipping", "updated", "_id"),
    "sealed": ("tenant", "generation", "_id", "rev"),
}
"""Each index by its name, with its fields in their order, all ascending.

None is unique: `_id` alone must be, and what is sharded by a hash cannot have another unique index.
"""


async def check_indexes(records: AsyncCollection[Document]) -> None:
    """Raise NotFound naming each index that is missing, Unsupported naming each that is not what it should be."""
    found = await existing(records)
    if foreign := sorted(name for name, fields in INDEXES.items() if name in found and found[name] != fields):
        raise Unsupported(f"the database has other indexes under the names of ours: {', '.join(foreign)}")
    if missing := sorted(set(INDEXES) - set(found)):
        raise NotFound(f"`panorama storage prepare` has not made the indexes {', '.join(missing)}")


async def make_indexes(records: AsyncCollection[Document]) -> tuple[str, ...]:
    """Make the indexes that are missing, and the collection with them; return their names. Raises Unsupported."""
    found = await existing(records)
    missing = {name: fields for name, fields in INDEXES.items() if name not in found}
    if missing:
        models = [IndexModel([(field, ASCENDING) for field in fields], name=name) for name, fields in missing.items()]
        await records.create_indexes(models)
    await check_indexes(records)
    return tuple(missing)


async def existing(records: AsyncCollection[Document]) -> dict[str, tuple[str, ...] | None]:
    """Return each index's fields by its name; None for one that is not simply ascending."""
    cursor = await records.list_indexes()
    return {index["name"]: _fields(index) async for index in cursor}


def _fields(index: Any) -> tuple[str, ...] | None:
    plain = all(direction == ASCENDING for direction in index["key"].values())
    partial = index.keys() & {"unique", "sparse", "partialFilterExpression", "expireAfterSeconds", "collation"}
    return tuple(index["key"]) if plain and not any(index[option] for option in partial) else None
