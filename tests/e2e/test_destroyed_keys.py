"""What is left of a data key that a rotation has destroyed."""

from pathlib import Path

from adapters.sqlite import open_sqlite
from application.maintenance.jobs import Turn
from domain.ids import SYSTEM, TenantId
from domain.keys import State
from tests.fakes.house import TENANT, House
from tests.fakes.sources import FakeTime
from tests.fakes.storage import MemoryStorage


async def test_no_byte_of_a_destroyed_wrap_is_left_in_the_vault(tmp_path: Path) -> None:
    """Neither in its file nor in its log, also where the keys of many others lie beside it."""
    path = tmp_path / "vault.db"
    time = FakeTime()
    vault = await open_sqlite(path)
    house = House(MemoryStorage(), vault, time=time)
    tenants = [SYSTEM, TENANT, *(TenantId(f"{number:024x}") for number in range(200))]
    for tenant in tenants:
        await house.vault.create(tenant)
    wraps = [wrap for tenant in tenants for wrap in (await house.vault.generations.of(tenant))[0].wraps.values()]
    files = (path, path.with_name("vault.db-wal"))
    assert all(any(wrap in file.read_bytes() for file in files) for wrap in wraps)
    for hours in (60 * 24, 24):
        time.go_on(hours=hours)
        assert (await house.keys.rotation.run(Turn(time.monotonic, 300))).findings == ()
    states = {tuple(each.state for each in await house.vault.generations.of(tenant)) for tenant in tenants}
    assert states == {(State.DESTROYED, State.ACTIVE)}
    content = b"".join(file.read_bytes() for file in files)
    assert not [wrap for wrap in wraps if wrap in content]
    await vault.close()
