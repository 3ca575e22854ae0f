"""A whole application core over fakes: what one process is made of, so that two of them can share a storage."""

from collections.abc import Sequence

from application.failover.fence import AnyFence, NoFence
from application.failover.fenced import FencedStorage
from application.ids import Ids
from application.keys.blind_index import BlindIndex
from application.keys.care import KeyCare
from application.keys.vault import KeyVault
from application.panoramas.index_care import IndexCare
from application.panoramas.parts import PART_SIZE
from application.panoramas.repository import Panoramas
from application.panoramas.settings import Settings
from application.sealing.courtesy import Courtesy
from application.sealing.records import Records
from application.sealing.resealing import Resealing
from domain.ids import SYSTEM, TenantId, UserId
from domain.rotation import Policy
from ports.errors import PortError
from ports.keys import KeyManager
from ports.storage import Storage
from tests.fakes.keys import FakeKeyManager
from tests.fakes.sources import FakeRandom, FakeTime
from tests.fakes.storage import MemoryStorage

TENANT = TenantId("aaaaaaaaaaaaaaaaaaaaaaaa")
ANN = UserId("111111111111111111111111")
BEN = UserId("222222222222222222222222")


class FakeUses:
    """Says that nobody else needs any generation, or those of `generations`; `failure` is raised while it is set."""

    def __init__(self) -> None:
        self.generations: dict[TenantId, set[int]] = {}
        self.failure: PortError | None = None

    async def needed(self, tenant: TenantId) -> frozenset[int]:
        """Return what the test says."""
        if self.failure is not None:
            raise self.failure
        return frozenset(self.generations.get(tenant, ()))


class House:
    """One process: its records, its panoramas, over a storage and a vault that it may share with others."""

    def __init__(
        self,
        storage: Storage | None = None,
        vault: Storage | None = None,
        *,
        time: FakeTime | None = None,
        seed: str = "house",
        settings: Settings | None = None,
        managers: Sequence[KeyManager] = (),
        fence: AnyFence | None = None,
        part_size: int = PART_SIZE,
    ) -> None:
        """Wrap data keys with the managers given, or with a fake one of its own; write behind the fence given."""
        self.time = time or FakeTime()
        self.random = FakeRandom(seed)
        self.fence: AnyFence = fence or NoFence()
        self.storage: Storage = _fenced(storage or MemoryStorage(), fence)
        self.vault_storage: Storage = _fenced(vault or MemoryStorage(), fence)
        self.key_manager = FakeKeyManager()
        self.managers = managers or [self.key_manager]
        self.vault = KeyVault(
            self.vault_storage,
            self.managers,
            clock=self.time.clock,
            monotonic=self.time.monotonic,
            random=self.random,
        )
        self.records = Records(self.storage, self.vault, self.time.clock, self.random)
        self.uses = FakeUses()
        self.keys = KeyCare(
            self.records,
            self.vault,
            Policy(),
            self.time.clock,
            self.time.monotonic,
            self.time.sleep,
            self.random,
            self.uses,
        )
        self.courtesy = Courtesy(self.time.monotonic, self.time.sleep)
        self.resealing = Resealing(self.storage, self.vault, self.random, self.courtesy)
        self.index = BlindIndex(self.records, self.time.clock, self.time.monotonic, self.random, self.fence.epoch)
        self.ids = Ids(self.time.clock, self.random)
        self.part_size = part_size
        self.panoramas = Panoramas(
            self.records, self.index, self.time.clock, self.ids, settings, self.fence.epoch, part_size=part_size
        )
        self.index_care = IndexCare(self.records, self.panoramas, self.keys, self.time.monotonic, self.random)

    def neighbour(self, storage: Storage | None = None, seed: str = "neighbour") -> "House":
        """Return another process at the same stores and in the same time."""
        return House(
            storage or self.storage,
            self.vault_storage,
            time=self.time,
            seed=seed,
            managers=self.managers,
            part_size=self.part_size,
        )


def _fenced(storage: Storage, fence: AnyFence | None) -> Storage:
    return storage if fence is None else FencedStorage(storage, fence)


async def furnished(
    storage: Storage | None = None,
    settings: Settings | None = None,
    *,
    time: FakeTime | None = None,
    part_size: int = PART_SIZE,
) -> House:
    """Return a house in which TENANT and the service itself have data keys."""
    house = House(storage, settings=settings, time=time, part_size=part_size)
    await house.vault.create(TENANT)
    await house.vault.create(SYSTEM)
    return house
