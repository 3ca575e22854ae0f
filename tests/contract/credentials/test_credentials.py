"""Every kind of database keeps every law, and every law is one that can be broken."""

from collections.abc import Iterator

import pytest

from tests.contract.credentials.broken import BROKEN
from tests.contract.credentials.laws import LAWS, Law
from tests.contract.credentials.worlds import WORLDS, World, fake_world
from tests.fakes.credentials import FakeAdministration, FakeLogins
from tests.gaps import BITES, gap
from tests.rounds import rounds


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """One kind of database."""
    with WORLDS[request.param]() as made:
        yield made


# The first run on a machine builds the engine before its first test.
@pytest.mark.timeout(rounds(1_000))
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
async def test_a_database_keeps_the_law(world: World, law: Law, request: pytest.FixtureRequest) -> None:
    """Each law holds for each kind there is; a gap of a server must still be one. Only what changes users is sent."""
    await world.prepare()
    assert world.gaps.keys() <= {each.__name__ for each in LAWS}
    if law.__name__ not in world.gaps:
        await law(world)
    else:
        with gap(request, world.gaps[law.__name__]):
            await law(world)


@pytest.mark.parametrize(("law", "broken"), BROKEN, ids=lambda part: part.__name__)
async def test_the_law_bites(law: Law, broken: type[FakeLogins | FakeAdministration]) -> None:
    """A database that breaks the law is found out by it."""
    with pytest.raises(BITES):
        await law(fake_world(broken))


def test_every_law_is_shown_to_bite() -> None:
    """No law is without somebody who breaks it."""
    assert {law for law, _ in BROKEN} == set(LAWS)
