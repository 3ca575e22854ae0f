"""A site with backups over fakes: what one process that ships is made of, so that two of them can share the stores."""

from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from application.backups.backups import Backups
from application.backups.ground import Ground
from application.backups.sizes import SIZES, Sizes
from application.backups.stores import Store
from application.drills.job import Drills, Opened
from application.maintenance.jobs import Turn
from application.retention.settings import Settings as RetentionSettings
from domain.backups.retention import Retention
from domain.epochs import FIRST
from domain.retention import RetentionPolicy
from ports.errors import Unavailable
from tests.fakes.blobs import Bucket, MemoryBlobStore
from tests.fakes.house import House

EAST, WEST, ABROAD = "s3://east", "s3://west", "gs://abroad"
CLOUDS = {EAST: "aws", WEST: "aws", ABROAD: "gcp"}
"""A site in AWS with two buckets there and one elsewhere."""

POLICY = RetentionSettings().policy(0)

SMALL = Sizes(pack=2_000, page=5, page_bytes=1)
"""With these a snapshot takes several packs and pages though there is little to put into them."""


def buckets(names: Sequence[str] = tuple(CLOUDS)) -> dict[str, Bucket]:
    """Return an empty bucket under each name."""
    return {name: Bucket() for name in names}


def no_drill() -> NoReturn:
    """Stand for what opens a drill where there is nowhere to restore to."""
    raise Unavailable("there is nowhere to restore to")


NO_DRILLS = Drills(no_drill, {})


class Yard:
    """The backups of a house, in one process."""

    def __init__(
        self,
        house: House,
        held: Mapping[str, Bucket] | None = None,
        *,
        retention: Retention | None = None,
        stores: Sequence[Store] = (),
        epoch: int = FIRST,
        epoch_now: Callable[[], int] | None = None,
        site: str = "aws",
        patience: float = 20.0,
        policy: RetentionPolicy | None = None,
        drill: Opened | None = None,
        sizes: Sizes = SIZES,
    ) -> None:
        self.house = house
        self.time = house.time
        self.buckets = dict(held if held is not None else buckets())
        self.blobs = {name: MemoryBlobStore(self.time.clock, bucket) for name, bucket in self.buckets.items()}
        self.stores = tuple(stores) or tuple(Store(name, CLOUDS[name], blobs) for name, blobs in self.blobs.items())
        self.retention = retention or Retention()
        now = epoch_now or (lambda: epoch)
        self.ground = Ground(house.storage, self.stores, site, now, self.time.clock, patience, sizes)
        self.backups = Backups(
            self.ground,
            house.vault_storage,
            self.retention,
            policy or POLICY,
            house.random,
            cloud="aws",
            prune=True,
            drills=NO_DRILLS if drill is None else Drills(drill, {}),
        )
        self.delivery = self.backups.delivery
        self.vault = self.backups.vault
        self.committing = self.backups.committing
        self.shipper = self.backups.shipper
        self.snapshotting = self.backups.snapshotting

    def turn(self, seconds: float = 300.0) -> Turn:
        """Return a turn of that many seconds."""
        return Turn(self.time.monotonic, seconds)
