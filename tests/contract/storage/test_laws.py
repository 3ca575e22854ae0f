"""Every adapter keeps every law."""

import pytest

from tests.contract.storage.harness import Harness
from tests.contract.storage.laws import LAWS
from tests.report import not_proven


@pytest.mark.parametrize("law", LAWS)
async def test_the_adapter_keeps_the_law(law: str, harness: Harness) -> None:
    """What the port promises holds on this adapter, whichever it is."""
    if reason := harness.lax.get(law):
        not_proven(f"{law} on {harness.name}", reason)
        return
    await LAWS[law](harness)
