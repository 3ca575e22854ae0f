"""The suite itself is put to the test: a store that breaks one law is found by that law and by no other."""

from inspect import getmro

import pytest

from tests.contract.storage.harness import MemoryHarness
from tests.contract.storage.laws import LAWS
from tests.contract.storage.saboteurs import SABOTEURS
from tests.fakes.storage import MemoryStorage


async def broken_laws(store: type[MemoryStorage]) -> list[str]:
    """Return the names of the laws that a store of this class breaks."""
    broken = []
    for name, law in LAWS.items():
        try:
            await law(MemoryHarness(store()))
        except (Exception, pytest.fail.Exception):  # noqa: BLE001 - however a law fails, it has bitten
            broken.append(name)
    return broken


def test_every_law_has_a_saboteur() -> None:
    """No law is in force that nothing was seen to break, and no saboteur is left of a law that is gone."""
    assert set(SABOTEURS) == set(LAWS)


def test_every_saboteur_is_its_own() -> None:
    """No two laws are proven by the same broken store."""
    assert len(set(SABOTEURS.values())) == len(SABOTEURS)
    assert all(MemoryStorage in getmro(saboteur)[1:] for saboteur in SABOTEURS.values())


async def test_the_whole_store_breaks_no_law() -> None:
    """What the saboteurs are made from is sound."""
    assert await broken_laws(MemoryStorage) == []


@pytest.mark.parametrize("law", SABOTEURS)
async def test_the_law_bites(law: str) -> None:
    """The saboteur of a law fails exactly that law."""
    assert await broken_laws(SABOTEURS[law]) == [law]
