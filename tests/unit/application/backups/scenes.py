"""A site with backups in which something happens, and looks at what its stores hold."""

from collections.abc import AsyncIterator
from hashlib import sha256
from itertools import repeat
from typing import NoReturn

from application.backups.names import MANIFESTS, numbered
from application.backups.sizes import SIZES, Sizes
from application.backups.states import State
from application.panoramas.cache import Address
from application.panoramas.discarding import discard
from application.panoramas.edit import EditRequest, edit_panorama
from application.panoramas.founding import CreateRequest, create_panorama
from domain.backups.manifests import Position
from domain.backups.retention import Retention
from domain.ids import PanoramaId
from domain.panoramas.commands import Add, Archive, Place
from domain.panoramas.facts import Kind
from tests.drivers import SECRET
from tests.fakes.backups import Yard
from tests.fakes.blobs import MemoryBlobStore
from tests.fakes.house import ANN, TENANT, House, furnished


async def a_yard(retention: Retention | None = None, sizes: Sizes = SIZES) -> Yard:
    """Return a site with one panorama, of which nothing has been shipped."""
    yard = Yard(await furnished(), retention=retention, sizes=sizes)
    await begun(yard.house)
    return yard


async def begun(house: House, name: str = "one") -> PanoramaId:
    """Begin a panorama."""
    return (await create_panorama(CreateRequest(TENANT, ANN, name, "f", name=name), house.panoramas)).panorama


async def edited(house: House, panorama: PanoramaId) -> None:
    """Add a group to a panorama."""
    add = Add(Kind.GROUP, Place(), title="more", node=-1)
    await edit_panorama(EditRequest(TENANT, panorama, ANN, commands=(add,)), house.panoramas)


async def discarded(house: House, panorama: PanoramaId) -> None:
    """Archive a panorama, and discard it."""
    await edit_panorama(EditRequest(TENANT, panorama, ANN, commands=(Archive(),)), house.panoramas)
    address = Address(TENANT, panorama)
    assert await discard(address, await house.panoramas.loader.newest(address), house.panoramas)


async def cycled(yard: Yard, times: int = 1) -> None:
    """Let 15 seconds pass and a cycle run, that many times."""
    for _ in range(times):
        yard.time.go_on(seconds=15)
        await yard.shipper.ship()


async def state(yard: Yard, store: str) -> State:
    """Return what is known of a store."""
    return await yard.ground.states.of(store)


async def head(yard: Yard, store: str) -> Position | None:
    """Return how far a store has everything."""
    return (await state(yard, store)).head


def names(yard: Yard, store: str, prefix: str = "") -> list[str]:
    """Return the names of a store's objects that begin so."""
    return sorted(name.decode() for name in yard.buckets[store].blobs if name.decode().startswith(prefix))


def manifests(yard: Yard, store: str) -> list[str]:
    """Return the names of a store's manifests."""
    return names(yard, store, MANIFESTS)


def manifest_name(number: int) -> str:
    """Return the name of a manifest of the first epoch."""
    return numbered(MANIFESTS, Position(1, number))


async def put(blobs: MemoryBlobStore, name: str, content: bytes) -> None:
    """Put bytes under a name."""

    async def whole() -> AsyncIterator[bytes]:
        yield content

    await blobs.create(name, whole(), sha256=sha256(content).digest())


def lets_out(blobs: MemoryBlobStore) -> None:
    """Have a store let out of its port what its driver raises, until `broken` is None again."""

    def out(error: Exception) -> NoReturn:
        raise error

    setattr(blobs, "_break", out)  # noqa: B010 - one object's method, which has a type of its own
    blobs.broken = repeat(RuntimeError(SECRET))


def remove(yard: Yard, store: str, name: str) -> None:
    """Take an object away, lock or no lock."""
    del yard.buckets[store].blobs[name.encode()]


def damage(yard: Yard, store: str, name: str, content: bytes) -> None:
    """Put other bytes in the place of an object's."""
    info, _ = yard.buckets[store].blobs[name.encode()]
    yard.buckets[store].blobs[name.encode()] = (type(info)(name, len(content), "other", info.written), content)
