"""What needs the key managers: a site that is new, and a process that is."""

from application.panoramas.lists import list_panoramas
from domain.ids import PanoramaId
from domain.tenants import TenantState
from tests.fakes.house import ANN, TENANT, House
from tests.faults.callbacks import Seen, install_first, seen, tenants_of
from tests.faults.scenarios import Scenario, shown


class Installation(Scenario):
    """A site that is new installs the app, which needs every key manager."""

    name = "install"
    before = None
    after = Seen(TenantState.INSTALLED, "first")

    async def prepare(self, house: House) -> PanoramaId:
        return PanoramaId("")

    async def act(self, house: House, panorama: PanoramaId) -> object:
        return await install_first(house)

    async def seen(self, house: House, panorama: PanoramaId) -> Seen | None:
        assert len([tenant async for tenant in tenants_of(house).everyone()]) <= 1
        return await seen(house)


class FirstRequest(Scenario):
    """A process that has just started reads what another has written, which needs one key manager."""

    name = "first request"
    before = after = ("group", 1)

    async def act(self, house: House, panorama: PanoramaId) -> object:
        fresh = house.neighbour(seed="fresh")
        (entry,) = await list_panoramas(TENANT, ANN, fresh.panoramas)
        return (entry.name, *await shown(fresh, panorama))

    async def seen(self, house: House, panorama: PanoramaId) -> object:
        return await shown(house, panorama)
