"""Each object of a backup rots, one at a time: whoever verifies the store names it, and nothing else."""

from collections.abc import Callable

import pytest

from application.backups.names import VAULT_COPIES, VAULT_OBJECTS
from application.backups.problems import Fault, Part, Verified
from ports.blobs import BlobInfo
from tests.fakes.backups import EAST, Yard
from tests.fakes.blobs import Bucket
from tests.fakes.house import furnished
from tests.unit.application.backups.scenes import begun, cycled, edited, names

Rot = Callable[[bytes, bytes], bytes | None]
"""What becomes of an object's bytes, given those of another of its sort; None: it is gone."""

ROTS: dict[str, Rot] = {
    "deleted": lambda content, other: None,
    "truncated": lambda content, other: content[:-1],
    "emptied": lambda content, other: b"",
    "extended": lambda content, other: content + b"\0",
    "with its first bit flipped": lambda content, other: bytes((content[0] ^ 1,)) + content[1:],
    "with its last bit flipped": lambda content, other: content[:-1] + bytes((content[-1] ^ 1,)),
    "replaced by another": lambda content, other: other,
}


async def a_site() -> Yard:
    """Return a site with some segments, a snapshot, and copies of the vault."""
    yard = Yard(await furnished())
    panorama = await begun(yard.house)
    await cycled(yard, 2)
    await edited(yard.house, panorama)
    await yard.snapshotting.take(yard.turn())
    yard.time.go_on(hours=25)
    await edited(yard.house, panorama)
    await cycled(yard)
    return yard


async def verified(yard: Yard) -> Verified:
    """Look at one store, all of it."""
    return await yard.backups.verifier.verify(yard.stores[0], Part())


def other_than(bucket: Bucket, name: bytes) -> bytes:
    """Return the bytes of another object of the same sort, or nothing where there is none."""
    folder = name.split(b"/")[0]
    others = [content for each, (_, content) in bucket.blobs.items() if each != name and each.startswith(folder)]
    return next((content for content in others if content != bucket.blobs[name][1]), b"")


@pytest.mark.parametrize("rot", ROTS)
async def test_rot_is_named(rot: str) -> None:
    """Whichever object it is, and whatever has become of it."""
    yard = await a_site()
    assert (await verified(yard)).problems == ()
    bucket = yard.buckets[EAST]
    old_copies = names(yard, EAST, VAULT_COPIES)[:-1]
    for name in list(bucket.blobs):
        info, content = bucket.blobs[name]
        rotten = ROTS[rot](content, other_than(bucket, name))
        if rotten is None:
            del bucket.blobs[name]
        else:
            bucket.blobs[name] = (BlobInfo(info.name, len(rotten), "rotten", info.written), rotten)
        found = (await verified(yard)).problems
        bucket.blobs[name] = (info, content)
        if info.name in old_copies and rotten is None:
            # An old copy that is gone is pruned, as far as anybody can tell, and nobody needs it.
            assert found == ()
            continue
        assert [problem for problem in found if _concerns(problem.what, info.name)], (info.name, found)
        assert {problem.fault for problem in found} <= {Fault.MISSING, Fault.DAMAGED, Fault.ALTERED}
    assert (await verified(yard)).problems == ()


def _concerns(what: str, name: str) -> bool:
    """A manifest in the middle of a chain is missed by its number, which no name tells."""
    number = int(name[-17:-5]) if name.startswith("manifests/") else None
    return what in {name, f"manifest 1.{number}"}


async def test_rot_of_what_is_not_in_the_part_is_named_by_its_size() -> None:
    """Every object is looked for; those of the part are read, and in all parts together each once."""
    yard = await a_site()
    looks = [await yard.backups.verifier.verify(yard.stores[0], Part(number, 5)) for number in range(1, 6)]
    whole = await verified(yard)
    wraps = len(names(yard, EAST, VAULT_OBJECTS))
    assert {look.objects for look in looks} == {whole.objects}
    assert sum(look.read - wraps for look in looks) == whole.read - wraps
