"""A restored site has no index from issues to panoramas, and makes one of its own."""

from msgspec.structs import replace

from application.keys.blind_index import INDEX_KEY
from application.keys.vault import KEY_LIFETIME
from application.panoramas.lists import panoramas_of_issue
from application.panoramas.places import PLACE
from ports.storage import Shipping
from tests.fakes.house import ANN, TENANT
from tests.fakes.restore import Ruin
from tests.unit.application.backups.scenes import cycled
from tests.unit.application.restore.test_site import ISSUE, lived_in


async def test_a_restored_site_makes_its_own_index() -> None:
    """Whatever a backup of an earlier version holds of the index of the site that was lost."""
    yard, panorama = await lived_in()
    kinds = (PLACE, INDEX_KEY)
    for record in [record for kind in kinds for record in await yard.house.storage.scan(TENANT, kind)]:
        await yard.house.storage.put(replace(record, rev=record.rev + 1, shipping=Shipping.PENDING))
    await cycled(yard)
    ruin = Ruin(yard)
    await ruin.restored()
    assert [await ruin.storage.scan(TENANT, kind) for kind in kinds] == [[], []]
    house = ruin.house("serves")
    assert [hit.panorama for hit in await panoramas_of_issue(TENANT, ANN, ISSUE, house.panoramas)] == [panorama]
    await house.index_care.tidying.run(yard.turn())
    house.time.go_on(seconds=KEY_LIFETIME)
    assert await house.panoramas.places.lookup(TENANT, ISSUE) == [panorama]
