"""A token that may change something once: whatever fails between its use and the commit, nobody is locked out."""

import pytest

from application.panoramas.founding import Created, CreateRequest, create_panorama
from application.tenants.forge import get_or_create
from domain.ids import SYSTEM, TenantId
from entrypoints.http.tokens import Reason, Refused, TokenRequest
from entrypoints.sandbox.calls import Callback
from ports.errors import PortError
from tests.fakes.flaky import Died, Fault, FlakyStorage, Harm
from tests.fakes.house import House
from tests.fakes.storage import MemoryStorage
from tests.refusals.scene import api, sent
from tests.unit.application.tenants.scenes import Registry
from tests.unit.entrypoints.http.tokens.scenes import Entrance

TIMES = pytest.mark.parametrize("times", [1, 20], ids=["once", "for a while"])
HARMS = pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())


async def process(storage: FlakyStorage) -> Entrance:
    """Return a process at which nobody has installed the app yet."""
    house = House(storage)
    await house.vault.create(SYSTEM)
    return Entrance(Registry(house))


async def begin(entrance: Entrance, request: TokenRequest) -> Created:
    """Begin a panorama, as the route does."""
    caller = await entrance.verifier.api_caller(request, changes=True)
    wish = CreateRequest(caller.tenant, caller.user, request.idempotency_key, "the request", name="Roadmap")
    return await create_panorama(wish, entrance.registry.house.panoramas)


async def tell(entrance: Entrance, event: Callback) -> TenantId:
    """Do what an event tells, as the route does."""
    view = await get_or_create(
        await entrance.verifier.event(*sent(event)), entrance.registry.tenants, entrance.time.clock
    )
    assert view is not None
    return view.tenant.id


async def tried_change(fault: Fault) -> bool:
    """Begin a panorama with one fault, then again by another process, with the same token; whether the fault struck."""
    storage = FlakyStorage(MemoryStorage())
    entrance = await process(storage)
    token = entrance.jira.forge.page_token(entrance.forge_site, "ann")
    request = api(token, method="POST", key="one").request
    storage.steps.clear()
    storage.plan = (fault,)
    first: Created | None = None
    try:
        first = await begin(entrance, request)
    except (Died, PortError):
        assert len(storage.steps) >= fault.call
    struck = len(storage.steps) >= fault.call
    survivor = entrance.neighbour(storage.inner)
    again = await begin(survivor, request)
    assert first in (None, again), "the repeat gets another answer"
    assert await begin(survivor, request) == again
    with pytest.raises(Refused) as caught:
        await begin(survivor, request._replace(idempotency_key="two"))
    assert caught.value.reason is Reason.REPLAYED
    return struck


async def tried_event(fault: Fault) -> bool:
    """Tell of an installation with one fault, then twice more: with the same token, and as Forge repeats it."""
    storage = FlakyStorage(MemoryStorage())
    entrance = await process(storage)
    event = entrance.jira.forge.installed(entrance.forge_site)
    storage.steps.clear()
    storage.plan = (fault,)
    told: TenantId | None = None
    try:
        told = await tell(entrance, event)
    except (Died, PortError):
        assert len(storage.steps) >= fault.call
    struck = len(storage.steps) >= fault.call
    survivor = entrance.neighbour(storage.inner)
    found = {await tell(survivor, each) for each in (event, survivor.jira.forge.repeated(entrance.forge_site, event))}
    assert len(found | ({told} - {None})) == 1, "the site has two lives"
    return struck


@TIMES
@HARMS
async def test_a_change_is_done_once_whichever_step_fails(harm: Harm, times: int) -> None:
    """The token is used before anything is committed; the same token and key finish what was begun, and no other."""
    step = 1
    while await tried_change(Fault(step, harm, times=times)):
        step += 1
    assert step > 2, "the use of the token and the commit are steps of their own"


@TIMES
@HARMS
async def test_an_event_is_carried_out_whichever_step_fails(harm: Harm, times: int) -> None:
    """With the token that was used already, and with a new one."""
    step = 1
    while await tried_event(Fault(step, harm, times=times)):
        step += 1
    assert step > 2, "the use of the token and what follows from it are steps of their own"
