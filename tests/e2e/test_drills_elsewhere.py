"""What a drill uses, by the addresses that stand in a configuration of two clouds."""

from pathlib import Path

import pytest

from application.backups.stores import Store
from domain.ids import SYSTEM
from entrypoints.clouds import cloud_of_store, name_of_store
from entrypoints.configuration_file import Settings, read
from entrypoints.drilling import drills, elsewhere
from entrypoints.following import Followers
from entrypoints.outside import Outside
from entrypoints.private_files import make_private_folder
from ports.errors import Unavailable
from tests.fakes.backups import Yard
from tests.fakes.blobs import MemoryBlobStore
from tests.fakes.house import TENANT, House
from tests.fakes.keys import FakeKeyManager
from tests.unit.application.backups.scenes import begun, cycled

EAST, WEST, ABROAD = "s3://east?region=us-east-1", "s3://west?region=us-west-2", "gs://abroad?region=us"
AWS_KEY = "aws-kms:1234abcd-12ab-34cd-56ef-1234567890ab?region=us-east-1"
GCP_KEY = "gcp-kms:projects/p/locations/us-central1/keyRings/r/cryptoKeys/k"


def settings(folder: Path, region: str, blobs: tuple[str, ...], keys: tuple[str, ...]) -> Settings:
    """Return the configuration of a site in a region."""
    file = folder / "panorama.toml"
    lists = (f"{name} = [{', '.join(map(repr, each))}]" for name, each in (("blobs", blobs), ("keys", keys)))
    databases = 'storage = "sqlite:storage.db"\nvault = "sqlite:vault.db"\n'
    file.write_text(f'[sites.here]\nregion = "{region}"\n{databases}' + "\n".join(lists), encoding="utf-8")
    return read(file, {})


class Place:
    """A site over fakes, whose parts are called and lie where the configuration says."""

    def __init__(self, chosen: Settings) -> None:
        self.settings = chosen
        self.managers = [FakeKeyManager(address.scheme) for address in chosen.keys]
        self.house = House(managers=self.managers)
        make_private_folder(chosen.data)
        clock = self.house.time.clock
        self.stores = [
            Store(name_of_store(each), cloud_of_store(each), MemoryBlobStore(clock)) for each in chosen.blobs
        ]
        self.yard = Yard(self.house, stores=self.stores, site="here")

    @property
    def outside(self) -> Outside:
        """Return all of it."""
        house, time = self.house, self.house.time
        return Outside(
            storage=house.storage,
            own=house.storage,
            vault=house.vault,
            keys=tuple(self.managers),
            vault_storage=house.vault_storage,
            stores=tuple(self.stores),
            followers=Followers(self.settings, time.monotonic, house.random, time.sleep),
        )


@pytest.mark.parametrize(
    ("region", "own"), [("us-east-1", ("aws", "aws-kms")), ("us-central1", ("gcp", "gcp-kms"))], ids=["aws", "gcp"]
)
async def test_a_drill_uses_nothing_of_the_sites_own_cloud(tmp_path: Path, region: str, own: tuple[str, str]) -> None:
    """While all of that is out: not a store of it is read, and no key manager of it is asked."""
    place = Place(settings(tmp_path, region, (EAST, WEST, ABROAD), (AWS_KEY, GCP_KEY)))
    for tenant in (SYSTEM, TENANT):
        await place.house.vault.create(tenant)
    await begun(place.house)
    await cycled(place.yard, 2)
    cloud, scheme = own
    for store in place.stores:
        assert isinstance(store.blobs, MemoryBlobStore)
        store.blobs.failure = Unavailable("lost") if store.cloud == cloud else None
    (manager,) = [each for each in place.managers if each.name == scheme]
    manager.failure, asked = Unavailable("lost"), dict(manager.calls)
    used = elsewhere(place.settings, place.outside)
    assert used.elsewhere
    assert [store.name for store in used.stores] == [each.name for each in place.stores if each.cloud != cloud]
    async with drills(place.settings, used, place.house.time.clock, place.house.random)() as drill:
        result = await drill.run(place.house.storage)
    assert (result.problems, result.panoramas, result.elsewhere) == ((), 1, True)
    assert result.stores == tuple(store.name for store in used.stores)
    assert scheme not in result.keys
    assert manager.calls == asked


@pytest.mark.parametrize(
    ("blobs", "keys"),
    [((EAST, WEST), (AWS_KEY, GCP_KEY)), ((EAST, ABROAD), (AWS_KEY,))],
    ids=["no store elsewhere", "no key manager elsewhere"],
)
def test_where_nothing_is_elsewhere_everything_is_used(
    tmp_path: Path, blobs: tuple[str, ...], keys: tuple[str, ...]
) -> None:
    """And the result says so."""
    place = Place(settings(tmp_path, "us-east-1", blobs, keys))
    used = elsewhere(place.settings, place.outside)
    assert (used.elsewhere, len(used.stores), len(used.managers)) == (False, len(blobs), len(keys))
