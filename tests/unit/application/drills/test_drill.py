"""A drill tells whether the newest backup can be relied on, and why not."""

from datetime import timedelta

from msgspec.structs import replace

from application.drills.comparing import compare
from application.drills.drill import COMPARE, READ_BACK, RESTORE
from domain.ids import PanoramaId
from ports.errors import Unavailable
from ports.rows import rows_of
from ports.storage import Record, Ref, Shipping
from tests.fakes.backups import ABROAD, EAST, Yard
from tests.fakes.drills import drill_of
from tests.fakes.house import TENANT, House
from tests.fakes.keys import FakeKeyManager
from tests.fakes.sources import FakeTime
from tests.fakes.storage import MemoryStorage
from tests.unit.application.backups.scenes import a_yard, begun, cycled, edited


async def lived_in() -> tuple[Yard, PanoramaId]:
    """Return a site with a snapshot, segments, and a panorama that was edited last of all and is not shipped."""
    yard = await a_yard()
    await cycled(yard, 2)
    await yard.snapshotting.take(yard.turn())
    two = await begun(yard.house, "two")
    await cycled(yard, 2)
    yard.time.go_on(seconds=5)
    await edited(yard.house, two)
    return yard, two


async def test_a_backup_that_is_well_is_told_with_its_age_and_its_times() -> None:
    """What was written since is no difference."""
    yard, _ = await lived_in()
    told: list[tuple[int, int | None]] = []
    result = await drill_of(yard).run(yard.house.storage, lambda done, total: told.append((done, total)))
    assert result.problems == ()
    assert (result.age_seconds, result.panoramas, set(result.steps)) == (5.0, 2, {RESTORE, READ_BACK, COMPARE})
    assert (result.size, result.size) == told[-1]
    assert len(result.digest) == 64
    assert result.rate is None, "no time has passed in this test"
    assert replace(result, steps={RESTORE: 2.0}).rate == result.size / 2


async def test_only_the_stores_and_keys_that_are_given_are_used() -> None:
    """Nothing of the site's own cloud is asked, and it is not missed where it is out."""
    east, west = FakeKeyManager("aws"), FakeKeyManager("gcp")
    house = House(managers=[east, west])
    await house.vault.create(TENANT)
    yard = Yard(house)
    await begun(house)
    await cycled(yard, 2)
    asked, east.failure = east.calls["unwrap"], Unavailable("lost")
    for name, blobs in yard.blobs.items():
        blobs.failure = None if name == ABROAD else Unavailable("lost")
    abroad = [store for store in yard.stores if store.name == ABROAD]
    result = await drill_of(yard, stores=abroad, managers=[west]).run(house.storage)
    assert (result.succeeded, result.stores, result.keys, result.elsewhere) == (True, (ABROAD,), ("gcp",), True)
    assert east.calls["unwrap"] == asked
    failed = await drill_of(yard, stores=abroad, managers=[FakeKeyManager("north")]).run(house.storage)
    assert failed.problems[0].startswith("unavailable")


async def test_what_is_damaged_fails_a_drill() -> None:
    """An object that no store has whole, and a store that does not answer."""
    yard, _ = await lived_in()
    for bucket in yard.buckets.values():
        name = max(each for each in bucket.blobs if each.startswith(b"objects/"))
        info, content = bucket.blobs[name]
        bucket.blobs[name] = (info, bytes([content[0] ^ 1]) + content[1:])
    (problem,) = (await drill_of(yard).run(yard.house.storage)).problems
    assert "is whole in no store" in problem
    for blobs in yard.blobs.values():
        blobs.failure = Unavailable()
    assert (await drill_of(yard).run(yard.house.storage)).problems == ("unavailable",)
    east = [store for store in yard.stores if store.name == EAST]
    assert not (await drill_of(await a_yard(), stores=east).run(None)).succeeded


async def test_what_the_site_does_not_hold_fails_a_drill() -> None:
    """The backup says something else than the site."""
    yard, _ = await lived_in()
    held = yard.house.storage
    assert isinstance(held, MemoryStorage)
    ref = next(ref for ref, record in held.records.items() if ref.kind == "change" and record.body)
    held.records[ref] = replace(held.records[ref], body=b"something else")
    result = await drill_of(yard).run(held)
    assert result.problems == (f"not what the site holds: {'/'.join(ref)}",)
    assert (await drill_of(yard).run(None)).succeeded, "without the site nobody can tell"


async def test_records_are_compared_as_of_the_recovery_point() -> None:
    """What is older than that must be there; what is younger, deleted since, or no part of backups, need not."""
    time, restored, site = FakeTime(), MemoryStorage(), MemoryStorage()
    covered = time.clock() + timedelta(hours=1)

    def record(key: str, rev: int = 1, body: bytes = b"x", *, late: bool = False) -> Record:
        updated = covered if late else time.clock()
        return Record(Ref(TENANT, "kind", key), rev, body, updated)

    names = ("same", "deleted-since", "differs", "older", "newer")
    await restored.apply(rows_of(record(name) for name in names))
    await site.apply(
        rows_of(
            [
                record("same"),
                record("differs", body=b"y"),
                record("older", 2),
                record("newer", 2, late=True),
                record("missing"),
                record("young", late=True),
                replace(record("lease"), shipping=Shipping.NEVER),
            ]
        )
    )
    compared = await compare(restored, site, covered)
    wrong = tuple(f"{TENANT}/kind/{key}" for key in ("differs", "missing", "older"))
    assert (compared.same, compared.differing) == (1, wrong)
    assert (await compare(restored, site, None)).differing == wrong[:1]
