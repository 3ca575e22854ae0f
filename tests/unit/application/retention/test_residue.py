"""Whatever is there of a tenant is found, wherever it is, and what is kept by design is told apart."""

import pytest

from application.retention.ledger import ERASURE
from application.retention.receipts import RECEIPT
from application.retention.residue import BlobSearcher, Trace
from application.sealing.records import Write
from application.tenants.aliases import ALIAS
from domain.ids import SYSTEM, TenantId
from ports.storage import Record, Ref
from tests.contract.blobs.content import put
from tests.fakes.blobs import MemoryBlobStore
from tests.fakes.house import TENANT
from tests.fakes.retention import KIND, opened


async def test_everything_of_a_living_tenant_is_found() -> None:
    """Its records, its keys, and what leads to it."""
    office = await opened()
    tenant = await office.settle()
    residue = await office.purge.search(tenant)
    assert residue.kept == ()
    assert set(residue.found) == {
        Trace(place="storage", what="records: tenant"),
        Trace(place="storage", what=f"records: {KIND}"),
        Trace(place="storage", what=f"named by: {ALIAS}"),
        Trace(place="vault", what="records: data-key"),
        Trace(place="vault", what="records: key-holder"),
    }


async def test_the_proof_of_a_purge_is_kept_by_design() -> None:
    """The ledger's entry and the receipt name the tenant; nothing else is left."""
    office = await opened()
    tenant = await office.settle()
    await office.remove()
    await office.purge_all()
    residue = await office.purge.search(tenant)
    assert residue.found == ()
    assert {trace.what for trace in residue.kept} == {f"named by: {ERASURE}", f"named by: {RECEIPT}"}


@pytest.mark.parametrize("form", ["sealed", "plain"])
async def test_a_record_of_any_kind_that_names_the_tenant_is_found(form: str) -> None:
    """In its key or in its body, sealed or not."""
    office = await opened()
    for number in range(5):
        ref = Ref(SYSTEM, "whatever", str(number))
        content = {"about": [TENANT]} if number in (1, 4) else "nobody"
        if form == "sealed":
            await office.house.records.put(Write(ref, 1, content))
        else:
            await office.house.storage.put(Record(ref, 1, repr(content).encode(), office.time.now))
    await office.house.storage.put(Record(Ref(SYSTEM, "whatever", f"x/{TENANT}"), 1, b"", office.time.now))
    residue = await office.purge.search(TENANT)
    assert residue.found == (Trace(place="storage", what="named by: whatever", count=3),)


async def test_objects_that_are_called_by_the_tenant_are_found() -> None:
    """On any page of the listing."""
    office = await opened()
    store = MemoryBlobStore(office.time.clock)
    names = ["a", "b", f"c/{TENANT}", "d", f"{TENANT}/e"]
    for name in names:
        await put(store, name, b"sealed")
    found = await BlobSearcher("blobs 1", store, page=2).search(TENANT)
    assert {trace.what for trace in found} == {f"object: {names[2]}", f"object: {names[4]}"}
    assert await BlobSearcher("blobs 1", store).search(TenantId("nobody")) == []
