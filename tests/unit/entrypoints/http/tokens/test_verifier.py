"""Who gets through, with which token, for how long, and what it costs."""

import asyncio
from collections.abc import Sequence

import jwt
import pytest

from application.tenants.lifecycle import install_app
from domain.tenants import Installation
from entrypoints.http.tokens import Reason, Refused
from entrypoints.http.tokens.requests import TOKEN_LIMIT
from entrypoints.sandbox.forge import LARGE_CONTEXT
from entrypoints.sandbox.jira import BASE_URL, ConnectSite
from entrypoints.sandbox.keys import SandboxKeys
from ports.errors import ReadOnly
from ports.storage import Record, Storage
from tests.fakes.storage import MemoryStorage
from tests.refusals.scene import api, bare, by_secret, claims_of, moment, sent
from tests.unit.entrypoints.http.tokens.scenes import SETTINGS, Entrance, entrance


async def refused(entrance: Entrance, authorization: str, *, changes: bool = False, key: str = "") -> Reason | None:
    """Return why a call is refused, None where it is not."""
    try:
        await entrance.caller(authorization, changes=changes, key=key)
    except Refused as error:
        return error.reason
    return None


def ann(entrance: Entrance, site: ConnectSite | None = None) -> str:
    """Return the token that Ann's page has now."""
    return entrance.jira.context_token(site or entrance.site, "ann")


def page(entrance: Entrance) -> str:
    """Return a token for one call of Ann's page through Forge."""
    return entrance.jira.forge.page_token(entrance.forge_site, "ann")


class ShutStorage(MemoryStorage):
    """What another storage holds, which takes no writes: as behind a closed fence."""

    def __init__(self, open_: Storage) -> None:
        super().__init__()
        assert isinstance(open_, MemoryStorage)
        self.records = open_.records

    async def put(self, record: Record) -> None:
        raise ReadOnly("shut")

    async def put_many(self, records: Sequence[Record]) -> None:
        raise ReadOnly("shut")


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


async def test_a_forge_token_speaks_for_a_user_of_its_site() -> None:
    """Whether to read or to change something; of another tenant than a site of Connect."""
    scene = await entrance()
    reader = await scene.caller(page(scene))
    writer = await scene.caller(page(scene), changes=True)
    assert reader == writer
    assert reader.tenant != (await scene.caller(ann(scene))).tenant


async def test_a_forge_token_may_be_as_large_as_forge_makes_it() -> None:
    """A context of 24 KiB makes a token of 34,000 characters, which is good like any other."""
    scene = await entrance()
    token = scene.jira.forge.page_token(scene.forge_site, "ann", context_size=LARGE_CONTEXT)
    assert 34_000 < len(bare(token)) < TOKEN_LIMIT
    assert await scene.caller(token) == await scene.caller(page(scene))


async def test_a_token_is_bounded() -> None:
    """One of 48 KiB is looked at, and one of a character more is not."""
    scene = await entrance()
    token = page(scene)
    for length, reason in ((TOKEN_LIMIT, Reason.SIGNATURE), (TOKEN_LIMIT + 1, Reason.TOO_LONG)):
        assert await refused(scene, f"{token}{'A' * (length - len(bare(token)))}") is reason


async def test_a_page_may_call_before_the_event() -> None:
    """The first call of a site begins its life with the app, and the event that comes later finds it."""
    scene = await entrance()
    scene.forge_site = scene.jira.new_forge_site()
    caller = await scene.caller(page(scene))
    await scene.told(scene.jira.forge.installed(scene.forge_site))
    assert await scene.caller(page(scene)) == caller


async def test_a_re_installation_leads_to_the_same_tenant() -> None:
    """The installation's id changes, and nothing of what the site has."""
    scene = await entrance()
    caller = await scene.caller(page(scene))
    scene.jira.forge.reinstall(scene.forge_site)
    assert await scene.caller(page(scene)) == caller


async def test_keys_are_rotated() -> None:
    """Tokens by the next key of the set are good before the set is fetched again."""
    scene = await entrance(SandboxKeys())
    for _ in range(3):
        scene.jira.keys.rotate()
        scene.source.documents[SETTINGS.forge_keys] = scene.jira.keys.key_set
        assert await refused(scene, page(scene)) is None
        scene.time.go_on(seconds=3_600)


async def test_a_forge_token_reads_as_often_as_it_is_good() -> None:
    """Hosts cache tokens; reading writes nothing, and the token may still change something once."""
    scene = await entrance()
    token = page(scene)
    await scene.caller(token)
    storage = scene.registry.house.storage
    assert isinstance(storage, MemoryStorage)
    before = dict(storage.records)
    for process in (scene, scene.neighbour()):
        assert await refused(process, token) is None
    assert storage.records == before
    assert await refused(scene, token, changes=True) is None
    assert await refused(scene, token) is None
    assert await refused(scene, token, changes=True) is Reason.REPLAYED


async def test_a_change_is_repeated_with_the_same_token_and_key() -> None:
    """Whatever process it reaches; with another key, or none, the token is used up."""
    scene = await entrance()
    token = page(scene)
    for process in (scene, scene.neighbour()):
        assert await refused(process, token, changes=True, key="one") is None
    for key in ("two", ""):
        assert await refused(scene, token, changes=True, key=key) is Reason.REPLAYED


async def test_a_change_is_repeated_at_the_same_resource() -> None:
    """A token and a key that were good for one resource are good for no other, nor for another query or method."""
    scene = await entrance()
    token = page(scene)
    request = api(token, method="POST", key="one").request
    await scene.verifier.api_caller(request, changes=True)
    others = (
        request._replace(path="/api/panoramas/imports"),
        request._replace(query="a=b"),
        request._replace(method="PUT"),
    )
    for other in others:
        with pytest.raises(Refused) as caught:
            await scene.verifier.api_caller(other, changes=True)
        assert caught.value.reason is Reason.REPLAYED


async def test_an_event_is_told_again() -> None:
    """With its own token, or with a new one and what Forge adds to a repeat; another content needs another token."""
    scene = await entrance()
    event = scene.jira.forge.upgraded(scene.forge_site)
    for callback in (event, event, scene.jira.forge.repeated(scene.forge_site, event)):
        await scene.told(callback)
    other = sent(event, body=b"{}")
    with pytest.raises(Refused) as caught:
        await scene.verifier.event(*other)
    assert caught.value.reason is Reason.REPLAYED


async def test_reading_goes_on_where_nothing_can_be_written() -> None:
    """A user who is new is known by the same id as ever; one who changes something is told that it cannot be."""
    scene = await entrance()
    for token in (ann(scene), page(scene)):
        await scene.caller(token)
    shut = scene.neighbour(ShutStorage(scene.registry.house.storage))
    for token in (scene.jira.context_token(scene.site, "new"), scene.jira.forge.page_token(scene.forge_site, "new")):
        caller = await shut.caller(token)
        assert shut.verifier.remembered(token) is None
        with pytest.raises(ReadOnly):
            await shut.caller(token, changes=True)
        assert await scene.caller(token, changes=True) == caller


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
    token = page(scene)
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
    for token in (page(scene), f"JWT {long}"):
        await scene.caller(token)
        assert scene.verifier.remembered(token) is None


async def test_a_bounded_number_is_remembered() -> None:
    """Beyond the bound the oldest are forgotten, and verified again when they come back."""
    scene = await entrance(remembered=2)
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


async def test_a_forge_site_comes_and_goes() -> None:
    """What was issued before the end is refused, and the next call brings everything back; its address is known."""
    scene = await entrance()
    caller, before = await scene.caller(page(scene)), page(scene)
    await scene.end()
    assert await refused(scene, before) is Reason.STATE
    scene.time.go_on(seconds=2)
    assert await scene.caller(page(scene)) == caller
    view = await scene.registry.tenants.by_alias(f"forge:PRODUCTION:{scene.forge_site.cloud_id}")
    assert view is not None
    assert view.tenant.site.base_url == BASE_URL
