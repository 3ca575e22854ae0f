"""Every key manager keeps every law, and every law is one that can be broken."""

from pathlib import Path

import pytest

from ports.errors import PortError
from tests.contract.keys.broken import BROKEN
from tests.contract.keys.laws import LAWS, Law
from tests.contract.keys.managers import WORLDS
from tests.contract.keys.worlds import fake_world
from tests.fakes.keys import FakeKeyManager


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("world", WORLDS)
async def test_a_key_manager_keeps_the_law(world: str, law: Law, tmp_path: Path) -> None:
    """Each law holds for each key manager there is."""
    async with WORLDS[world](tmp_path) as made:
        await law(made)


@pytest.mark.parametrize(("law", "broken"), BROKEN, ids=lambda part: part.__name__)
async def test_the_law_bites(law: Law, broken: type[FakeKeyManager]) -> None:
    """A key manager that breaks the law is found out by it."""
    with pytest.raises((AssertionError, pytest.fail.Exception, PortError)):
        await law(fake_world(broken()))


def test_every_law_is_shown_to_bite() -> None:
    """No law is without somebody who breaks it."""
    assert {law for law, _ in BROKEN} == set(LAWS)
