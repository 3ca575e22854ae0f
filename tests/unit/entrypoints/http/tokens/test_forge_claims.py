"""What a Forge token says: which site calls, by which installation, and as which kind of call."""

from typing import Any

import msgspec
import pytest

from domain.forge import ForgeCall, begin_forge_life, hear
from domain.ids import TenantId
from domain.tenants import Site
from entrypoints.http.tokens import Reason, Refused
from entrypoints.http.tokens.claims import decoded
from entrypoints.http.tokens.forge_claims import ForgeClaims, Kind, call_of, check_kind, check_meant
from entrypoints.sandbox.jira import BASE_URL
from tests.refusals.forge import app_claim, event_claims, forge_claims
from tests.unit.entrypoints.http.tokens.scenes import SETTINGS, Entrance, entrance

ONE, TWO, THREE = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "123")


def api(cloud_id: str) -> str:
    """Return the address of a site's API."""
    return f"https://api.atlassian.com/ex/jira/{cloud_id}"


def read(claims: dict[str, Any]) -> ForgeClaims:
    """Return the claims of a token as they are read."""
    return decoded(msgspec.json.encode(claims), ForgeClaims)


def named(scene: Entrance, app: dict[str, Any], context: dict[str, Any]) -> str:
    """Return the cloud id that a token with these members leads to."""
    claims = forge_claims(scene, app=app_claim(scene, **{"installation": None, "apiBaseUrl": None, **app}))
    return call_of(read({**claims, "context": context}), SETTINGS).cloud_id


async def test_a_token_says_who_calls() -> None:
    """Environment, site, installation, version and license; the address of the site only where a page tells it."""
    scene = await entrance()
    site = scene.forge_site
    call = ForgeCall(
        environment="PRODUCTION",
        cloud_id=site.cloud_id,
        installation=site.installation,
        issued=scene.time.clock(),
        app_version="2.1.0",
        license_active=True,
        site=Site(BASE_URL, "jira"),
    )
    assert call_of(read(forge_claims(scene)), SETTINGS) == call
    assert call_of(read(event_claims(scene)), SETTINGS) == msgspec.structs.replace(call, site=Site("", "jira"))
    assert call.alias == f"forge:PRODUCTION:{site.cloud_id}"


async def test_an_event_leaves_the_address_that_a_page_has_told() -> None:
    """The timer is heard every hour, and its token names no address."""
    scene = await entrance()
    page = call_of(read(forge_claims(scene)), SETTINGS)
    tenant = begin_forge_life(TenantId("t"), page, page.issued)
    scene.time.go_on(hours=2)
    event = call_of(read(event_claims(scene)), SETTINGS)
    assert hear(tenant, event) is not tenant
    assert hear(tenant, event).site == Site(BASE_URL, "jira")


def on(*cloud_ids: str) -> dict[str, Any]:
    """Return the member that tells on which Jira sites the app is."""
    return {"installation": {"contexts": [{"name": "jira", "cloudId": each} for each in cloud_ids]}}


@pytest.mark.parametrize(
    ("app", "context", "expected"),
    [
        (on(ONE), None, ONE),
        (on(ONE, ONE, ONE.upper()), None, ONE),
        ({"installation": {"contexts": [{"name": "jira", "apiBaseUrl": api(ONE)}]}}, None, ONE),
        ({**on(ONE), "apiBaseUrl": api(ONE)}, ONE.upper(), ONE),
        ({**on(ONE, THREE), "apiBaseUrl": api(THREE)}, THREE, THREE),
        ({**on(ONE, THREE), "apiBaseUrl": api(THREE)}, None, THREE),
        (on(ONE, THREE), ONE, ONE),
        ({"installation": {"contexts": [{"name": "confluence", "cloudId": ONE}]}, "apiBaseUrl": api(TWO)}, TWO, TWO),
        ({"installation": {"contexts": [{}, {"name": 7, "cloudId": 7, "workspaceId": "w"}]}}, THREE, THREE),
        ({"installation": {"id": None, "contexts": []}, "apiBaseUrl": f"{api(TWO)}/"}, None, TWO),
        ({"apiBaseUrl": f"https://evil.example/ex/jira/{TWO}"}, THREE, THREE),
        ({"apiBaseUrl": f"https://api.atlassian.com.evil.example/ex/jira/{TWO}"}, THREE, THREE),
        ({"apiBaseUrl": f"http://api.atlassian.com/ex/jira/{TWO}"}, THREE, THREE),
        ({"apiBaseUrl": f"https://api.atlassian.com/ex/confluence/{TWO}"}, THREE, THREE),
        ({"apiBaseUrl": f"{api(TWO)}/../{ONE}"}, THREE, THREE),
        ({"apiBaseUrl": f"{api(TWO)}\n"}, THREE, THREE),
        ({"apiBaseUrl": 7}, THREE, THREE),
        ({}, THREE.upper(), THREE),
    ],
    ids=str,
)
async def test_a_cloud_id_is_told_in_three_places(app: dict[str, Any], context: str | None, expected: str) -> None:
    """The installation's Jira contexts, the address of the API of Atlassian's host, the page's context."""
    assert named(await entrance(), app, {"cloudId": context}) == expected


@pytest.mark.parametrize(
    ("app", "context"),
    [
        ({**on(ONE), "apiBaseUrl": api(TWO)}, None),
        (on(ONE), TWO),
        ({**on(ONE), "apiBaseUrl": api(ONE)}, TWO),
        ({**on(ONE), "apiBaseUrl": api(TWO)}, ONE),
        ({**on(ONE, TWO), "apiBaseUrl": api(ONE)}, TWO),
        (on(ONE, TWO), THREE),
        (on(ONE, TWO), None),
        ({"apiBaseUrl": api(ONE)}, TWO),
    ],
    ids=str,
)
async def test_a_token_whose_parts_name_different_sites_is_refused(app: dict[str, Any], context: str | None) -> None:
    """Which of them calls cannot be known, and a wrong guess shows one site what is another's."""
    with pytest.raises(Refused) as caught:
        named(await entrance(), app, {"cloudId": context})
    assert caught.value.reason is Reason.SITE_UNCLEAR


@pytest.mark.parametrize("context", [{}, {"cloudId": None}, {"cloudId": "a b"}, {"cloudId": 7}, {"siteUrl": BASE_URL}])
async def test_a_token_without_a_site_is_refused(context: dict[str, Any]) -> None:
    """The address of a site names none: it may change, and is another site's then."""
    scene = await entrance()
    with pytest.raises(Refused) as caught:
        named(scene, {}, context)
    assert caught.value.reason is Reason.SITE_UNCLEAR


@pytest.mark.parametrize(
    ("told", "active"),
    [
        (None, None),
        ({}, None),
        ({"active": True}, True),
        ({"active": False, "isActive": True}, False),
        ({"isActive": True}, True),
        ({"active": "yes", "isActive": False}, False),
        ({"active": None}, None),
        (["active"], None),
    ],
    ids=str,
)
async def test_a_license_is_told_in_one_of_two_ways(told: object, active: bool | None) -> None:  # noqa: FBT001 - a case of the table
    """`active` before the older `isActive`; anything else tells of no license, and is no reason to refuse."""
    scene = await entrance()
    claims = forge_claims(scene, app={**app_claim(scene), "license": told})
    assert call_of(read(claims), SETTINGS).license_active is active


@pytest.mark.parametrize(
    ("members", "version"),
    [
        ({"appVersion": "3.0.0", "version": "2.0.0"}, "3.0.0"),
        ({"version": "2.0.0"}, "2.0.0"),
        ({"appVersion": "", "version": 2}, None),
        ({"appVersion": "9" * 65}, None),
        ({}, None),
    ],
    ids=str,
)
async def test_the_version_is_told_in_one_of_two_ways(members: dict[str, object], version: str | None) -> None:
    """`appVersion` before the older `version`; what is no version is none."""
    scene = await entrance()
    app = app_claim(scene, appVersion=None, version=None)
    assert call_of(read(forge_claims(scene, app={**app, **members})), SETTINGS).app_version == version


@pytest.mark.parametrize("url", ["https://evil.example", 7, None])
async def test_an_address_that_no_site_has_is_not_noted(url: object) -> None:
    """The site is called something else, and the call is good all the same."""
    scene = await entrance()
    claims = forge_claims(scene, context={"siteUrl": url})
    assert call_of(read(claims), SETTINGS).site == Site("", "jira")


async def test_an_installation_may_be_named_with_and_without_its_prefix() -> None:
    """Bare ids and resource names (ARI) are the same."""
    scene = await entrance()
    bare = scene.forge_site.installation
    check_meant(read(forge_claims(scene, app=app_claim(scene, installationId=bare))), SETTINGS)
    assert call_of(read(forge_claims(scene, app=app_claim(scene, installationId=bare))), SETTINGS).installation == bare


@pytest.mark.parametrize(
    "installation", ["PRODUCTION:cloud", "one/two", "ari:cloud:ecosystem::installation/PRODUCTION:c"]
)
async def test_an_installation_does_not_read_as_the_name_of_a_site(installation: str) -> None:
    """An earlier release's name is made of the installation alone, and no such name may be another Jira site's."""
    scene = await entrance()
    for app, context in (
        ({"installationId": installation}, {}),
        ({"installation": {"id": installation}}, {}),
        ({}, {"installationId": installation}),
    ):
        claims = forge_claims(scene, app=app_claim(scene, **app))
        with pytest.raises(Refused) as caught:
            read({**claims, "context": {**claims["context"], **context}})
        assert caught.value.reason is Reason.CLAIMS


@pytest.mark.parametrize(("label", "good"), [("ic-1", True), ("ic-2", False), (None, False)])
async def test_a_service_in_an_isolated_cloud_hears_that_one_alone(label: str | None, good: bool) -> None:  # noqa: FBT001 - a case of the table
    """Where a cloud's label is configured, tokens of the public cloud and of others are refused."""
    scene = await entrance()
    settings = msgspec.structs.replace(SETTINGS, forge_isolated_cloud="ic-1")
    claims = read(forge_claims(scene, icLabel=label))
    if good:
        check_meant(claims, settings)
        return
    with pytest.raises(Refused) as caught:
        check_meant(claims, settings)
    assert caught.value.reason is Reason.ENVIRONMENT


async def test_other_environments_may_be_configured() -> None:
    """A service for developers hears DEVELOPMENT, and its tenants are others than those of production."""
    scene = await entrance()
    scene.forge_site.environment = "DEVELOPMENT"
    settings = msgspec.structs.replace(SETTINGS, forge_environments=("DEVELOPMENT", "STAGING"))
    claims = read(forge_claims(scene))
    check_meant(claims, settings)
    assert call_of(claims, settings).alias == f"forge:DEVELOPMENT:{scene.forge_site.cloud_id}"


async def test_no_app_is_no_audience() -> None:
    """Where no Forge app is configured no token is meant for it."""
    scene = await entrance()
    with pytest.raises(Refused) as caught:
        check_meant(read(forge_claims(scene)), msgspec.structs.replace(SETTINGS, forge_app=None))
    assert caught.value.reason is Reason.AUDIENCE


async def test_a_token_is_of_one_kind() -> None:
    """A page's has a user, a context and a page's module, and an event's has none of them; anything else is neither."""
    scene = await entrance()
    page, event = forge_claims(scene), event_claims(scene)
    check_kind(read(page), Kind.PAGE)
    check_kind(read(event), Kind.EVENT)
    marks = [("principal",), ("context",), ("app",)]
    for own, other, kind in ((page, event, Kind.PAGE), (event, page, Kind.EVENT)):
        for taken in (*marks, ("principal", "context"), ("context", "app"), ("principal", "app"), sum(marks, ())):
            mixed = {name: (other if name in taken else own).get(name) for name in {*own, *other}}
            with pytest.raises(Refused) as caught:
                check_kind(read(mixed), kind)
            assert caught.value.reason is Reason.KIND
