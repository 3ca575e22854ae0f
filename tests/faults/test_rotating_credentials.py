"""The process that replaces a password dies, or a call fails, at every step: it completes, and nobody is locked out."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from application.credentials.switching import SwitchingStorage
from ports.errors import PortError
from ports.storage import Record, Ref, Shipping
from tests.fakes.flaky import Died, Harm
from tests.fakes.sources import FakeTime
from tests.unit.application.credentials.scenes import (
    AGE,
    SETTINGS,
    SETTLING,
    Site,
    Steps,
    TwoVersions,
    a_settled_site,
    with_administrator,
)

# The secrets are those of the store that keeps the fewest versions: where it is enough, others are too.
POLL = timedelta(seconds=SETTINGS.poll_seconds)
HARMS = [Harm.LOST_REQUEST, Harm.LOST_ANSWER, Harm.DEATH_BEFORE, Harm.DEATH_AFTER]


class Instances:
    """Processes that serve while the password is replaced, and what they have stored."""

    def __init__(self, site: Site, following: SwitchingStorage, sleeping: SwitchingStorage) -> None:
        self.site = site
        self._following = following
        self._sleeping = sleeping
        self._stored = 0

    async def serve(self) -> None:
        """Write with one that follows, one that has slept until now, and one that is just started; none fails."""
        await self._following.look()
        started = await self.site.instance()
        for storage in (self._following, self._sleeping, started):
            self._stored += 1
            await storage.put(_record(self._stored))
        await started.close()

    async def close(self) -> None:
        """End, having lost nothing."""
        assert len(await self._following.scan("tenant", "kind")) == self._stored
        await self._following.close()
        await self._sleeping.close()


def _record(number: int) -> Record:
    return Record(Ref("tenant", "kind", f"{number:05}"), 1, b"x", FakeTime().start, shipping=Shipping.NEVER)


async def administered() -> Site:
    """Return a site with an administrator, whose first minutes are over too."""
    site = await with_administrator(await a_settled_site(TwoVersions, ("storage",)))
    site.go_on(SETTLING)
    await site.ran()
    return site


async def by_themselves() -> Site:
    """Return a site whose users change each other's passwords."""
    return await a_settled_site(TwoVersions, ("storage",))


@pytest.mark.parametrize("made", [by_themselves, administered])
@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.name.lower())
async def test_a_replacement_completes_whatever_happens(harm: Harm, made: Callable[[], Awaitable[Site]]) -> None:
    """Harmed at one step, whichever, and repeated once a minute: one user is left, with a new password."""
    harmed = 0
    while True:
        harmed += 1
        site = await made()
        old = await site.addresses()
        steps = Steps(harmed, harm)
        await lived_through(site, steps)
        assert [site.admits(address) for address in await site.addresses()] == [True, False]
        assert not any(site.admits(address) for address in old)
        if steps.taken < harmed:
            break
    assert harmed > 20, "the story takes more steps than that"


async def lived_through(site: Site, steps: Steps) -> None:
    """Let a replacement come due and pass, with one harm on the way, while requests are served."""
    instances = Instances(site, await site.instance(), await site.instance())
    site.go_on(AGE)
    for _ in range(2 * (int(SETTLING / POLL) + 2)):
        try:
            await site.ran(steps)
        except (PortError, Died):
            assert steps.taken >= steps.harmed
        await instances.serve()
        site.go_on(POLL)
    await instances.close()
