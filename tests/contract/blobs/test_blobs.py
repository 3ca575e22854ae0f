"""Every blob store keeps every law, and every law is one that can be broken."""

from pathlib import Path

import pytest

from ports.errors import PortError
from tests.contract.blobs import laws, listing_laws
from tests.contract.blobs.broken import BROKEN
from tests.contract.blobs.broken_listings import BROKEN_LISTINGS
from tests.contract.blobs.laws import Law
from tests.contract.blobs.worlds import WORLDS, fake_world
from tests.fakes.blobs import MemoryBlobStore

LAWS = (*laws.LAWS, *listing_laws.LAWS)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("world", WORLDS)
async def test_a_blob_store_keeps_the_law(world: str, law: Law, tmp_path: Path) -> None:
    """Each law holds for each blob store there is."""
    async with WORLDS[world](tmp_path) as made:
        await law(made)


@pytest.mark.parametrize(("law", "broken"), [*BROKEN, *BROKEN_LISTINGS], ids=lambda part: part.__name__)
async def test_the_law_bites(law: Law, broken: type[MemoryBlobStore]) -> None:
    """A blob store that breaks the law is found out by it."""
    with pytest.raises((AssertionError, pytest.fail.Exception, PortError)):
        await law(fake_world(broken))


def test_every_law_is_shown_to_bite() -> None:
    """No law is without somebody who breaks it."""
    assert {law for law, _ in [*BROKEN, *BROKEN_LISTINGS]} == set(LAWS)
