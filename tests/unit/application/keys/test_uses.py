"""A site without backups has nobody who needs an old key."""

from application.keys.uses import NobodyElse
from tests.fakes.house import TENANT


async def test_nobody_needs_anything() -> None:
    """Whatever the tenant."""
    assert await NobodyElse().needed(TENANT) == frozenset()
