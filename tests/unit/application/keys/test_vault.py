"""Data keys are wrapped by everybody before their first use, and stay in memory for a short time only."""

import asyncio
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from msgspec.structs import replace

from application.keys.generations import HOLDER
from application.keys.recovery import LEAST_BITS, RECOVERY, RecoveryKey
from application.keys.vault import KEY_LIFETIME, VIEW_LIFETIME, DataKey
from application.keys.wraps import Wraps
from domain.ids import SYSTEM, TenantId
from domain.keys import DATA_KEY, Generation, MissingWrap, State, destroy, retire, wrap_context
from ports.errors import Corrupt, InvalidArgument, NotFound, PermissionDenied, PortError, Unavailable
from ports.keys import KeyManager
from ports.storage import Record, Ref
from tests.fakes.flaky import READS, WRITES, Died, Fault, FlakyStorage, Harm
from tests.fakes.keys import FakeKeyManager
from tests.unit.application.keys.scenes import FIRST, TENANT, Defective, Scene, Short, Waits


async def test_a_first_key_is_wrapped_by_every_key_manager() -> None:
    """Each wrap opens to the same 32 bytes, bound to tenant, generation and purpose; they lie nowhere in clear."""
    scene = Scene()
    await scene.vault.create(TENANT)
    key = await scene.vault.active(TENANT)
    generation = await scene.generation()
    assert (key.generation, len(key.secret)) == (1, 32)
    assert (generation.number, generation.state, generation.created) == (1, State.ACTIVE, scene.time.now)
    assert set(generation.wraps) == {"east", "west"}
    context = wrap_context(TENANT, 1, DATA_KEY)
    for manager in (scene.east, scene.west):
        assert await manager.unwrap(generation.wraps[manager.name], context) == key.secret
    assert all(key.secret not in (record.body or b"") for record in scene.storage.records.values())
    assert scene.storage.records[FIRST].generation == 0


async def test_a_recovery_key_wraps_too() -> None:
    """Its wrap stands beside the others under its own name."""
    scene = Scene()
    recovery = RecoveryKey(rsa.generate_private_key(65537, LEAST_BITS).public_key())
    vault = scene.process("recovered", recovery=recovery)
    await vault.create(TENANT)
    assert set((await scene.generation()).wraps) == {"east", "west", RECOVERY}
    assert await vault.missing_wraps() == []


@pytest.mark.parametrize("failure", [Unavailable("out"), PermissionDenied("no"), NotFound("gone")])
async def test_nothing_is_stored_while_a_key_manager_does_not_wrap(failure: PortError) -> None:
    """Whatever keeps it from wrapping: the caller may try again later."""
    scene = Scene()
    scene.west.failure = failure
    with pytest.raises(Unavailable):
        await scene.vault.create(TENANT)
    assert scene.storage.records == {}
    scene.west.failure = None
    await scene.vault.create(TENANT)
    assert (await scene.vault.active(TENANT)).generation == 1


async def test_a_defect_in_a_key_manager_is_its_own() -> None:
    """What passes the port of one is its failure, told with its cause, and keeps no other from opening and closing."""
    scene = Scene()
    defective = Defective()
    vault = scene.process("defect", managers=[defective])
    with pytest.raises(Unavailable) as raised:
        await vault.create(TENANT)
    assert isinstance(raised.value.__cause__, ZeroDivisionError)
    wraps = Wraps([defective, FakeKeyManager("well")], None)
    assert set(await wraps.primaries()) == {"well"}
    await wraps.check()
    made = await FakeKeyManager("well").wrap(bytes(32), b"")
    assert await wraps.open({defective.name: b"", "well": made}, b"") == bytes(32)
    assert set(await wraps.renew({"well": made}, wraps.names, b"")) == {"well"}
    with pytest.raises(Unavailable):
        await wraps.prove({defective.name: b"", "well": made}, bytes(32), b"")


async def test_a_call_that_is_cancelled_is_not_taken_for_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even where a key manager itself ends so."""
    ended, well = FakeKeyManager("ended"), FakeKeyManager("well")

    async def wrap(*_: bytes) -> bytes:
        raise asyncio.CancelledError

    monkeypatch.setattr(ended, "wrap", wrap)
    with pytest.raises(asyncio.CancelledError):
        await Wraps([ended, well], None).make(bytes(32), b"")


async def test_a_key_manager_that_does_not_close_keeps_no_other_open() -> None:
    """It is told in the end."""
    well = FakeKeyManager("well")
    with pytest.raises(ZeroDivisionError):
        await Wraps([well, Defective()], None).close()
    assert well.closed
    well = FakeKeyManager("well")
    with pytest.raises(ZeroDivisionError):
        await Wraps([Defective(), well], None).close()
    assert well.closed


async def test_creating_twice_is_creating_once() -> None:
    """The second time, by this process or another, changes nothing."""
    scene = Scene()
    await scene.vault.create(TENANT)
    key = await scene.vault.active(TENANT)
    before = dict(scene.storage.records)
    await scene.vault.create(TENANT)
    await scene.process("second").create(TENANT)
    assert scene.storage.records == before
    assert await scene.process("third").active(TENANT) == key


async def test_of_two_creators_one_makes_the_key_that_both_use() -> None:
    """The loser of a race across processes finds the winner's key."""
    scene = Scene()
    vaults = [scene.process(f"process {number}", Waits(scene.storage)) for number in range(4)]
    await asyncio.gather(*(vault.create(TENANT) for vault in vaults))
    keys = [await vault.active(TENANT) for vault in vaults]
    assert keys == [keys[0]] * 4


@pytest.mark.parametrize("step", range(1, 6))
@pytest.mark.parametrize("harm", [Harm.LOST_REQUEST, Harm.LOST_ANSWER, Harm.DEATH_BEFORE, Harm.DEATH_AFTER])
async def test_creation_survives_whatever_is_lost(step: int, harm: Harm) -> None:
    """A creation that was cut short at any step is completed by the next one, and nothing is doubled."""
    scene = Scene()
    vault = scene.process("cut", FlakyStorage(scene.storage, Fault(step, harm)))
    key = None
    with suppress(Died, Unavailable):
        await vault.create(TENANT)
        key = await scene.vault.active(TENANT)
    again = scene.process("again")
    await again.create(TENANT)
    assert key in (None, await again.active(TENANT))
    assert await again.missing_wraps() == []


async def test_any_one_key_manager_opens() -> None:
    """Whichever is out, and whether it is out, refuses, or holds a damaged wrap."""
    scene = Scene()
    await scene.vault.create(TENANT)
    key = await scene.vault.active(TENANT)
    for manager in (scene.east, scene.west):
        for failure in (Unavailable("out"), PermissionDenied("no"), NotFound("gone"), Corrupt("damaged")):
            manager.failure = failure
            assert await scene.process("reader").active(TENANT) == key
            manager.failure = None


@pytest.mark.parametrize(
    ("east", "west", "told"),
    [
        (Corrupt("damaged"), Corrupt("damaged"), Corrupt),
        (Corrupt("damaged"), Unavailable("out"), Unavailable),
        (PermissionDenied("no"), Corrupt("damaged"), Unavailable),
        (Unavailable("out"), Unavailable("out"), Unavailable),
    ],
)
async def test_a_key_that_nobody_opens(east: PortError, west: PortError, told: type[PortError]) -> None:
    """It is corrupt only where everybody says so; else somebody may still open it later."""
    scene = Scene()
    await scene.vault.create(TENANT)
    scene.east.failure, scene.west.failure = east, west
    with pytest.raises(told):
        await scene.process("reader").active(TENANT)


async def test_a_key_whose_wraps_are_all_foreign_is_unavailable() -> None:
    """None of the key managers that are configured here has a wrap; another one may open it."""
    scene = Scene()
    await scene.vault.create(TENANT)
    with pytest.raises(Unavailable):
        await scene.process("reader", managers=[FakeKeyManager("north")]).active(TENANT)


async def test_a_wrap_of_something_else_is_corrupt() -> None:
    """What opens to other than 32 bytes is no data key; a wrap that was moved from another tenant does not open."""
    scene = Scene()
    await scene.vault.create(TENANT)
    with pytest.raises(Corrupt):
        await scene.process("reader", managers=[Short("east")]).active(TENANT)
    await scene.vault.create(SYSTEM)
    moved = scene.storage.records[Ref(SYSTEM, DATA_KEY, "000001")]
    await scene.storage.put(replace(moved, ref=FIRST, rev=2))
    with pytest.raises(Corrupt):
        await scene.process("reader").active(TENANT)


async def test_a_record_that_does_not_decode_is_corrupt() -> None:
    """It is not passed over as if there were no key."""
    scene = Scene()
    await scene.storage.put(Record(FIRST, 1, b"noise", scene.time.now))
    with pytest.raises(Corrupt):
        await scene.vault.key(TENANT, 1)
    with pytest.raises(Corrupt):
        await scene.vault.active(TENANT)


async def test_a_key_that_is_not_there_is_not_found() -> None:
    """No key at all, another generation, none that is active, or one that was destroyed."""
    scene = Scene()
    with pytest.raises(NotFound):
        await scene.vault.active(TENANT)
    await scene.vault.create(TENANT)
    with pytest.raises(NotFound):
        await scene.vault.key(TENANT, 2)
    await scene.store(retire(await scene.generation(), scene.time.now), rev=2)
    assert (await scene.vault.key(TENANT, 1)).generation == 1
    with pytest.raises(NotFound):
        await scene.vault.active(TENANT)
    await scene.store(destroy(await scene.generation(), scene.time.now), rev=3)
    with pytest.raises(NotFound):
        await scene.process("reader").key(TENANT, 1)


async def test_a_key_is_in_memory_for_five_minutes() -> None:
    """Until then no key manager is asked; then it is asked again, and the fast path has nothing."""
    scene = Scene()
    await scene.vault.create(TENANT)
    assert scene.vault.cached(TENANT, 1) is None
    key = await scene.vault.key(TENANT, 1)
    scene.time.go_on(seconds=KEY_LIFETIME - 1)
    assert (scene.vault.cached(TENANT, 1), await scene.vault.key(TENANT, 1)) == (key, key)
    assert scene.east.calls["unwrap"] == 1
    scene.time.go_on(seconds=1)
    assert scene.vault.cached(TENANT, 1) is None
    await scene.vault.key(TENANT, 1)
    assert scene.east.calls["unwrap"] == 2


async def test_a_new_generation_is_used_within_a_minute() -> None:
    """A view of the active generation that is older is not believed."""
    scene = Scene()
    await scene.vault.create(TENANT)
    old = await scene.vault.active(TENANT)
    context = wrap_context(TENANT, 2, DATA_KEY)
    wraps = {manager.name: await manager.wrap(bytes(32), context) for manager in (scene.east, scene.west)}
    await scene.store(Generation(2, State.ACTIVE, scene.time.now, wraps))
    scene.time.go_on(seconds=VIEW_LIFETIME - 1)
    assert (scene.vault.cached(TENANT, None), await scene.vault.active(TENANT)) == (old, old)
    scene.time.go_on(seconds=1)
    assert scene.vault.cached(TENANT, None) is None
    assert await scene.vault.active(TENANT) == DataKey(2, bytes(32))
    assert scene.vault.cached(TENANT, 1) == old


async def test_one_unwrap_is_in_flight_for_each_key() -> None:
    """A crowd that comes at once costs one question to one key manager."""
    scene = Scene()
    await scene.vault.create(TENANT)
    keys = await asyncio.gather(*(scene.vault.active(TENANT) for _ in range(50)))
    assert keys == [keys[0]] * 50
    assert (scene.east.calls["unwrap"], scene.west.calls["unwrap"]) == (1, 0)


async def test_missing_wraps_are_found() -> None:
    """Those of a key manager that was configured later, for every tenant and generation that has wraps at all."""
    scene = Scene()
    tenants = [TENANT, SYSTEM, TenantId("z")]
    for number in range(1_000):
        await scene.storage.put(Record(Ref(SYSTEM, HOLDER, f"erased-{number:04d}"), 1, b"", scene.time.now))
    for tenant in tenants:
        await scene.vault.create(tenant)
    assert await scene.vault.missing_wraps() == []
    later = scene.process("later", managers=[scene.east, FakeKeyManager("north")])
    expected = {MissingWrap(tenant, 1, "north") for tenant in tenants}
    assert set(await later.missing_wraps()) == expected
    await scene.store(destroy(await scene.generation(), scene.time.now), rev=2)
    assert set(await later.missing_wraps()) == expected - {MissingWrap(TENANT, 1, "north")}


async def test_the_vault_is_well_while_one_key_manager_answers() -> None:
    """The service can go on opening keys; without any, or without the store, it cannot."""
    scene = Scene()
    scene.east.failure = Unavailable("out")
    await scene.vault.check()
    scene.west.failure = Unavailable("out")
    with pytest.raises(Unavailable):
        await scene.vault.check()
    scene.west.failure = None
    with pytest.raises(Unavailable):
        await scene.process("cut", FlakyStorage(scene.storage, Fault(1, Harm.LOST_REQUEST, READS))).check()


async def test_closing_forgets_every_key() -> None:
    """Nothing plain is left, and the key managers are given up."""
    scene = Scene()
    await scene.vault.create(TENANT)
    await scene.vault.active(TENANT)
    await scene.vault.close()
    assert (scene.vault.cached(TENANT, 1), scene.vault.cached(TENANT, None)) == (None, None)
    assert scene.east.closed
    assert scene.west.closed


async def test_key_managers_have_names_of_their_own() -> None:
    """No two wraps can stand under one name, and somebody must wrap."""
    scene = Scene()
    for names in ([], ["east", "east"], [RECOVERY]):
        managers: list[KeyManager] = [FakeKeyManager(name) for name in names]
        with pytest.raises(InvalidArgument):
            scene.process("wrong", managers=managers)


async def test_a_key_does_not_show_itself() -> None:
    """No log and no traceback holds the key's bytes."""
    assert repr(DataKey(3, b"unmistakable")) == "DataKey(generation=3)"


async def test_an_outcome_that_stays_unknown_is_told() -> None:
    """A write whose outcome is unknown for good is told, and the next creation settles it."""
    scene = Scene()
    plan = (Fault(2, Harm.LOST_ANSWER, WRITES), Fault(2, Harm.LOST_REQUEST, READS))
    with pytest.raises(Unavailable):
        await scene.process("cut", FlakyStorage(scene.storage, *plan)).create(TENANT)
    await scene.vault.create(TENANT)
    assert (await scene.generation()).state is State.ACTIVE
