"""The storage port: one ordered store of sealed records, kept consistent by one-record compare-and-swap."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum, IntEnum
from typing import Final, NamedTuple, Protocol

import msgspec

ABSENT: Final = 0
"""The revision that precedes the first: "nothing is stored under this reference"."""

KEY_LIMIT: Final = 512
"""The longest key, in characters. Keys, kinds and tenants are printable ASCII without space."""

BODY_LIMIT: Final = 1_114_112
"""The largest body in bytes: 1 MiB of sealed content and its frame."""

SCAN_LIMIT: Final = 1_000
"""The most records that one scan returns."""

SHORT_PAGE: Final = 4 * 1024 * 1024
"""A page of `unshipped` or `sealed_below` that is shorter than its limit is the last if its bodies have fewer bytes."""

LONG_PAGE: Final = 32 * 1024 * 1024
"""A page of `unshipped` or `sealed_below` ends before its bodies have more bytes than this."""


class Ref(NamedTuple):
    """Where a record lives."""

    tenant: str
    kind: str
    key: str


class Shipping(IntEnum):
    """Whether this revision of a record still has to reach the backups."""

    PENDING = 0
    DONE = 1
    """A manifest of the backups names it. Which stores have that manifest is another question."""

    NEVER = 2
    """The record is of use for minutes only and is no part of any backup; deleting it leaves no tombstone."""

    RESEALED = 3
    """This revision still has to reach the backups, which have its content, sealed as the revision before it."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """One revision of one sealed body, and the few things that the store must be able to ask by.

    Times are UTC, truncated to milliseconds by every adapter.
    """

    ref: Ref
    rev: int
    body: bytes | None
    """Sealed bytes; empty for a stub, None for the tombstone of a deleted record."""

    updated: datetime
    generation: int = 0
    """The data key generation that the body is sealed under; 0 where there is nothing to open."""

    due: datetime | None = None
    """When a timer must look at the record."""

    shipping: Shipping = Shipping.PENDING


class Row(NamedTuple):
    """What a `Record` is, flat: how records are read from end to end, carried by backups, and applied.

    Times are whole milliseconds since 1970. See `ports.rows`.
    """

    tenant: str
    kind: str
    key: str
    rev: int
    body: bytes | None
    updated: int
    generation: int
    due: int | None
    shipping: int
    """The number of a `Shipping`."""

    @property
    def ref(self) -> Ref:
        """Where it lives."""
        return Ref(self.tenant, self.kind, self.key)


class Capability(Enum):
    """What storage adapters differ in; the contract suite proves each declared present and each declared absent."""

    ONE_ROUND_TRIP_BATCHES = "put_many is one round trip"
    SHARED_BETWEEN_MACHINES = "processes on several machines can use it at once"


class Storage(Protocol):
    """Records under `(tenant, kind, key)`, each changed by compare-and-swap alone.

    Every call raises Unavailable or DeadlineExceeded when the engine cannot be reached in time, after which the
    outcome of a write is unknown; InvalidArgument for a reference, limit or body outside the limits above;
    ReadOnly where writes are refused for now; Corrupt where the engine finds its own file damaged.
    """

    capabilities: frozenset[Capability]

    async def get(self, ref: Ref) -> Record | None:
        """Return the newest revision, or None where nothing is stored or a tombstone lies."""

    async def put(self, record: Record) -> None:
        """Store `record`, whose `rev` is one above the stored revision (ABSENT + 1 for a new reference).

        The caller seals a body for the revision that it is to become, so it names that revision here.
        Durable when the call returns. Raises Conflict when another revision, or a tombstone, is stored.
        """

    async def put_many(self, records: Sequence[Record]) -> None:
        """Put each record in order, each on its own, in one round trip where the engine can.

        Raises Conflict at the first that does not fit, `about` its `ref`: those before it are stored, those after it
        are not tried.
        """

    async def delete(self, ref: Ref, rev: int) -> None:
        """Turn revision `rev` into a tombstone of revision `rev + 1`, which stays until it is marked shipped.

        A record that is never shipped is gone at once. Raises Conflict when `rev` is not the stored revision.
        """

    async def mark_shipped(self, revisions: Sequence[tuple[Ref, int]]) -> None:
        """Note that these revisions are backed up; a newer one stays pending, a shipped tombstone is gone.

        Changes neither `rev` nor `updated`.
        """

    async def apply(self, rows: Sequence[Row]) -> None:
        """For restores and followers: store each record or tombstone exactly as given where its `rev` is higher."""

    async def scan(
        self,
        tenant: str,
        kind: str,
        *,
        prefix: str = "",
        after: str | None = None,
        limit: int = SCAN_LIMIT,
        reverse: bool = False,
    ) -> list[Record]:
        """Return up to `limit` records whose key begins with `prefix`, in key order, beginning beyond `after`.

        Keys are ordered by code point, `reverse` from the last. No tombstones. A short page is the last one.
        """

    async def everything(
        self, limit: int, *, after: Ref | None = None, without: frozenset[str] = frozenset()
    ) -> list[Row]:
        """Return up to `limit` records of all tenants in the order of their references, beginning beyond `after`.

        References are ordered by tenant, kind and key, each by code point. No tombstones, and nothing of the kinds that
        it is to do `without`, however much there is of them. A short page is the last one.
        """

    async def due(self, kind: str, before: datetime, limit: int) -> list[Record]:
        """Return records of all tenants whose `due` is at or before `before`, soonest first."""

    async def unshipped(self, limit: int) -> list[Record]:
        """Return pending records and tombstones of all tenants, longest waiting first, and then the re-sealed likewise.

        A rotation of keys seals thousands of old records anew; what is new must not wait behind them. The page is not
        empty unless nothing waits, and ends early where its bodies are large: see SHORT_PAGE and LONG_PAGE.
        """

    async def sealed_below(self, tenant: str, generation: int, limit: int) -> list[Record]:
        """Return records with a body sealed under a generation from 1 to `generation - 1`, in pages as `unshipped`."""

    async def holdings(self, tenant: str) -> dict[str, int]:
        """Return how many records and tombstones of each kind the tenant has; kinds without any are left out.

        Counted piece by piece: what others write meanwhile may be counted or not.
        """

    async def erase(self, *tenants: str) -> int:
        """Remove every record and tombstone of these tenants without trace; return how many there were.

        An engine that has to write its file anew for that does so once, however many they are.
        """

    async def check(self) -> None:
        """Return when the engine answers; raise Unavailable with the cause otherwise."""

    async def close(self) -> None:
        """Give up all connections; the object is of no further use."""
