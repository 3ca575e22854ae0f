"""Control stores in memory, each of which can be cut off, and the fences of several sites at them."""

from typing import NamedTuple

from application.failover.control import ControlStores
from application.failover.fence import Fence
from domain.epochs import Word
from ports.blobs import BlobStore
from ports.errors import Unavailable
from tests.fakes.blobs import Bucket, MemoryBlobStore
from tests.fakes.slow import Event, nothing, slow
from tests.fakes.sources import FakeTime


class Scene(NamedTuple):
    """What the processes of several sites share."""

    time: FakeTime
    buckets: tuple[Bucket, ...]

    def stores(self) -> list[MemoryBlobStore]:
        """Return one process's ways to the control stores."""
        return [MemoryBlobStore(self.time.clock, bucket) for bucket in self.buckets]

    def control(self, *, out: int = 0, delay: float = 0.0, meanwhile: Event = nothing) -> ControlStores:
        """Return the control stores as a process sees them that cannot reach the first `out` of them.

        Each call of each store takes `delay` seconds, in the middle of which happens what `meanwhile` does.
        """
        stores = self.stores()
        for store in stores[:out]:
            store.failure = Unavailable("cut off")
        slowly: list[BlobStore] = [slow(store, self.time, delay, meanwhile=meanwhile) for store in stores]
        return ControlStores(slowly)

    def fence(self, site: str, *, out: int = 0, delay: float = 0.0, meanwhile: Event = nothing) -> Fence:
        """Return the fence of a process of that site, likewise."""
        return Fence(self.control(out=out, delay=delay, meanwhile=meanwhile), site, self.time.monotonic)


def scene(stores: int = 3) -> Scene:
    """Return that many empty control stores."""
    return Scene(FakeTime(), tuple(Bucket() for _ in range(stores)))


async def begun(stores: int = 3, site: str = "east") -> Scene:
    """Return control stores in which `site` writes in the first epoch."""
    made = scene(stores)
    await made.control().begin(Word(1, site))
    return made
