"""Everything in the table of refusals is refused, for the reason that the table gives."""

import pytest

from entrypoints.http.tokens import Refused
from tests.fakes.storage import MemoryStorage
from tests.refusals import refusals
from tests.refusals.scene import Refusal
from tests.unit.entrypoints.http.tokens.scenes import entrance


@pytest.mark.parametrize("refusal", refusals(), ids=lambda refusal: refusal.name)
async def test_refusals(refusal: Refusal) -> None:
    """The request is refused, nothing of it shows in the error, and nothing is stored of it."""
    scene = await entrance()
    if refusal.before is not None:
        await refusal.before(scene)
    attempt = refusal.attempt(scene)
    storage = scene.registry.house.storage
    assert isinstance(storage, MemoryStorage)
    tenants = {ref: record for ref, record in storage.records.items() if ref.kind == "tenant"}
    with pytest.raises(Refused) as caught:
        await scene.tell(refusal.route, attempt)
    assert (caught.value.reason, caught.value.status) == (refusal.reason, refusal.status)
    assert str(caught.value) == refusal.reason
    assert {ref: record for ref, record in storage.records.items() if ref.kind == "tenant"} == tenants
