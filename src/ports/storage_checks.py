"""What every storage adapter refuses before it asks its engine, so that all of them refuse the same."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from msgspec.structs import replace

from ports.errors import InvalidArgument
from ports.rows import record_of
from ports.storage import ABSENT, BODY_LIMIT, KEY_LIMIT, SCAN_LIMIT, Record, Ref, Row

INTEGER_LIMIT: Final = (1 << 53) - 1
"""The largest revision or generation: what every engine stores exactly."""

_NAME: Final = re.compile(rf"[!-~]{{1,{KEY_LIMIT}}}")
_REF: Final = re.compile(" ".join(3 * [_NAME.pattern]))
_NAMES: Final = re.compile(r"[!-~]*")
_BOUND: Final = re.compile(rf"[!-~]{{0,{KEY_LIMIT}}}")


def check_ref(ref: Ref) -> None:
    """Raise InvalidArgument unless tenant, kind and key are printable ASCII without space, none empty or too long."""
    if _REF.fullmatch(" ".join(ref)) is None:
        for part, text in zip(Ref._fields, ref, strict=True):
            check_name(part, text)


def check_name(part: str, text: str) -> None:
    """Raise InvalidArgument, naming the part, unless `text` can stand in a reference."""
    if _NAME.fullmatch(text) is None:
        raise InvalidArgument(f"{part} is not 1 to {KEY_LIMIT} printable ASCII characters without space")


def checked_names(part: str, texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the texts, each of which `check_name` has passed."""
    for text in texts:
        check_name(part, text)
    return texts


def check_range(tenant: str, kind: str, prefix: str, after: str | None, limit: int) -> None:
    """Raise InvalidArgument unless a scan may ask so; `prefix` and `after` may be empty."""
    check_name("tenant", tenant)
    check_name("kind", kind)
    check_limit(limit)
    for part, text in (("prefix", prefix), ("after", after or "")):
        if _BOUND.fullmatch(text) is None:
            raise InvalidArgument(f"{part} is not at most {KEY_LIMIT} printable ASCII characters without space")


def check_beginning(after: Ref | None, limit: int, without: Iterable[str] = ()) -> None:
    """Raise InvalidArgument unless everything beyond `after` may be asked for, so many records at once."""
    check_limit(limit)
    checked_names("kind", tuple(without))
    if after is not None:
        check_ref(after)


def check_limit(limit: int) -> None:
    """Raise InvalidArgument unless at least 1 and at most SCAN_LIMIT records are asked for."""
    if not 1 <= limit <= SCAN_LIMIT:
        raise InvalidArgument(f"limit is not between 1 and {SCAN_LIMIT}")


def check_rev(rev: int) -> None:
    """Raise InvalidArgument unless a stored record can have the revision."""
    if not ABSENT < rev <= INTEGER_LIMIT:
        raise InvalidArgument(f"rev is not between {ABSENT + 1} and {INTEGER_LIMIT}")


def check_live(record: Record) -> Record:
    """Return the record as it is stored by put; raises InvalidArgument for a tombstone, which only delete makes."""
    if record.body is None:
        raise InvalidArgument("a record to put has no body")
    return check_record(record)


def check_record(record: Record) -> Record:
    """Return the record or tombstone as it is stored; raises InvalidArgument for one outside the limits."""
    check_ref(record.ref)
    check_rev(record.rev)
    if not 0 <= record.generation <= INTEGER_LIMIT:
        raise InvalidArgument(f"generation is not between 0 and {INTEGER_LIMIT}")
    if record.body is not None and len(record.body) > BODY_LIMIT:
        raise InvalidArgument(f"body is longer than {BODY_LIMIT} bytes")
    updated = truncated(record.updated)
    due = None if record.due is None else truncated(record.due)
    if updated is record.updated and due is record.due:
        return record
    return replace(record, updated=updated, due=due)


def check_rows(rows: Sequence[Row]) -> None:
    """Raise InvalidArgument as `check_record` does where any of the rows is outside the limits.

    Rows come by the thousand, so that the columns are looked at as a whole, and one by one only where that finds fault.
    """
    if rows and not _are_within_limits(rows):
        for row in rows:
            check_record(record_of(row))


def _are_within_limits(rows: Sequence[Row]) -> bool:
    tenants, kinds, keys, revs, bodies, _, generations, _, _ = zip(*rows, strict=True)
    lengths = [len(body) for body in bodies if body is not None]
    return (
        all(_NAME.fullmatch(name) for name in {*tenants, *kinds})
        and min(map(len, keys)) > 0
        and max(map(len, keys)) <= KEY_LIMIT
        and _NAMES.fullmatch("".join(keys)) is not None
        and min(revs) > ABSENT
        and max(revs) <= INTEGER_LIMIT
        and min(generations) >= 0
        and max(generations) <= INTEGER_LIMIT
        and max(lengths, default=0) <= BODY_LIMIT
    )


def truncated(moment: datetime) -> datetime:
    """Return the moment in UTC, cut down to whole milliseconds; raises InvalidArgument if it names no zone."""
    if moment.tzinfo is UTC and moment.microsecond % 1000 == 0:
        return moment
    if moment.utcoffset() is None:
        raise InvalidArgument("a time names no zone")
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
