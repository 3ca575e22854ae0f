"""The sandbox's Forge calls as the real one does: nothing about it is easier."""

import json
import re
from typing import Any

import httpx
import jwt
import pytest

from entrypoints.http.tokens.forge_events import content_of
from entrypoints.sandbox.calls import App, Callback
from entrypoints.sandbox.forge import LARGE_CONTEXT, ForgeSite, SandboxForge
from entrypoints.sandbox.keys import SandboxKeys
from tests.fakes.jira import sandbox_keys
from tests.fakes.sources import FakeRandom, FakeTime
from tests.shared_material import shared

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
APP = App(base_url="https://panorama.example", key="panorama")


def forge(keys: SandboxKeys | None = None) -> tuple[SandboxForge, ForgeSite]:
    """Return a Forge and a site that has just installed the app."""
    made = SandboxForge(APP, keys or sandbox_keys(), FakeTime().clock, FakeRandom("forge"))
    return made, made.new_site("https://a.atlassian.net")


def claims_of(authorization: str) -> dict[str, Any]:
    """Return what a token claims."""
    claims: dict[str, Any] = jwt.decode(authorization.partition(" ")[2], options={"verify_signature": False})
    return claims


def test_keys_are_named_and_published_as_forges() -> None:
    """Ids with slashes, several keys, and the members that the published set has."""
    shape = json.loads(shared("cases/forge-jwks.json").read_bytes())["keys"]
    header = json.loads(shared("cases/forge-token-header.json").read_bytes())
    published = json.loads(sandbox_keys().key_set)["keys"]
    assert len(published) == len(shape)
    for own, real in zip(published, shape, strict=True):
        assert own.keys() == real.keys()
        assert {name: own[name] for name in ("kty", "alg", "use", "e")} == {
            name: real[name] for name in ("kty", "alg", "use", "e")
        }
        assert re.fullmatch(rf"forge/invocation-token/wf-{UUID}", own["kid"])
    made, site = forge()
    own_header = jwt.get_unverified_header(made.page_token(site, "ann").partition(" ")[2])
    assert own_header.keys() == header.keys()
    assert own_header["kid"] == published[0]["kid"]


def test_a_rotation_publishes_before_it_signs() -> None:
    """The next key is in the set before tokens come by it, and the old one is gone afterwards."""
    keys = SandboxKeys()
    before = [key.id for key in keys.forge_keys]
    keys.rotate()
    after = [key.id for key in keys.forge_keys]
    assert after[0] == before[1]
    assert before[0] not in after


def test_a_page_and_an_event_claim_different_things() -> None:
    """Only a page has a user and a context; each says everything of the installation."""
    made, site = forge()
    page, event = claims_of(made.page_token(site, "ann")), claims_of(made.event_token(site))
    assert page.keys() - event.keys() == {"principal", "context"}
    assert event.keys() == {"iss", "aud", "iat", "nbf", "exp", "jti", "app"}
    assert page["exp"] - page["iat"] == 25
    assert (page["app"]["module"]["type"], event["app"]["module"]["type"]) == ("jira:globalPage", "core:endpoint")
    for app in (page["app"], event["app"]):
        assert (
            app["installationId"]
            == app["installation"]["id"]
            == f"ari:cloud:ecosystem::installation/{site.installation}"
        )
        assert app["apiBaseUrl"] == f"https://api.atlassian.com/ex/jira/{site.cloud_id}"
        assert [each["cloudId"] for each in app["installation"]["contexts"]] == [site.cloud_id]
        assert app["environment"]["id"].startswith("ari:cloud:ecosystem::environment/")
        assert app["license"]["active"] is True
    assert "principal" not in claims_of(made.page_token(site, None))
    site.licensed = False
    assert "license" not in claims_of(made.event_token(site))["app"]


@pytest.mark.parametrize("size", [1_000, LARGE_CONTEXT])
def test_a_context_is_as_large_as_it_is_wanted(size: int) -> None:
    """To the byte; with the largest a token has about 34,000 characters."""
    made, site = forge()
    token = made.page_token(site, "ann", context_size=size)
    context = claims_of(token)["context"]
    assert abs(len(json.dumps(context, separators=(",", ":"))) - size) <= len('"filler":"",')
    assert (len(token) > 34_000) is (size == LARGE_CONTEXT)


def test_every_call_has_the_platforms_headers() -> None:
    """A trace and OAuth tokens that say nothing; the user's only where there is one."""
    made, site = forge()
    page = made.page_headers(site, "ann")
    assert page.keys() == {
        *("Authorization", "x-b3-traceid", "x-b3-spanid"),
        *("x-forge-oauth-system", "x-forge-oauth-user"),
    }
    for event in events(made, site):
        assert event.headers.keys() == (page.keys() - {"x-forge-oauth-user"}) | {"Content-Type"}
        httpx.Request("POST", f"https://panorama.example{event.path}", headers=event.headers, content=event.body)


def test_no_two_calls_have_the_same_token() -> None:
    """A repeat has a token of its own, its content in `payload`, and what Forge adds."""
    made, site = forge()
    for event in events(made, site):
        again = made.repeated(site, event)
        assert claims_of(again.authorization)["jti"] != claims_of(event.authorization)["jti"]
        assert content_of(again.body) == content_of(event.body)
        assert json.loads(again.body)["payload"]["retryContext"]["retryCount"] == 1


def test_a_re_installation_changes_the_installation_alone() -> None:
    """The cloud id stays."""
    made, site = forge()
    before = claims_of(made.event_token(site))["app"]
    made.reinstall(site)
    after = claims_of(made.event_token(site))["app"]
    assert before["installationId"] != after["installationId"]
    assert before["installation"]["contexts"] == after["installation"]["contexts"]


def events(made: SandboxForge, site: ForgeSite) -> list[Callback]:
    """Return an event of each kind."""
    return [made.installed(site), made.upgraded(site), made.hourly(site), made.pre_uninstall(site)]
