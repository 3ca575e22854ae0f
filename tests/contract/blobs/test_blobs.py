"""Every blob store keeps every law, and every law is one that can be broken."""

import pytest

from ports.errors import PortError
from tests.contract.blobs import laws, listing_laws
from tests.contract.blobs.broken import BROKEN
from tests.contract.blobs.broken_listings import BROKEN_LISTINGS
from tests.contract.blobs.laws import Law
from tests.contract.blobs.stores import WORLDS
from tests.contract.blobs.worlds import fake_world
from tests.fakes.blobs import MemoryBlobStore
from tests.rounds import rounds

LAWS = (*laws.LAWS, *listing_laws.LAWS)

# The first run on a machine installs Ceph before its first test.
BUILDS = {"s3-radosgw": pytest.mark.timeout(rounds(1_000))}

BITES = (AssertionError, pytest.fail.Exception, PortError)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("world", [pytest.param(name, marks=BUILDS.get(name, ())) for name in WORLDS])
async def test_a_blob_store_keeps_the_law(world: str, law: Law, request: pytest.FixtureRequest) -> None:
    """Each law holds for each blob store there is; a gap of a test server must still be one."""
    async with WORLDS[world](request) as made:
        assert made.gaps.keys() <= {each.__name__ for each in LAWS}
        if law.__name__ not in made.gaps:
            await law(made)
            return
        with pytest.raises(BITES):
            await law(made)


@pytest.mark.parametrize(("law", "broken"), [*BROKEN, *BROKEN_LISTINGS], ids=lambda part: part.__name__)
async def test_the_law_bites(law: Law, broken: type[MemoryBlobStore]) -> None:
    """A blob store that breaks the law is found out by it."""
    with pytest.raises(BITES):
        await law(fake_world(broken))


def test_every_law_is_shown_to_bite() -> None:
    """No law is without somebody who breaks it."""
    assert {law for law, _ in [*BROKEN, *BROKEN_LISTINGS]} == set(LAWS)
