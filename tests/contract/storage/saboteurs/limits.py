"""Stores that take what is to be refused, or refuse what is to be taken."""

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from ports.errors import Conflict, InvalidArgument
from ports.storage import ABSENT, BODY_LIMIT, SCAN_LIMIT, Record, Ref
from ports.storage_checks import check_live
from tests.fakes.storage import MemoryStorage


class TakesLettersBeyondAscii(MemoryStorage):
    """Takes any letter in a name."""

    async def put(self, record: Record) -> None:
        if "".join(record.ref).isascii():
            await super().put(record)


class FindsNothingUnderBadNames(MemoryStorage):
    """Answers that there is nothing where nothing can be."""

    async def get(self, ref: Ref) -> Record | None:
        try:
            return await super().get(ref)
        except InvalidArgument:
            return None


class HasShortNames(MemoryStorage):
    """Has the limit of file names."""

    async def put(self, record: Record) -> None:
        if max(map(len, record.ref)) > 255:
            raise InvalidArgument
        await super().put(record)


class HasSmallBodies(MemoryStorage):
    """Forgets that a mebibyte of content has a frame."""

    async def put(self, record: Record) -> None:
        if len(record.body or b"") > 1 << 20:
            raise InvalidArgument
        await super().put(record)


class CutsBodies(MemoryStorage):
    """Stores as much of a body as has room."""

    async def put(self, record: Record) -> None:
        await super().put(record if record.body is None else replace(record, body=record.body[:BODY_LIMIT]))


class LowersLimits(MemoryStorage):
    """Answers as much as it may when more is asked for."""

    async def unshipped(self, limit: int) -> list[Record]:
        return await super().unshipped(min(limit, SCAN_LIMIT))


class ComparesAnyRevision(MemoryStorage):
    """Takes an impossible revision for one that does not fit."""

    async def put(self, record: Record) -> None:
        if record.rev <= ABSENT:
            raise Conflict(record.ref)
        await super().put(record)


class PutsTombstones(MemoryStorage):
    """Takes the putting of nothing for a deletion."""

    async def put(self, record: Record) -> None:
        if record.body is not None:
            await super().put(record)


class AssumesUtc(MemoryStorage):
    """Takes a time without a zone for UTC."""

    async def due(self, kind: str, before: datetime, limit: int) -> list[Record]:
        return await super().due(kind, before if before.tzinfo else before.replace(tzinfo=UTC), limit)


class ChecksAsItGoes(MemoryStorage):
    """Stores the beginning of a batch before it looks at the rest."""

    async def put_many(self, records: Sequence[Record]) -> None:
        await super().put_many([])
        for record in records:
            self._swap(check_live(record))


SABOTEURS: dict[str, type[MemoryStorage]] = {
    "names_are_printable_ascii": TakesLettersBeyondAscii,
    "every_call_checks_its_names": FindsNothingUnderBadNames,
    "the_longest_names_are_taken": HasShortNames,
    "the_largest_body_is_taken": HasSmallBodies,
    "a_larger_body_is_refused": CutsBodies,
    "a_limit_is_positive_and_bounded": LowersLimits,
    "revisions_and_generations_are_natural": ComparesAnyRevision,
    "a_tombstone_is_not_put": PutsTombstones,
    "times_have_a_zone": AssumesUtc,
    "a_refused_batch_stores_nothing": ChecksAsItGoes,
}
