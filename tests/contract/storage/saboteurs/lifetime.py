"""Stores that forget, are not well or boast."""

from collections.abc import Sequence
from typing import NoReturn

from ports.storage import Capability, Record
from ports.storage_checks import check_live
from tests.contract.storage.samples import sample
from tests.fakes.storage import MemoryStorage


class ForgetsAtClosing(MemoryStorage):
    """Holds everything in a cache."""

    async def close(self) -> None:
        self.records.clear()


class ChecksByWriting(MemoryStorage):
    """Leaves a record behind to see whether it can."""

    async def check(self) -> None:
        await self.put(sample("check"))


class TravelsForEachRecord(MemoryStorage):
    """Claims batches and sends one record after the other."""

    async def put_many(self, records: Sequence[Record]) -> None:
        for record in [check_live(record) for record in records]:
            await self.put(record)


class BoastsOfSharing(MemoryStorage):
    """Claims to be there for other machines."""

    capabilities = MemoryStorage.capabilities | {Capability.SHARED_BETWEEN_MACHINES}


class LetsDriversOut(MemoryStorage):
    """Hands on what its driver raises."""

    def _break(self, error: Exception) -> NoReturn:
        raise error


SABOTEURS: dict[str, type[MemoryStorage]] = {
    "what_is_stored_outlives_the_connection": ForgetsAtClosing,
    "whatever_a_driver_raises_is_an_outage": LetsDriversOut,
    "a_store_that_answers_is_well": ChecksByWriting,
    "a_batch_is_one_round_trip_where_declared": TravelsForEachRecord,
    "machines_share_a_store_where_declared": BoastsOfSharing,
}
