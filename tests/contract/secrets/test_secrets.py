"""Every secret store keeps every law, and every law is one that can be broken."""

import pytest

from tests.contract.secrets.broken import BROKEN
from tests.contract.secrets.laws import LAWS, Law
from tests.contract.secrets.stores import WORLDS
from tests.contract.secrets.worlds import fake_world
from tests.fakes.secrets import MemorySecretStore
from tests.gaps import BITES, gap


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("world", WORLDS)
async def test_a_secret_store_keeps_the_law(world: str, law: Law, request: pytest.FixtureRequest) -> None:
    """Each law holds for each secret store there is; a gap of a test server must still be one."""
    async with WORLDS[world](request) as made:
        assert made.gaps.keys() <= {each.__name__ for each in LAWS}
        if law.__name__ not in made.gaps:
            await law(made)
            return
        with gap(request, made.gaps[law.__name__]):
            await law(made)


@pytest.mark.parametrize(("law", "broken"), BROKEN, ids=lambda part: part.__name__)
async def test_the_law_bites(law: Law, broken: type[MemorySecretStore]) -> None:
    """A secret store that breaks the law is found out by it."""
    with pytest.raises(BITES):
        await law(fake_world(broken))


def test_every_law_is_shown_to_bite() -> None:
    """No law is without somebody who breaks it."""
    assert {law for law, _ in BROKEN} == set(LAWS)
