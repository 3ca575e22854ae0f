"""Every blob store keeps every law, and every law is one that can be broken."""

import pytest

from tests.contract.blobs.laws import LAWS
from tests.contract.blobs.local import fake_world
from tests.contract.blobs.saboteurs import SABOTEURS
from tests.contract.blobs.stores import CASES, COSTLY, SECOND_OPINIONS, WORLDS
from tests.gaps import BITES, gap
from tests.rounds import rounds

# The first run on a machine installs Ceph before its first test.
BUILDS = {"s3-radosgw": pytest.mark.timeout(rounds(1_000))}


@pytest.mark.parametrize(
    ("world", "law"), [pytest.param(world, law, marks=BUILDS.get(world, ())) for world, law in CASES]
)
async def test_a_blob_store_keeps_the_law(world: str, law: str, request: pytest.FixtureRequest) -> None:
    """Each law holds for each blob store there is; a gap of a test server must still be one."""
    async with WORLDS[world](request) as made:
        assert made.gaps.keys() <= LAWS.keys()
        if law not in made.gaps:
            await LAWS[law](made)
            return
        with gap(request, made.gaps[law]):
            await LAWS[law](made)


@pytest.mark.parametrize("law", LAWS)
async def test_the_law_bites(law: str) -> None:
    """A blob store that breaks the law is found out by it."""
    with pytest.raises(BITES):
        await LAWS[law](fake_world(SABOTEURS[law]))


def test_every_law_is_shown_to_bite() -> None:
    """No law is without somebody who breaks it."""
    assert SABOTEURS.keys() == LAWS.keys()


def test_no_law_is_left_out_but_of_second_opinions() -> None:
    """What is costly is a law, and is asked of every other store."""
    assert LAWS.keys() > COSTLY
    assert WORLDS.keys() > SECOND_OPINIONS
    assert {(world, law) for world in WORLDS for law in LAWS} - set(CASES) == {
        (world, law) for world in SECOND_OPINIONS for law in COSTLY
    }
