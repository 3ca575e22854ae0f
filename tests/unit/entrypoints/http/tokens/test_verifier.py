"""Who gets through, with which token, for how long, and what it costs."""

import asyncio

import jwt
import pytest

from application.tenants.lifecycle import install_app
from domain.tenants import Installation
from entrypoints.http.tokens import Reason, Refused
from entrypoints.http.tokens.callbacks import ForgeEvent
from entrypoints.sandbox.jira import BASE_URL, ConnectSite
from tests.fakes.storage import MemoryStorage
from tests.refusals.scene import INSTALLATION, api, by_secret, claims_of, moment
from tests.unit.entrypoints.http.tokens.scenes import Entrance, entrance


async def refused(entrance: Entrance, authorization: str, *, changes: bool = False) -> Reason | None:
    """Return why a call is refused, None where it is not."""
    try:
        await entrance.caller(authorization, changes=changes)
    except Refused as error:
        return error.reason
    return None


def ann(entrance: Entrance, site: ConnectSite | None = None) -> str:
    """Return the token that Ann's page has now."""
    return entrance.jira.context_token(site or entrance.site, "ann")


async def test_a_context_token_speaks_for_a_user_of_its_site() -> None:
    """The same account is the same user with every token and by every scheme's spelling; others are others."""
    scene = await entrance()
    token = ann(scene)
    caller = await scene.caller(token)
    scene.time.go_on(seconds=5)
    assert await scene.caller(ann(scene)) == caller
    assert await scene.caller(token.replace("JWT", "jwt")) == caller
    assert await scene.caller(scene.jira.context_token(scene.site, "ben")) != caller
    user = await scene.registry.users.find(caller.tenant, caller.user)
    assert user is not None
    assert user.account == "ann"


async def test_a_page_token_speaks_for_whoever_opened_the_page() -> None:
    """Jira opens a page with a token in its query that is tied to exactly this request."""
    scene = await entrance()
    query = scene.jira.page_query(scene.site, "ann", "/panoramas", "lic=active&loc=de-DE")
    request = api().request._replace(path="/panoramas", query=query)
    assert await scene.verifier.page_caller(request) == await scene.caller(ann(scene))


async def test_a_forge_token_speaks_for_a_user_of_its_installation() -> None:
    """Each call by way of Forge has a token of its own, good once, to read or to change something."""
    scene = await entrance()
    reader = await scene.caller(scene.jira.invocation_token(INSTALLATION, "ann"))
    writer = await scene.caller(scene.jira.invocation_token(INSTALLATION, "ann"), changes=True)
    assert reader == writer
    assert reader.tenant != (await scene.caller(ann(scene))).tenant


async def test_the_clocks_may_be_apart() -> None:
    """A token is good 30 s before its time and less than 30 s after it."""
    scene = await entrance()
    secret = scene.site.shared_secret
    for claims in ({"iat": moment(scene, 30)}, {"nbf": moment(scene, 30)}, {"exp": moment(scene, -29.9)}):
        assert await refused(scene, f"JWT {by_secret(claims_of(scene, **claims), secret)}") is None


async def test_callbacks_may_name_any_region() -> None:
    """The audience may be any of the app's addresses, and its path is no part of the hash."""
    scene = await entrance()
    callback = scene.jira.installed(scene.site)
    for audience in ("https://panorama.example/", ["https://x.example", "https://eu.panorama.example/app"]):
        claims = jwt.decode(callback.authorization.partition(" ")[2], options={"verify_signature": False})
        token = scene.jira.signed({**claims, "aud": audience})
        request = api(f"JWT {token}", method="POST").request._replace(path="/app/connect/installed")
        assert (await scene.verifier.installation(request)).iss == scene.site.client_key


async def test_the_secret_is_swapped_at_once_and_the_previous_one_lives_a_minute() -> None:
    """After a re-installation both secrets are accepted for 60 s, by other processes too, then the new one only."""
    scene = await entrance()
    other = scene.neighbour()
    before = ann(scene)
    assert await refused(other, before) is None
    scene.jira.swap_secret(scene.site)
    await scene.told(scene.jira.installed(scene.site))
    after = ann(scene)
    for process in (scene, other):
        assert await refused(process, after) is None
        assert await refused(process, before) is None
    scene.time.go_on(seconds=59.9)
    for process in (scene, other):
        assert await refused(process, before) is None
        assert process.verifier.remembered(before) is not None
    scene.time.go_on(seconds=0.1)
    for process in (scene, other):
        assert process.verifier.remembered(before) is None
        assert await refused(process, before) is Reason.SIGNATURE
        assert await refused(process, after) is None


async def test_doubtful_signatures_ask_the_store_once_a_second() -> None:
    """Whoever sends tokens with a wrong signature costs one look at the tenant a second, not one each."""
    scene = await entrance()
    strange = f"JWT {by_secret(claims_of(scene), 'another secret that nobody shares with us')}"
    await refused(scene, strange)
    storage = scene.registry.house.storage
    assert isinstance(storage, MemoryStorage)
    trips = storage.round_trips
    for _ in range(5):
        assert await refused(scene, strange) is Reason.SIGNATURE
    assert storage.round_trips == trips


async def test_a_tenant_that_vanishes_is_unknown() -> None:
    """Where the reload that a doubtful signature asks for finds nothing, the tenant is unknown."""
    scene = await entrance()
    view = await scene.registry.tenants.by_alias("jira:site-a")
    assert view is not None
    await scene.registry.house.storage.erase(view.tenant.id)
    strange = f"JWT {by_secret(claims_of(scene), 'another secret that nobody shares with us')}"
    assert await refused(scene, strange) is Reason.TENANT


async def test_no_secret_is_no_secret() -> None:
    """A tenant that shares no secret, as Forge's do, accepts no token that is signed with one."""
    scene = await entrance()
    installation = Installation(alias="jira:without", issued=scene.time.clock())
    await install_app(installation, scene.registry.tenants, scene.time.clock)
    token = by_secret(claims_of(scene, iss="without"), scene.site.shared_secret)
    assert await refused(scene, f"JWT {token}") is Reason.SIGNATURE


async def test_a_jti_changes_something_once_in_all_processes() -> None:
    """A token that another process has used for a change is refused, even when both see it at once."""
    scene = await entrance()
    other = scene.neighbour()
    token = scene.jira.invocation_token(INSTALLATION, "ann")
    outcomes = await asyncio.gather(refused(scene, token, changes=True), refused(other, token, changes=True))
    assert sorted(map(str, outcomes)) == ["None", "replayed"]


async def test_a_verified_token_is_remembered() -> None:
    """The second call with a token asks nothing and verifies nothing, until the tenant's view is 5 s old."""
    scene = await entrance()
    token = ann(scene)
    assert scene.verifier.remembered(token) is None
    caller = await scene.caller(token)
    assert scene.verifier.remembered(token) == caller
    scene.time.go_on(seconds=5)
    assert scene.verifier.remembered(token) is None
    assert await scene.caller(token) == caller
    assert scene.verifier.remembered(token) == caller


async def test_refreshing_a_remembered_token_costs_one_look() -> None:
    """When the view is old the tenant is read again, and nothing else."""
    scene = await entrance()
    token = ann(scene)
    await scene.caller(token)
    scene.time.go_on(seconds=5)
    storage = scene.registry.house.storage
    assert isinstance(storage, MemoryStorage)
    trips = storage.round_trips
    await scene.caller(token)
    assert storage.round_trips == trips + 1


async def test_a_remembered_token_is_forgotten_when_it_expires() -> None:
    """Being remembered prolongs nothing."""
    scene = await entrance()
    token = ann(scene)
    await scene.caller(token)
    for _ in range(930 // 4):
        scene.time.go_on(seconds=4)
        await refused(scene, token)
    assert scene.verifier.remembered(token) is not None
    scene.time.go_on(seconds=2)
    assert scene.verifier.remembered(token) is None
    assert await refused(scene, token) is Reason.EXPIRED


@pytest.mark.parametrize("callback", ["disabled", "uninstalled", "installed"])
async def test_a_remembered_token_is_forgotten_when_the_tenant_changes(callback: str) -> None:
    """At once by the process that was told, within 5 s by every other one."""
    scene = await entrance()
    other = scene.neighbour()
    token = ann(scene)
    for process in (scene, other):
        await process.caller(token)
    if callback == "installed":
        scene.jira.swap_secret(scene.site)
    await scene.told(getattr(scene.jira, callback)(scene.site))
    assert scene.verifier.remembered(token) is None
    scene.time.go_on(seconds=5)
    assert other.verifier.remembered(token) is None
    expected = None if callback == "installed" else Reason.STATE
    assert await refused(scene, token) is expected
    assert await refused(other, token) is expected


async def test_forge_tokens_and_long_ones_are_not_remembered() -> None:
    """A token that is good for one call is of no use later, and one of 4 KiB would cost too much memory."""
    scene = await entrance()
    long = by_secret(claims_of(scene, filler="x" * 4_000), scene.site.shared_secret)
    for token in (scene.jira.invocation_token(INSTALLATION, "ann"), f"JWT {long}"):
        await scene.caller(token)
        assert scene.verifier.remembered(token) is None


async def test_a_bounded_number_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound the oldest are forgotten, and verified again when they come back."""
    monkeypatch.setattr("entrypoints.http.tokens.remembered.REMEMBERED", 2)
    scene = await entrance()
    tokens = [scene.jira.context_token(scene.site, account) for account in ("ann", "ben", "cat")]
    for token in tokens:
        await scene.caller(token)
    assert [scene.verifier.remembered(token) is None for token in tokens] == [True, False, False]
    await scene.caller(tokens[0])
    assert scene.verifier.remembered(tokens[0]) is not None


async def test_callbacks_after_a_removal_are_in_order() -> None:
    """`disabled` may follow `uninstalled`, signed with the secret of a tenant that is no longer served."""
    scene = await entrance()
    await scene.told(scene.jira.uninstalled(scene.site))
    await scene.told(scene.jira.disabled(scene.site))
    assert await refused(scene, ann(scene)) is Reason.STATE
    await scene.told(scene.jira.installed(scene.site))
    assert await refused(scene, ann(scene)) is None


async def test_a_forge_installation_comes_and_goes() -> None:
    """Forge's events begin, stop and resume the service for an installation; it may tell a site it cannot have."""
    scene = await entrance()
    for event, served in ((ForgeEvent.UNINSTALLED, False), (ForgeEvent.INSTALLED, True), (ForgeEvent.UPGRADED, True)):
        scene.time.go_on(seconds=1)
        await scene.told(scene.jira.forge_event(INSTALLATION, event))
        assert (await refused(scene, scene.jira.invocation_token(INSTALLATION, "ann")) is None) is served
    view = await scene.registry.tenants.by_alias(f"forge:{INSTALLATION}")
    assert view is not None
    assert view.tenant.site.base_url == BASE_URL
