"""Every purge happens when it is due, in its order, once, and leaves nothing but its proof."""

import pytest
from msgspec.structs import replace

from application.keys.vault import KEY_LIFETIME
from application.maintenance.jobs import Report
from application.retention.ledger import ERASURE
from application.retention.purge import CONFIRMATION, Purge
from application.retention.receipts import RECEIPT
from application.tenants.repository import TENANT as TENANT_KIND
from domain.erasures import Evidence
from domain.ids import SYSTEM
from ports.errors import NotFound
from ports.rows import rows_of
from ports.storage import Record, Ref
from tests.drivers import SECRET
from tests.fakes.house import House
from tests.fakes.retention import KIND, POLICY, SETTINGS, FakeCopies, opened
from tests.fakes.storage import MemoryStorage
from tests.unit.application.defects import breaking_for
from tests.unit.application.retention.scenes import GRACE, codes, removed


async def test_a_removed_site_is_purged_when_its_grace_is_over() -> None:
    """Not a moment before; nothing of anybody else is touched."""
    office, tenant = await removed()
    other = await office.settle("jira:other")
    office.time.go_on(hours=24 * 14 - 1)
    assert await office.turn() == Report()
    assert await office.read(tenant) == "made by a user"
    office.time.go_on(seconds=3_599)
    assert (await office.turn()).done == {"sites purged": 1}
    assert await office.read(tenant) is None
    assert await office.left(tenant) == []
    assert await office.neighbour().read(other) == "made by a user"
    assert [found.id async for found in office.neighbour().tenants.everyone()] == [other]


async def test_a_purge_is_confirmed_and_then_shredded() -> None:
    """A quarter of an hour later, when no process can remember a key; without copies nothing else is waited for."""
    office, tenant = await removed()
    decided = office.time.now + POLICY.grace
    await office.days(GRACE)
    office.time.go_on(seconds=15 * 60 - 1)
    assert await office.turn() == Report()
    office.time.go_on(seconds=1)
    assert (await office.turn()).done == {"purges confirmed": 1, "sites shredded": 1}
    receipt = await office.receipt(tenant)
    assert (receipt.erasure.decided, receipt.purged) == (decided, decided)
    assert receipt.confirmed == receipt.shredded == decided + CONFIRMATION
    assert (receipt.records, receipt.generations) == ({TENANT_KIND: 1, KIND: 1}, (1,))
    assert await office.days(1) == Report()


async def test_the_ledger_knows_before_anything_is_destroyed() -> None:
    """While its entry is not in every store, nothing is destroyed, and that is told."""
    office, tenant = await removed()
    assert isinstance(office.copies, FakeCopies)
    office.copies.shipped = False
    report = await office.days(GRACE)
    assert (report.done, codes(report)) == ({}, ["ledger-not-shipped"])
    assert await office.purge.ledger.find(tenant) is not None
    assert await office.read(tenant) == "made by a user"
    assert (await office.house.vault.active(tenant)).generation == 1
    office.copies.shipped = True
    assert (await office.turn()).done == {"sites purged": 1}


async def test_keys_go_before_records_and_these_before_the_alias() -> None:
    """Whatever survives a crash in between is noise that leads nowhere."""
    log: list[str] = []

    class Logged(MemoryStorage):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

        async def put(self, record: Record) -> None:
            log.append(f"{self.name} put {record.ref.kind}")
            await super().put(record)

        async def erase(self, *tenants: str) -> int:
            log.append(f"{self.name} erase")
            return await super().erase(*tenants)

    office, _ = await removed(await opened(House(Logged("records"), Logged("vault"))))
    log.clear()
    await office.days(GRACE)
    assert log == [
        "records put tenant",
        "records put erasure",
        "records put receipt",
        "vault put key-holder",
        "vault erase",
        "records erase",
        "records put alias",
        "records put receipt",
    ]


async def test_what_a_straggling_process_writes_is_found_and_destroyed() -> None:
    """It remembers a key for five minutes at the most; the receipt tells how much it was."""
    office, tenant = await removed()
    straggler = office.neighbour(seed="straggler")
    office.time.go_on(hours=24 * GRACE)
    await straggler.write(tenant, "early")
    await office.turn()
    office.time.go_on(seconds=50)
    await straggler.write(tenant, "late")
    assert await office.left(tenant) == [f"storage records: {KIND}"]
    office.time.go_on(seconds=KEY_LIFETIME)
    with pytest.raises(NotFound):
        await straggler.write(tenant, "later")
    office.time.go_on(seconds=CONFIRMATION.total_seconds())
    await office.turn()
    assert await office.left(tenant) == []
    assert (await office.receipt(tenant)).stragglers == 1


async def test_one_site_that_fails_does_not_keep_the_others_waiting() -> None:
    """Its failure is a finding; the rest is done."""
    office = await opened()
    first, second = await office.settle("jira:first"), await office.settle("jira:second")
    await office.remove("jira:first")
    await office.remove("jira:second")
    assert isinstance(office.house.storage, MemoryStorage)
    ref = Ref(first, TENANT_KIND, "1")
    office.house.storage.records[ref] = replace(office.house.storage.records[ref], body=b"damaged")
    report = await office.days(GRACE)
    assert report.done == {"sites purged": 1}
    assert [(finding.code, finding.tenant) for finding in report.findings] == [("purge-failed", first)]
    assert await office.left(second) == []


async def test_a_defect_of_ours_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not as an outage of a driver; by its kind and place, and nothing that it says."""
    office, tenant = await removed()
    monkeypatch.setattr(Purge, "begin", breaking_for(tenant, Purge.begin))
    (finding,) = (await office.days(GRACE)).findings
    assert (finding.code, finding.tenant) == ("purge-failed", tenant)
    assert "(fault (KeyError at defects.py:" in finding.what
    assert SECRET not in finding.what


async def test_records_that_were_put_back_are_destroyed_again() -> None:
    """An old copy of the storage does not open, and does not stay."""
    office, tenant = await removed()
    assert isinstance(office.house.storage, MemoryStorage)
    old = [record for record in office.house.storage.records.values() if record.ref.tenant == tenant]
    await office.purge_all()
    await office.house.storage.apply(rows_of(old))
    with pytest.raises(NotFound):
        await office.neighbour().read(tenant)
    assert (await office.turn()).done == {"purged sites destroyed again": 1}
    assert await office.left(tenant) == []
    await office.house.storage.apply(rows_of(old))
    del office.house.storage.records[Ref(SYSTEM, ERASURE, tenant)]
    del office.house.storage.records[Ref(SYSTEM, RECEIPT, tenant)]
    assert await office.turn() == Report(), "without an entry nobody knows that it was purged"


async def test_a_receipt_that_is_missing_is_taken_up_from_the_ledger() -> None:
    """A restore may bring the entry and not the receipt; then the purge is done as if it had just been decided."""
    office, tenant = await removed()
    assert isinstance(office.house.storage, MemoryStorage)
    old = await office.house.storage.scan(tenant, KIND)
    await office.days(GRACE)
    del office.house.storage.records[Ref(SYSTEM, RECEIPT, tenant)]
    await office.house.storage.apply(rows_of(old))
    assert (await office.turn()).done == {"sites purged": 1}
    assert (await office.receipt(tenant)).records == {KIND: 1}
    assert await office.left(tenant) == []


async def test_entries_are_forgotten_when_no_backup_can_hold_the_tenant() -> None:
    """Never before it is shredded; the receipt stays."""
    office, tenant = await removed()
    assert isinstance(office.copies, FakeCopies)
    office.copies.known = Evidence(unconfirmed=("standby",))
    await office.purge_all()
    await office.days(SETTINGS.ledger_days + 1)
    assert await office.purge.ledger.find(tenant) is not None
    office.copies.known = Evidence()
    assert (await office.days(1)).done == {"sites shredded": 1, "old entries of the ledger forgotten": 1}
    assert await office.purge.ledger.find(tenant) is None
    assert await office.turn() == Report()
    assert (await office.receipt(tenant)).shredded is not None
