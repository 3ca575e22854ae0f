"""Records as documents and back; docs/mongodb.md describes them field by field."""

from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from ports.storage import Record, Ref, Shipping

Document: TypeAlias = dict[str, Any]

# No part of a reference holds a space, so no two references share an id, and ids sort like keys within one kind.
_SEPARATOR: Final = " "

# Every character of a key lies between these two, so a bound that ends in one precedes or follows all that share it.
_BELOW_ALL: Final = " "
_ABOVE_ALL: Final = "\x7f"

_NAMES: Final = {shipping: shipping.name.lower() for shipping in Shipping}
_SHIPPING: Final = {name: shipping for shipping, name in _NAMES.items()}

SHIPPED: Final = _NAMES[Shipping.DONE]
"""What stands under `shipping` in a document that has been backed up."""

PENDING: Final = _NAMES[Shipping.PENDING]
"""What stands there while it waits."""

RESEALED: Final = _NAMES[Shipping.RESEALED]
"""What stands there while it waits, having been backed up in an older seal."""

NEVER: Final = _NAMES[Shipping.NEVER]
"""What stands there if no backup is ever to hold it."""


def document_id(ref: Ref) -> str:
    """Return the `_id` of the one document that a reference leads to."""
    return _SEPARATOR.join(ref)


def kind_of(document_id: str) -> str:
    """Return the kind that stands in a document's `_id`."""
    return document_id.split(_SEPARATOR)[1]


def beyond_kind(document: Document) -> str:
    """Return what follows the `_id` of every document of the same tenant and kind."""
    return document_id(Ref(document["tenant"], document["kind"], _ABOVE_ALL))


def id_range(tenant: str, kind: str, prefix: str, after: str | None, *, reverse: bool) -> tuple[str, str]:
    """Return bounds, the first included and the last not, of the ids that a scan is about."""
    first, last = prefix, prefix + _ABOVE_ALL
    if after is not None and reverse:
        last = min(last, after)
    elif after is not None:
        first = max(first, after + _BELOW_ALL)
    return document_id(Ref(tenant, kind, first)), document_id(Ref(tenant, kind, last))


def stored_rev(record: Record) -> int:
    """Return the revision as it stands in the document.

    A tombstone's is negative: so a filter on `_id` and `rev` alone never takes a tombstone for a record.
    """
    return -record.rev if record.body is None else record.rev


def to_document(record: Record) -> Document:
    """Return the record's document; what is None is left out."""
    document = {
        "_id": document_id(record.ref),
        "tenant": record.ref.tenant,
        "kind": record.ref.kind,
        "key": record.ref.key,
        "rev": stored_rev(record),
        "updated": record.updated,
        "generation": record.generation,
        "shipping": _NAMES[record.shipping],
    }
    if record.due is not None:
        document["due"] = record.due
    if record.body is not None:
        document["body"] = record.body
    return document


def to_record(document: Document) -> Record:
    """Return the record or tombstone of a document."""
    due = document.get("due")
    return Record(
        Ref(document["tenant"], document["kind"], document["key"]),
        abs(document["rev"]),
        document.get("body"),
        _utc(document["updated"]),
        document["generation"],
        None if due is None else _utc(due),
        _SHIPPING[document["shipping"]],
    )


def is_live(document: Document) -> bool:
    """Whether the document is a record, and no tombstone."""
    rev: int = document["rev"]
    return rev > 0


def _utc(moment: datetime) -> datetime:
    """MongoDB keeps times in UTC; the driver hands them out without saying so, since it takes long to say it."""
    return moment.replace(tzinfo=UTC)
