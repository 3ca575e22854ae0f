"""Two releases side by side at the same records: what each makes of what the other has written."""

from collections.abc import Mapping

import msgspec
import pytest
from msgspec.structs import replace

from application.panoramas.stream import change_ref
from application.sealing.records import Write
from domain.ids import PanoramaId
from ports.errors import Corrupt
from ports.storage import Record, Ref
from tests.fakes.house import ANN, TENANT, House, furnished
from tests.fakes.rotating import rotate, sweep
from tests.unit.application.panoramas.scenes import a_panorama, edited, group, titles

REF = Ref(TENANT, "thing", "key")


class Older(msgspec.Struct, frozen=True):
    """A thing, as the older release knows it."""

    name: str


class Newer(msgspec.Struct, frozen=True):
    """A thing, as the newer release knows it."""

    name: str
    colour: str = "none"


async def stored(house: House, ref: Ref = REF) -> Record:
    """What lies at a reference."""
    record = await house.storage.get(ref)
    assert record is not None
    return record


async def in_a_newer_format(house: House, ref: Ref) -> Record:
    """Store the next revision of a record, in a format that this release does not know."""
    before = await stored(house, ref)
    newer = replace(before, rev=before.rev + 1, body=b"\x02" + (before.body or b"")[1:])
    await house.storage.put(newer)
    return await stored(house, ref)


async def of_a_newer_release(house: House, panorama: PanoramaId, fact: Mapping[str, object]) -> Ref:
    """Have a newer release add a version to a panorama; return where that is."""
    version = (await house.panoramas.newest(TENANT, panorama)).tree.version + 1
    at = house.time.clock()
    change = {"version": version, "id": f"{version:032x}", "author": ANN, "at": at, "facts": [fact], "device": "phone"}
    ref = change_ref(TENANT, panorama, version)
    await house.records.put(Write(ref, 1, {"change": change, "of_a_newer_release": [1, 2, 3]}))
    return ref


async def test_what_an_older_release_has_written_is_read_and_written_forward() -> None:
    """A field that came since has its default, and what is then written opens in the older release as well."""
    house = await furnished()
    await house.records.put(Write(REF, 1, Older("first")))
    held = await house.neighbour().records.get(REF, Newer)
    assert held is not None
    assert held.value == Newer("first", "none")
    await house.neighbour().records.put(Write(REF, 2, replace(held.value, colour="red")))
    again = await house.records.get(REF, Older)
    assert again is not None
    assert (again.rev, again.value) == (2, Older("first"))


async def test_a_field_of_a_newer_release_survives_being_sealed_anew_by_an_older_one() -> None:
    """A rotation opens no content, so that whoever carries it out need not know what is in it."""
    house = await furnished()
    await house.records.put(Write(REF, 1, Newer("first", "red")))
    await rotate(house)
    assert await sweep(house) == 1
    held = await house.neighbour().records.get(REF, Newer)
    assert held is not None
    assert (held.rev, held.value) == (2, Newer("first", "red"))


async def test_a_field_of_a_newer_release_is_lost_where_an_older_one_writes_the_record_anew() -> None:
    """Hence the rule of docs/operations.md: releases side by side only where such a field may be lost meanwhile."""
    house = await furnished()
    await house.records.put(Write(REF, 1, Newer("first", "red")))
    held = await house.records.get(REF, Older)
    assert held is not None
    await house.records.put(Write(REF, 2, held.value))
    again = await house.records.get(REF, Newer)
    assert again is not None
    assert again.value == Newer("first", "none")


async def test_a_newer_format_is_refused_and_stays_as_it_is() -> None:
    """It is neither guessed at, nor written over, nor sealed anew; a newer release that comes back finds its bytes."""
    house = await furnished()
    await house.records.put(Write(REF, 1, Older("first")))
    await house.records.put(Write(Ref(TENANT, "thing", "other"), 1, Older("second")))
    newer = await in_a_newer_format(house, REF)
    with pytest.raises(Corrupt, match="not in a known format"):
        await house.records.get(REF, Older)
    await rotate(house)
    generation = max(each.number for each in await house.vault.generations.of(TENANT))
    assert (await house.resealing.some(TENANT, generation)).refused == {REF}
    assert await stored(house) == newer
    assert await house.records.get(Ref(TENANT, "thing", "other"), Older) is not None


async def test_a_change_of_a_newer_release_is_read_past_its_new_fields() -> None:
    """A fact that both know holds for both; its record is never written anew, so that nothing of it is lost."""
    house = await furnished()
    panorama = await a_panorama(house)
    fact = {"fact": "renamed", "from_name": "Roadmap", "to_name": "Plan", "why": "shorter"}
    ref = await of_a_newer_release(house, panorama, fact)
    before = await stored(house, ref)
    older = house.neighbour()
    await edited(older, panorama, group("Design"))
    assert (await older.panoramas.newest(TENANT, panorama)).tree.name == "Plan"
    assert await stored(house, ref) == before


async def test_a_fact_that_only_a_newer_release_knows_is_refused_and_nothing_is_put_upon_it() -> None:
    """The older release answers for every other panorama; for this one it neither shows a wrong tree nor edits it."""
    house = await furnished()
    panorama, other = await a_panorama(house), await a_panorama(house, name="Other")
    ref = await of_a_newer_release(house, panorama, {"fact": "painted", "colour": "red"})
    before = await stored(house, ref)
    older = house.neighbour()
    with pytest.raises(Corrupt, match="does not decode"):
        await older.panoramas.newest(TENANT, panorama)
    with pytest.raises(Corrupt, match="does not decode"):
        await edited(older, panorama, group("Design"))
    assert await stored(house, ref) == before
    assert await house.storage.get(change_ref(TENANT, panorama, 3)) is None
    await edited(older, other, group("Build"))
    assert await titles(older, other) == ["Build"]
