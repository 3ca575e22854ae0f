"""A site with backups over fakes: what one process that ships is made of, so that two of them can share the stores."""

from collections.abc import Mapping, Sequence

from application.backups.committing import Committing
from application.backups.delivery import Delivery
from application.backups.ground import Ground
from application.backups.shipping import Shipper
from application.backups.snapshots import Snapshotting
from application.backups.stores import Store
from application.backups.vault_copies import VaultCopies
from application.maintenance.jobs import Turn
from domain.backups.retention import Retention
from domain.epochs import FIRST
from tests.fakes.blobs import Bucket, MemoryBlobStore
from tests.fakes.house import House

EAST, WEST, ABROAD = "s3://east", "s3://west", "gs://abroad"
CLOUDS = {EAST: "aws", WEST: "aws", ABROAD: "gcp"}
"""A site in AWS with two buckets there and one elsewhere."""


def buckets(names: Sequence[str] = tuple(CLOUDS)) -> dict[str, Bucket]:
    """Return an empty bucket under each name."""
    return {name: Bucket() for name in names}


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
        site: str = "aws",
        patience: float = 20.0,
    ) -> None:
        self.house = house
        self.time = house.time
        self.buckets = dict(held if held is not None else buckets())
        self.blobs = {name: MemoryBlobStore(self.time.clock, bucket) for name, bucket in self.buckets.items()}
        self.stores = tuple(stores) or tuple(Store(name, CLOUDS[name], blobs) for name, blobs in self.blobs.items())
        self.retention = retention or Retention()
        self.ground = Ground(house.storage, self.stores, site, lambda: epoch, self.time.clock, patience)
        self.delivery = Delivery(self.ground, self.retention)
        self.vault = VaultCopies(self.ground, house.vault_storage)
        self.committing = Committing(self.ground, self.vault, self.delivery)
        self.shipper = Shipper(self.ground, self.committing, self.delivery, house.random)
        self.snapshotting = Snapshotting(self.ground, self.shipper, house.random)

    def turn(self, seconds: float = 300.0) -> Turn:
        """Return a turn of that many seconds."""
        return Turn(self.time.monotonic, seconds)
