"""A purge is called confirmed and shredded when it is, and taken up again when it turns out not to be."""

from datetime import timedelta

from msgspec.structs import replace

from application.maintenance.jobs import Report
from application.retention.purge import CONFIRMATION, LOOK
from application.retention.residue import StorageSearcher, Trace, VaultSearcher
from domain.erasures import Evidence, VaultCopies
from domain.ids import SYSTEM, TenantId
from tests.fakes.house import House
from tests.fakes.retention import FakeCopies, Office
from tests.unit.application.retention.scenes import GRACE, codes, removed


class Stubborn:
    """A place that something is left in for as long as a test says."""

    def __init__(self) -> None:
        self.left = True

    async def search(self, _: TenantId) -> list[Trace]:
        """Return what is left."""
        return [Trace(place="elsewhere", what="a copy")] if self.left else []


async def with_place(place: Stubborn) -> Office:
    """Return a process that searches one more place."""
    house = House()
    await house.vault.create(SYSTEM)
    searchers = (StorageSearcher(house.records), VaultSearcher(house.vault), place)
    return Office(house, searchers=searchers)


async def test_nothing_is_confirmed_while_anything_is_left() -> None:
    """Each turn destroys and searches again."""
    place = Stubborn()
    office, tenant = await removed(await with_place(place))
    await office.days(GRACE)
    office.time.go_on(seconds=CONFIRMATION.total_seconds())
    for _ in range(2):
        report = await office.turn()
        assert (report.done, codes(report)) == ({}, ["residue"])
    place.left = False
    assert (await office.turn()).done == {"purges confirmed": 1, "sites shredded": 1}
    assert (await office.receipt(tenant)).stragglers == 0


def copies(verified: timedelta | None, oldest: timedelta | None, office: Office) -> Evidence:
    """Return what is known of one store, its dates told from now."""
    now = office.time.now
    return Evidence(
        copies=(
            VaultCopies(
                store="blobs 1",
                verified=None if verified is None else now + verified,
                oldest=None if oldest is None else now + oldest,
            ),
        )
    )


async def test_shredded_is_what_is_nowhere_else() -> None:
    """Standbys have confirmed, a clean copy of the vault is verified in every store, and all older ones are gone."""
    office, tenant = await removed()
    assert isinstance(office.copies, FakeCopies)
    minute = timedelta(minutes=1)
    office.copies.known = Evidence(unconfirmed=("standby",))
    await office.purge_all()
    confirmed = office.time.now
    assert await office.turn() == Report()
    for known in (
        copies(None, None, office),
        copies(-minute, minute, office),
        copies(minute, -minute, office),
    ):
        office.copies.known = known
        office.time.go_on(seconds=LOOK.total_seconds())
        assert await office.turn() == Report()
        assert await office.purge.outstanding(await office.receipt(tenant))
    office.copies.known = replace(
        known, copies=tuple(replace(each, oldest=confirmed + minute) for each in known.copies)
    )
    assert await office.turn() == Report(), "it is looked at once an hour"
    office.time.go_on(seconds=LOOK.total_seconds())
    assert (await office.turn()).done == {"sites shredded": 1}
    assert (await office.receipt(tenant)).shredded == office.time.now


async def test_what_is_found_before_the_shredding_takes_the_purge_up_again() -> None:
    """Copies of the vault may hold it by then, so those that were made since do not count as clean."""
    office, tenant = await removed()
    assert isinstance(office.copies, FakeCopies)
    office.copies.known = Evidence(unconfirmed=("standby",))
    await office.purge_all()
    await office.house.vault.create(tenant)
    office.copies.known = Evidence()
    report = await office.days(1)
    assert (report.done, codes(report)) == ({"purges taken up again": 1}, ["residue"])
    assert (await office.turn()).done == {"purges confirmed": 1, "sites shredded": 1}
    receipt = await office.receipt(tenant)
    assert receipt.confirmed == office.time.now
    assert await office.left(tenant) == []
