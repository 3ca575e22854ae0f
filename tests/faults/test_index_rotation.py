"""A rotation of index keys: every step may fail, anything may happen in between, and no lookup misses anything."""

from collections.abc import Iterable
from contextlib import suppress
from itertools import count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from application.keys.blind_index import INDEX_KEY
from application.keys.vault import KEY_LIFETIME
from application.maintenance.jobs import Turn
from application.panoramas.places import PLACE
from domain.ids import SYSTEM, IssueId, PanoramaId
from domain.index_keys import ANNOUNCEMENT, HANDOVER
from ports.errors import PortError
from tests.fakes.flaky import Died, Fault, Harm
from tests.fakes.house import TENANT, House
from tests.fakes.rotating import Rotating
from tests.fakes.sources import FakeTime
from tests.fakes.storage import MemoryStorage
from tests.rounds import rounds
from tests.unit.application.panoramas.scenes import a_panorama, edited, issue

DAYS = 24
PAUSES = (0.0, ANNOUNCEMENT.total_seconds(), HANDOVER.total_seconds())
"""How long lies before each of the three turns that a rotation takes at the least."""


class Scene:
    """Two panoramas under an index key of sixty days, at a storage that can fail."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.flaky, self.vault = Rotating(MemoryStorage()), MemoryStorage()
        self.house = House(self.flaky, self.vault, time=self.time)
        self.places: dict[int, set[PanoramaId]] = {}

    async def begin(self) -> "Scene":
        """Put some issues into one of them and some into both."""
        for tenant in (TENANT, SYSTEM):
            await self.house.vault.create(tenant)
        self.panoramas = [await a_panorama(self.house), await a_panorama(self.house)]
        await self.add(self.house, 0, 1, 2)
        await self.add(self.house, 1, 2, 3)
        self.time.go_on(hours=60 * DAYS)
        self.flaky.steps.clear()
        return self

    def process(self, seed: str) -> House:
        """Return a process at the same stores that nothing happens to."""
        return House(self.flaky.inner, self.vault, time=self.time, seed=seed, managers=self.house.managers)

    async def add(self, house: House, where: int, *issues: int) -> None:
        """Put issues into a panorama; once that is acknowledged, they must be found."""
        await edited(house, self.panoramas[where], *map(issue, issues))
        for each in issues:
            self.places.setdefault(each, set()).add(self.panoramas[where])

    async def assert_found(self, houses: Iterable[House]) -> None:
        """Look every issue up in each process."""
        for house in houses:
            for each, panoramas in self.places.items():
                assert set(await house.panoramas.places.lookup(TENANT, IssueId(each))) >= panoramas

    async def check_rotated(self) -> None:
        """The second key alone is left, and every entry is under it."""
        assert [record.ref.key for record in await self.flaky.inner.scan(TENANT, INDEX_KEY)] == ["000002"]
        entries = [record.ref.key for record in await self.flaky.inner.scan(TENANT, PLACE)]
        assert {key[:2] for key in entries} == {"2."}
        assert len(entries) == sum(map(len, self.places.values()))


async def turned(house: House) -> None:
    """Do what is due for the tenant."""
    await house.index_care.succession.carry_on(TENANT, Turn(house.time.monotonic, 10**9))


async def rotated(house: House) -> None:
    """Give the rotation all its turns."""
    for pause in PAUSES:
        house.time.go_on(seconds=pause)
        await turned(house)


async def tried(fault: Fault) -> bool:
    """Rotate with one fault, and have another process complete it; whether the fault struck at all."""
    scene = await Scene().begin()
    reader = scene.process("reader")
    scene.flaky.plan = (fault,)
    for pause in PAUSES:
        scene.time.go_on(seconds=pause)
        with suppress(Died, PortError):
            await turned(scene.house)
        await scene.assert_found([reader, scene.process("fresh")])
    struck = len(scene.flaky.steps) >= fault.call
    survivor = scene.process("survivor")
    for _ in range(2):
        await rotated(survivor)
    await scene.assert_found([reader, survivor, scene.process("last")])
    await scene.check_rotated()
    return struck


@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
async def test_whatever_step_fails_a_rotation_completes(harm: Harm) -> None:
    """A call that fails once, a store that is out for a while, or a death: the next process goes on from there."""
    step = 1
    while await tried(Fault(step, harm, times=20 if step % 2 else 1)):
        step += 1
    assert step > 5


class Crowd:
    """Processes that have looked at the keys within the last 300 seconds, and look no more."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.members: list[tuple[House, float]] = []
        self.numbers = count(100)

    async def join(self) -> None:
        """Have one more process look."""
        house = self.scene.process(f"member {len(self.members)}")
        await self.scene.assert_found([house])
        self.members.append((house, self.scene.time.monotonic()))

    async def use(self) -> None:
        """Have each put an issue somewhere, and look everything up."""
        houses = [house for house, since in self.members if self.scene.time.monotonic() - since < KEY_LIFETIME]
        for house in houses:
            await self.scene.add(house, next(self.numbers) % 2, next(self.numbers))
        await self.scene.assert_found(houses)


@pytest.mark.parametrize("age", [1.0, 299.0])
async def test_edits_and_lookups_between_any_two_steps_miss_nothing(age: float) -> None:
    """Of a process that has just looked at the keys, and of one that has not for as long as it may believe in them.

    Whichever key each believes to be in use: what it adds is found at once, by all, and for ever.
    """
    step, reached = 1, True
    while reached:
        scene = await Scene().begin()
        crowd, reached = Crowd(scene), False

        async def meanwhile(scene: Scene = scene, crowd: Crowd = crowd) -> None:
            nonlocal reached
            reached, scene.flaky.rotation = True, None
            await crowd.use()

        scene.flaky.begins, scene.flaky.rotation = step, meanwhile
        for pause in PAUSES:
            scene.time.go_on(seconds=max(0, pause - age))
            await crowd.join()
            scene.time.go_on(seconds=min(pause, age))
            await turned(scene.house)
            await crowd.join()
            await crowd.use()
        scene.flaky.rotation = None
        await scene.assert_found([scene.process("last")])
        await scene.check_rotated()
        step += 1
    assert step > 5


ACTS = st.one_of(
    st.tuples(st.just("add"), st.integers(0, 2), st.integers(1, 30)),
    st.tuples(st.just("turn"), st.integers(0, 2), st.just(0)),
    st.tuples(st.just("tidy"), st.integers(0, 2), st.just(0)),
    st.tuples(st.just("wait"), st.just(0), st.sampled_from([1, 250, 600, 3_600, 4_200, 8 * DAYS * 3_600])),
    st.tuples(st.just("step"), st.just(0), st.sampled_from([-100, -1, 1, 100])),
)


@settings(max_examples=rounds(60))
@given(st.lists(ACTS, max_size=40))
async def test_no_course_of_events_hides_an_issue(acts: list[tuple[str, int, int]]) -> None:
    """Three processes edit, rotate and tidy as it comes, and clocks leap: what was acknowledged is found by each."""
    scene = await Scene().begin()
    houses = [scene.process(f"process {number}") for number in range(3)]
    for act, who, what in acts:
        if act == "add":
            await scene.add(houses[who], what % 2, what)
        elif act == "turn":
            await turned(houses[who])
        elif act == "tidy":
            await houses[who].index_care.tidying.run(Turn(scene.time.monotonic, 10**9))
        elif act == "wait":
            scene.time.go_on(seconds=what)
        else:
            scene.time.step(hours=what)
        await scene.assert_found([houses[Random(what).randrange(3)]])
    await scene.assert_found(houses)
