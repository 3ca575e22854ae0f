"""A site whose panoramas are tidied."""

from datetime import datetime, timedelta
from itertools import count as counting

from application.maintenance.jobs import Report, Turn
from application.panoramas.entries import ENTRY
from application.panoramas.lists import list_panoramas
from application.panoramas.parts import PART_SIZE
from application.panoramas.places import PLACE, Place
from application.panoramas.settings import Settings
from application.panoramas.tidying import TidyingPanoramas
from application.tenants.digests import Digests
from application.tenants.repository import Tenants
from domain.ids import PanoramaId
from domain.panoramas.commands import Archive
from domain.tenants import Installation, begin_life
from ports.storage import Ref, Storage
from tests.fakes.house import ANN, TENANT, House, furnished
from tests.unit.application.panoramas.scenes import a_panorama, edited

_NUMBERS = counting(1)


class Keeper:
    """One process with its job; TENANT uses the app."""

    def __init__(self, house: House, settings: Settings | None = None) -> None:
        self.house = house
        self.time = house.time
        self.settings = settings or Settings()
        digests = Digests(house.records, house.time.monotonic, house.random)
        self.tenants = Tenants(house.records, house.vault, house.ids, house.time.monotonic, digests)
        self.job = TidyingPanoramas(house.records, self.tenants, house.panoramas, self.settings)

    def neighbour(self, storage: Storage | None = None) -> "Keeper":
        """Return another process at the same stores and in the same time, with luck of its own."""
        return Keeper(self.house.neighbour(storage, seed=f"neighbour {next(_NUMBERS)}"), self.settings)

    def go_on(self, *, days: float) -> None:
        """Let time pass."""
        self.time.go_on(hours=24 * days)

    async def run(self, turn: Turn | None = None) -> Report:
        """Give the job a turn."""
        return await self.job.run(turn or Turn(self.time.monotonic, 300))

    async def later(self, days: float) -> dict[str, int]:
        """Let time pass and give the job a turn; return what it did."""
        self.go_on(days=days)
        report = await self.run()
        assert report.findings == ()
        return report.done

    async def daily(self, days: int) -> dict[str, int]:
        """Live through so many days; return what was done in all of them."""
        done: dict[str, int] = {}
        for _ in range(days):
            for what, count in (await self.later(1)).items():
                done[what] = done.get(what, 0) + count
        return done

    async def due(self, panorama: PanoramaId) -> datetime | None:
        """Return when a panorama is looked at next."""
        record = await self.house.storage.get(Ref(TENANT, ENTRY, panorama))
        assert record is not None
        return record.due

    async def archived(self) -> PanoramaId:
        """Return a panorama that Ann has archived just now."""
        panorama = await a_panorama(self.house)
        await edited(self.house, panorama, Archive())
        return panorama

    async def listed(self) -> list[PanoramaId]:
        """Return the panoramas that Ann's list shows."""
        return [entry.panorama for entry in await list_panoramas(TENANT, ANN, self.house.panoramas)]

    async def places(self) -> list[bool]:
        """Return of each place of the index whether it leads somewhere."""
        return [held.value.held for held in await self.house.records.scan(TENANT, PLACE, Place)]

    async def kinds(self) -> dict[str, int]:
        """Return how many records with a body there are of each kind that belongs to panoramas."""
        found = {}
        for kind in (ENTRY, PLACE, "change", "part", "snapshot", "snapshot-part"):
            records = await self.house.storage.scan(TENANT, kind)
            if bodies := sum(bool(record.body) for record in records):
                found[kind] = bodies
        return found


async def keeper(
    storage: Storage | None = None, settings: Settings | None = None, *, part_size: int = PART_SIZE
) -> Keeper:
    """Return a process of which the job is that of a fresh site."""
    house = await furnished(storage, settings, part_size=part_size)
    made = Keeper(house, settings)
    installation = Installation(alias="jira:site", issued=house.time.now, secret="secret")
    await made.tenants.change(TENANT, lambda _: begin_life(TENANT, installation, house.time.now))
    return made


DAY = timedelta(days=1)
