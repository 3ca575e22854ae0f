"""Data keys are made, wrapped anew and destroyed one step at a time; every step may fail, and be repeated."""

import asyncio
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from application.keys.lifecycle import LifeCycle
from application.keys.recovery import LEAST_BITS, RECOVERY, RecoveryKey
from application.keys.vault import KeyVault
from domain.ids import SYSTEM, TenantId
from domain.keys import DATA_KEY, Generation, State, active, wrap_context
from domain.wraps import Primary
from ports.errors import Conflict, Corrupt, NotFound, PortError, Unavailable
from ports.keys import KeyManager
from ports.storage import Record, Storage
from tests.fakes.flaky import Died, Fault, FlakyStorage, Harm
from tests.fakes.keys import FakeKeyManager
from tests.fakes.sources import FakeRandom, FakeTime
from tests.fakes.storage import MemoryStorage

TENANT = TenantId("aaaaaaaaaaaaaaaaaaaaaaaa")
NOTHING: dict[str, Primary] = {}


class Scene:
    """Two key managers, a store, and the life cycles of several processes upon them."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.storage = MemoryStorage()
        self.east, self.west = FakeKeyManager("east"), FakeKeyManager("west")
        self.vault, self.cycle = self.process("first")

    def process(
        self,
        seed: str,
        storage: Storage | None = None,
        managers: list[KeyManager] | None = None,
        recovery: RecoveryKey | None = None,
    ) -> tuple[KeyVault, LifeCycle]:
        """Return another process's vault and life cycle."""
        vault = KeyVault(
            storage or self.storage,
            managers or [self.east, self.west],
            clock=self.time.clock,
            monotonic=self.time.monotonic,
            random=FakeRandom(seed),
            recovery=recovery,
        )
        return vault, LifeCycle(vault, self.time.clock, FakeRandom(f"{seed} keys"))

    async def listed(self) -> list[Generation]:
        """Return the tenant's generations."""
        return await self.vault.generations.of(TENANT)

    async def states(self) -> list[State]:
        """Return what each generation is."""
        return [generation.state for generation in await self.listed()]


async def begun() -> Scene:
    """A scene in which the tenant has a first key."""
    scene = Scene()
    await scene.vault.create(TENANT)
    return scene


async def test_a_new_generation_is_wrapped_and_proven_by_everybody() -> None:
    """Every wrap has been opened again before the key is used; the versions of the wraps are noted where known."""
    scene = await begun()
    scene.time.go_on(hours=1)
    await scene.cycle.renew(TENANT, await scene.listed(), await scene.cycle.wraps.primaries())
    first, second = await scene.listed()
    assert (second.number, second.state, second.created) == (2, State.ACTIVE, scene.time.now)
    assert second.versions == {"east": "1", "west": "1"}
    assert active([first, second]) == second
    context = wrap_context(TENANT, 2, DATA_KEY)
    opened = {await manager.unwrap(second.wraps[manager.name], context) for manager in (scene.east, scene.west)}
    assert opened == {(await scene.vault.key(TENANT, 2)).secret}


@pytest.mark.parametrize("method", ["wrap", "unwrap"])
@pytest.mark.parametrize("failure", [Unavailable("out"), NotFound("gone")])
async def test_no_generation_is_made_while_a_key_manager_is_out(method: str, failure: PortError) -> None:
    """Nothing is stored, edits go on under the one there is, and it is made once all are back."""
    scene = await begun()
    west = Failing("west", method, failure)
    _, cycle = scene.process("cut", managers=[scene.east, west])
    with pytest.raises(Unavailable):
        await cycle.renew(TENANT, await cycle.generations.of(TENANT))
    assert await scene.states() == [State.ACTIVE]
    assert (await scene.vault.active(TENANT)).generation == 1
    await scene.cycle.renew(TENANT, await scene.listed())
    assert await scene.states() == [State.ACTIVE] * 2


class Failing(FakeKeyManager):
    """Fails in one of its methods."""

    def __init__(self, name: str, method: str, error: PortError) -> None:
        super().__init__(name)
        self.method, self.error = method, error

    async def wrap(self, plain: bytes, context: bytes) -> bytes:
        if self.method == "wrap":
            raise self.error
        return await super().wrap(plain, context)

    async def unwrap(self, wrap: bytes, context: bytes) -> bytes:
        if self.method == "unwrap":
            raise self.error
        return await super().unwrap(wrap, context)


class Confused(FakeKeyManager):
    """Wraps something else than what it is given."""

    async def wrap(self, plain: bytes, context: bytes) -> bytes:
        return await super().wrap(plain[::-1], context)


@pytest.mark.parametrize("west", [Confused("west"), Failing("west", "unwrap", Corrupt("damaged"))])
async def test_no_key_is_used_that_a_key_manager_does_not_give_back(west: KeyManager) -> None:
    """A wrap that opens to something else, or not at all, would be found when it is the last one left."""
    scene = await begun()
    _, cycle = scene.process("confused", managers=[scene.east, west])
    with pytest.raises(Corrupt):
        await cycle.renew(TENANT, await cycle.generations.of(TENANT))
    assert await scene.states() == [State.ACTIVE]


async def test_of_two_makers_one_makes_the_key_that_both_use() -> None:
    """The loser's key is forgotten before anybody has used it, also where it has looked long ago."""
    scene = await begun()
    known = await scene.listed()
    processes = [scene.process(f"process {number}") for number in range(4)]
    await asyncio.gather(*(cycle.renew(TENANT, known) for _, cycle in processes))
    await scene.process("late")[1].renew(TENANT, known)
    assert await scene.states() == [State.ACTIVE] * 2
    keys = [await vault.active(TENANT) for vault, _ in processes]
    assert keys == [keys[0]] * 4


async def test_a_tenant_that_is_erased_meanwhile_gets_no_new_key() -> None:
    """A rotation that began before the purge leaves nothing behind of the tenant."""
    scene = await begun()
    known = await scene.listed()
    await scene.process("purge")[0].erase(TENANT)
    await scene.cycle.renew(TENANT, known)
    assert scene.storage.records == {}


async def test_all_but_the_newest_are_retired() -> None:
    """Once; they are still opened."""
    scene = await begun()
    await scene.cycle.renew(TENANT, await scene.listed())
    scene.time.go_on(hours=1)
    assert await scene.cycle.retire(TENANT, await scene.listed()) == 1
    assert await scene.cycle.retire(TENANT, await scene.listed()) == 0
    first, second = await scene.listed()
    assert (first.state, first.retired, second.state) == (State.DECRYPT_ONLY, scene.time.now, State.ACTIVE)
    assert (await scene.process("reader")[0].key(TENANT, 1)).generation == 1


async def test_a_retirement_that_a_wrong_clock_noted_is_corrected() -> None:
    """Else the key would rest until then."""
    scene = await begun()
    await scene.cycle.renew(TENANT, await scene.listed())
    scene.time.step(hours=1_000)
    await scene.cycle.retire(TENANT, await scene.listed())
    scene.time.step(hours=-1_000)
    assert await scene.cycle.retire(TENANT, await scene.listed()) == 1
    assert (await scene.listed())[0].retired == scene.time.now


async def test_wraps_are_renewed_under_the_newest_version() -> None:
    """Without a new data key: whoever has sealed under it notices nothing."""
    scene = await begun()
    key = await scene.vault.key(TENANT, 1)
    scene.east.rotate()
    primaries = await scene.cycle.wraps.primaries()
    (before,) = await scene.listed()
    assert await scene.cycle.rewrap(TENANT, before, frozenset({"east"}), primaries) == {"east"}
    (after,) = await scene.listed()
    assert after.wraps["east"].startswith(scene.east.version)
    assert (after.wraps["west"], after.versions) == (before.wraps["west"], {"east": "2"})
    assert scene.east.calls["rewrap"] == 1
    scene.west.destroyed = True
    assert await scene.process("reader")[0].key(TENANT, 1) == key


async def test_missing_and_damaged_wraps_are_made_from_the_key() -> None:
    """A key manager that was configured later, one whose wrap was damaged, and the recovery key."""
    scene = await begun()
    recovery = RecoveryKey(rsa.generate_private_key(65537, LEAST_BITS).public_key())
    north = FakeKeyManager("north")
    vault, cycle = scene.process("later", managers=[scene.east, scene.west, north], recovery=recovery)
    await vault.generations.change(
        TENANT, 1, lambda it: Generation(1, it.state, it.created, {**it.wraps, "west": b"noise"})
    )
    (before,) = await scene.listed()
    primaries = await cycle.wraps.primaries()
    assert primaries[RECOVERY] == Primary(recovery.fingerprint)
    names = frozenset({"west", "north", RECOVERY})
    assert await cycle.rewrap(TENANT, before, names, primaries) == names
    (after,) = await scene.listed()
    assert after.versions == {"west": "1", "north": "1", RECOVERY: recovery.fingerprint}
    plain = (await vault.key(TENANT, 1)).secret
    for manager in (scene.west, north):
        assert await manager.unwrap(after.wraps[manager.name], wrap_context(TENANT, 1, DATA_KEY)) == plain
    assert await vault.missing_wraps() == []


async def test_who_does_not_answer_keeps_the_old_wrap() -> None:
    """The others get theirs, and a wrap that opens to something else takes nobody's place."""
    scene = await begun()
    (before,) = await scene.listed()
    for west in (Failing("west", "wrap", Unavailable("out")), Confused("west")):
        _, cycle = scene.process("cut", managers=[scene.east, Refusing(west)])
        assert await cycle.rewrap(TENANT, before, frozenset({"east", "west"}), NOTHING) == {"east"}
        (after,) = await scene.listed()
        assert after.wraps["west"] == before.wraps["west"]
    scene.east.failure = Unavailable("out")
    assert await scene.cycle.wraps.primaries() == {"west": Primary("1", scene.time.start)}
    assert await scene.cycle.rewrap(TENANT, before, frozenset({"nobody"}), NOTHING) == set()


class Refusing(FakeKeyManager):
    """Refuses to rewrap, and leaves the rest to another."""

    def __init__(self, inner: FakeKeyManager) -> None:
        super().__init__(inner.name)
        self.inner = inner

    async def rewrap(self, wrap: bytes, context: bytes) -> bytes:
        raise Corrupt("damaged")

    async def wrap(self, plain: bytes, context: bytes) -> bytes:
        return await self.inner.wrap(plain, context)


async def test_every_wrap_can_be_made_anew() -> None:
    """Of every generation that has wraps; it is told how many were made, and how many could not be."""
    scene = await begun()
    await scene.cycle.renew(TENANT, await scene.listed())
    await scene.cycle.renew(TENANT, await scene.listed())
    await scene.cycle.retire(TENANT, await scene.listed())
    await scene.cycle.destroy(TENANT, 1)
    before = await scene.listed()
    assert await scene.cycle.rewrap_all(TENANT, NOTHING) == (4, 0)
    after = await scene.listed()
    assert all(old.wraps[name] != new.wraps[name] for old, new in zip(before, after, strict=True) for name in old.wraps)
    scene.west.failure = Unavailable("out")
    assert await scene.cycle.rewrap_all(TENANT, NOTHING) == (2, 2)


async def test_a_key_that_nobody_opens_is_not_wrapped_anew() -> None:
    """It is told as it would be by whoever wants to use it."""
    scene = await begun()
    (before,) = await scene.listed()
    scene.east.failure = scene.west.failure = Unavailable("out")
    with pytest.raises(Unavailable):
        await scene.cycle.rewrap(TENANT, before, frozenset({"east"}), NOTHING)


async def test_a_wish_marks_every_generation_up_to_the_one_that_it_names() -> None:
    """A newer one that somebody has made meanwhile is none of its business."""
    scene = await begun()
    await scene.cycle.renew(TENANT, await scene.listed())
    await scene.cycle.renew(TENANT, await scene.listed())
    await scene.cycle.ask(TENANT, 2, suspected=True)
    assert [generation.suspected for generation in await scene.listed()] == [True, True, False]
    await scene.cycle.ask(SYSTEM, 1, suspected=True)


async def test_withdrawn_and_destroyed_keys_are_out_of_use() -> None:
    """The one for the service, with its wraps kept; the other for everybody. An active key is left alone by both."""
    scene = await begun()
    await scene.cycle.withdraw(TENANT, 1)
    await scene.cycle.destroy(TENANT, 1)
    assert await scene.states() == [State.ACTIVE]
    await scene.cycle.renew(TENANT, await scene.listed())
    await scene.cycle.retire(TENANT, await scene.listed())
    await scene.cycle.withdraw(TENANT, 1)
    with pytest.raises(Unavailable):
        await scene.process("reader")[0].key(TENANT, 1)
    assert (await scene.process("sweeper")[0].key_to_replace(TENANT, 1)).generation == 1
    await scene.cycle.destroy(TENANT, 1)
    with pytest.raises(NotFound):
        await scene.process("reader")[0].key_to_replace(TENANT, 1)
    assert (await scene.listed())[0].wraps == {}
    assert await scene.vault.generations.get(TENANT, 9) is None
    assert await scene.vault.generations.change(TENANT, 9, lambda it: it) is None


async def test_a_change_that_is_always_overtaken_is_told() -> None:
    """It is not tried for ever."""

    class Busy(FlakyStorage):
        async def put(self, record: Record) -> None:
            raise Conflict(record.ref)

    scene = await begun()
    _, cycle = scene.process("busy", Busy(scene.storage))
    with pytest.raises(Conflict):
        await cycle.ask(TENANT, 1, suspected=False)


async def test_of_two_changes_at_once_both_are_made() -> None:
    """The loser looks again, and makes its change upon the winner's."""
    scene = await begun()
    (before,) = await scene.listed()
    await asyncio.gather(
        scene.cycle.ask(TENANT, 1, suspected=True),
        scene.process("other")[1].rewrap(TENANT, before, frozenset({"east"}), {"east": Primary("7")}),
    )
    (after,) = await scene.listed()
    assert (after.suspected, after.versions) == (True, {"east": "7"})


@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
@pytest.mark.parametrize("times", [1, 50], ids=["once", "for a while"])
async def test_every_step_of_a_life_may_fail_and_be_repeated(harm: Harm, times: int) -> None:
    """Whatever call to the vault fails: no key is lost or doubled, and a repeat ends where it would have ended."""
    step, struck = 1, True
    while struck:
        scene = await begun()
        key = await scene.vault.key(TENANT, 1)
        flaky = FlakyStorage(scene.storage, Fault(step, harm, times=times))
        with suppress(Died, Unavailable):
            await live(scene.process("cut", flaky)[1])
        struck = len(flaky.steps) >= step
        reader = scene.process("reader")[0]
        newest = await reader.active(TENANT)
        assert newest == key or newest.generation > 1
        await live(scene.process("again")[1])
        generations = await scene.listed()
        assert [generation.number for generation in generations] == list(range(1, len(generations) + 1))
        assert [generation.state for generation in generations[:-1]] == [State.DESTROYED] * (len(generations) - 1)
        assert generations[-1].state is State.ACTIVE
        assert await reader.missing_wraps() == []
        step += 1
    assert step > 8


async def live(cycle: LifeCycle) -> None:
    """Make a generation, and have everything before it go."""
    await cycle.renew(TENANT, await cycle.generations.of(TENANT))
    await cycle.ask(TENANT, 1, suspected=True)
    await cycle.retire(TENANT, await cycle.generations.of(TENANT))
    for generation in await cycle.generations.of(TENANT):
        await cycle.withdraw(TENANT, generation.number)
        await cycle.destroy(TENANT, generation.number)
