"""Every key manager keeps every law, and every law is one that can be broken."""

import pytest

from tests.contract.keys.broken import BROKEN
from tests.contract.keys.laws import LAWS, Law
from tests.contract.keys.managers import WORLDS
from tests.contract.keys.worlds import fake_world
from tests.fakes.keys import FakeKeyManager
from tests.gaps import BITES, gap


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("world", WORLDS)
async def test_a_key_manager_keeps_the_law(world: str, law: Law, request: pytest.FixtureRequest) -> None:
    """Each law holds for each key manager there is; a gap of a test server must still be one."""
    async with WORLDS[world](request) as made:
        assert made.gaps.keys() <= {each.__name__ for each in LAWS}
        if law.__name__ not in made.gaps:
            await law(made)
            return
        with gap(request, made.gaps[law.__name__]):
            await law(made)


@pytest.mark.parametrize(("law", "broken"), BROKEN, ids=lambda part: part.__name__)
async def test_the_law_bites(law: Law, broken: type[FakeKeyManager]) -> None:
    """A key manager that breaks the law is found out by it."""
    with pytest.raises(BITES):
        await law(fake_world(broken()))


def test_every_law_is_shown_to_bite() -> None:
    """No law is without somebody who breaks it."""
    assert {law for law, _ in BROKEN} == set(LAWS)
