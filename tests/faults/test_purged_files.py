"""What is purged is not in the files any more: neither in free pages nor in the write-ahead log, and no copy opens."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from adapters.sqlite import open_sqlite
from application.retention.restoring import apply_ledger
from domain.ids import SYSTEM, TenantId
from domain.keys import DATA_KEY, Generation, State
from ports.errors import NotFound
from ports.rows import rows_of
from ports.storage import Record, Ref, Storage
from tests.fakes.house import House
from tests.fakes.retention import Office
from tests.fakes.sources import FakeTime
from tests.patience import patience

SITES = 40


class Files:
    """A site whose records and whose vault are SQLite files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.time = FakeTime()
        self.opened: list[Storage] = []

    async def office(self, records: str = "storage", vault: str = "vault") -> Office:
        """Return a process that has just opened these files."""
        stores = [await open_sqlite(self.folder / f"{name}.db", deadline=patience(20)) for name in (records, vault)]
        self.opened += stores
        house = House(*stores, time=self.time, seed=f"process {len(self.opened)}")
        await house.vault.create(SYSTEM)
        return Office(house)

    def copy(self, name: str) -> None:
        """Keep a copy of a file and its log under another name."""
        for ending in ("", "-wal"):
            original = self.folder / f"{name}.db{ending}"
            (self.folder / f"old-{name}.db{ending}").write_bytes(original.read_bytes())

    def content(self, name: str) -> bytes:
        """Return every byte of a file and its log."""
        return b"".join((self.folder / f"{name}.db{ending}").read_bytes() for ending in ("", "-wal"))


@pytest.fixture
async def files(tmp_path: Path) -> AsyncIterator[Files]:
    """Yield an empty folder, and close everything afterwards."""
    made = Files(tmp_path)
    yield made
    for store in made.opened:
        await store.close()


async def wraps_of(storage: Storage, tenant: TenantId) -> list[bytes]:
    """Return every wrap that the vault holds of a tenant."""
    generations = [
        msgspec.msgpack.decode(record.body or b"", type=Generation) for record in await storage.scan(tenant, DATA_KEY)
    ]
    return [wrap for generation in generations for wrap in generation.wraps.values()]


async def busy(office: Office, tenants: list[TenantId]) -> list[bytes]:
    """Give every tenant more generations, and change them again and again; return all wraps that the first ever had."""
    seen = await wraps_of(office.house.vault_storage, tenants[0])
    for tenant in tenants:
        for number in range(2, 6):
            for rev in (1, 2):
                wraps = {f"manager {each}": office.house.random(80 * number) for each in range(rev + 1)}
                body = msgspec.msgpack.encode(Generation(number, State.DECRYPT_ONLY, office.time.now, wraps))
                ref = Ref(tenant, DATA_KEY, f"{number:06d}")
                await office.house.vault_storage.put(Record(ref, rev, body, office.time.now))
                seen += wraps.values() if tenant == tenants[0] else ()
    return seen


async def test_no_byte_of_a_purged_key_is_left_in_the_vault_s_file(files: Files) -> None:
    """No wrap, no half of one, and not the tenant's id: in no free page and not in the log."""
    office = await files.office()
    tenants = [await office.settle(f"jira:{number}") for number in range(SITES)]
    wraps = await busy(office, tenants)
    halves = [half for wrap in wraps for half in (wrap[: len(wrap) // 2], wrap[len(wrap) // 2 :])]
    before = files.content("vault")
    assert all(half in before for half in halves[:2])
    assert tenants[0].encode() in before
    await office.remove("jira:0")
    await office.days(14)
    for _ in range(2):
        after = files.content("vault")
        assert [half for half in halves if half in after] == []
        assert tenants[0].encode() not in after
        assert tenants[1].encode() in after
        await office.days(1)
    assert (await office.receipt(tenants[0])).generations == (1, 2, 3, 4, 5)


async def test_nothing_of_a_purged_site_is_left_in_the_storage_s_file(files: Files) -> None:
    """No sealed body, and not the site's name; its id is there for the ledger and the receipt alone."""
    office = await files.office()
    tenants = [await office.settle(f"jira:site-{number}") for number in range(SITES)]
    for number in range(30):
        for tenant in tenants:
            await office.write(tenant, f"more-{number}")
    bodies = [record.body or b"" for record in await office.house.storage.scan(tenants[0], "change")]
    assert len(bodies) == 31
    assert all(body in files.content("storage") for body in bodies)
    await office.remove("jira:site-0")
    await office.purge_all()
    after = files.content("storage")
    assert [body for body in bodies if body in after] == []
    assert b"jira:site" not in after
    assert await office.left(tenants[0]) == []
    await office.house.storage.erase("nobody")


async def test_an_old_copy_of_the_storage_does_not_open(files: Files) -> None:
    """Put back beside the vault as it is now, the records of a purged site are noise; all others are there."""
    office = await files.office()
    first, other = await office.settle(), await office.settle("jira:other")
    files.copy("storage")
    await office.remove()
    await office.purge_all()
    restored = await files.office("old-storage")
    assert await restored.house.storage.holdings(first) == {"tenant": 1, "change": 1}
    with pytest.raises(NotFound):
        await restored.read(first)
    assert await restored.read(other) == "made by a user"


async def test_an_old_copy_of_storage_and_vault_is_purged_by_the_ledger(files: Files) -> None:
    """While such copies exist they open, which is why a receipt waits for their end; a restore erases them again."""
    office = await files.office()
    first, other = await office.settle(), await office.settle("jira:other")
    for name in ("storage", "vault"):
        files.copy(name)
    wraps = await wraps_of(office.house.vault_storage, first)
    await office.remove()
    await office.purge_all()
    restored = await files.office("old-storage", "old-vault")
    assert await restored.read(first) == "made by a user"
    ledger = await office.house.storage.scan(SYSTEM, "erasure")
    await restored.house.storage.apply(rows_of(ledger))
    await restored.house.vault.close()
    again = await files.office("old-storage", "old-vault")
    assert await apply_ledger(again.house.records, again.house.vault) == 1
    assert await again.left(first) == []
    assert not any(wrap in files.content("old-vault") for wrap in wraps)
    assert await again.read(other) == "made by a user"
