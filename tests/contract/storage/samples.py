"""Records to try things with."""

from datetime import UTC, datetime, timedelta

from ports.storage import ABSENT, Record, Ref, Shipping, Storage

MOMENT = datetime(2026, 3, 29, 1, 30, 0, 123000, tzinfo=UTC)
TENANT, KIND = "5f0c", "change"


def ref(key: str, *, tenant: str = TENANT, kind: str = KIND) -> Ref:
    """Return a reference that differs from others in its key alone."""
    return Ref(tenant, kind, key)


def sample(
    key: str | Ref,
    rev: int = ABSENT + 1,
    body: bytes | None = b"sealed",
    *,
    updated: datetime = MOMENT,
    generation: int = 0,
    due: datetime | None = None,
    shipping: Shipping = Shipping.PENDING,
) -> Record:
    """Return a record of which the test says only what it is about."""
    place = key if isinstance(key, Ref) else ref(key)
    return Record(place, rev, body, updated, generation, due, shipping)


def later(seconds: float) -> datetime:
    """Return a moment after MOMENT."""
    return MOMENT + timedelta(seconds=seconds)


async def fill(store: Storage, *keys: str | Ref) -> None:
    """Put the first revision under each key."""
    await store.put_many([sample(key) for key in keys])


def keys_of(records: list[Record]) -> list[str]:
    """Return the keys in the order in which the store gave them."""
    return [record.ref.key for record in records]
