"""Every record of a kind is read, however the pages divide them."""

import pytest

from application.sealing.pages import pages
from ports.storage import Record, Ref
from tests.fakes.house import furnished


@pytest.mark.parametrize("size", [1, 2, 5, 6])
@pytest.mark.parametrize("count", [0, 1, 4, 5])
async def test_every_record_is_on_one_page(count: int, size: int) -> None:
    """In the order of keys, and none of another kind or tenant."""
    house = await furnished()
    for number in range(count):
        await house.storage.put(Record(Ref("t", "kind", str(number)), 1, b"", house.time.now))
    for other in (Ref("t", "kinds", "0"), Ref("t2", "kind", "0")):
        await house.storage.put(Record(other, 1, b"", house.time.now))
    found = [page async for page in pages(house.storage, "t", "kind", size)]
    assert [record.ref.key for page in found for record in page] == [str(number) for number in range(count)]
    assert all(len(page) == size for page in found[:-1])
    assert len(found[-1]) < size
