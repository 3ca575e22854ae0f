"""The whole way of a page's token, with tokens that Jira's own code signed."""

from datetime import timedelta

import pytest

from application.tenants.lifecycle import install_app
from domain.tenants import Installation
from entrypoints.http.tokens import Reason, Refused, TokenRequest, TokenSettings
from entrypoints.http.tokens.connect import ConnectTokens
from entrypoints.http.tokens.keys import InstallKeys
from tests.fakes.jira import FakeKeySource
from tests.fakes.sources import FakeTime
from tests.signed_urls import SIGNED_AT, signed_urls
from tests.unit.application.tenants.scenes import opened

CLIENT_KEY = "jira:1234-5678-9000"


async def example_com() -> tuple[ConnectTokens, FakeTime]:
    """Return what checks the tokens of the site that the URLs were signed for, a second after they were."""
    registry = await opened(time=FakeTime(SIGNED_AT + timedelta(seconds=1)))
    clock = registry.time.clock
    installation = Installation(alias=f"jira:{CLIENT_KEY}", issued=clock(), secret=signed_urls().secret)
    await install_app(installation, registry.tenants, clock)
    settings = TokenSettings(base_urls=("https://example.com",), app_key="example")
    keys = InstallKeys((), FakeKeySource({}), registry.time.monotonic)
    return ConnectTokens(settings, registry.tenants, keys, clock), registry.time


async def test_every_signed_url_verifies() -> None:
    """Signature, lifetime and query-string hash of all 78 are in order at the time they were signed."""
    tokens, _ = await example_com()
    for case in signed_urls().tests:
        signed = await tokens.of_page(TokenRequest("GET", *case.path_and_query, ()))
        assert signed.claims.iss == CLIENT_KEY, case.name


async def test_no_signed_url_verifies_for_another_request() -> None:
    """The same tokens do not open the page by another method, another path or with one more parameter."""
    tokens, _ = await example_com()
    for case in signed_urls().tests:
        path, query = case.path_and_query
        for request in (("POST", path, query), ("GET", f"{path}x", query), ("GET", path, f"{query}&more=1")):
            with pytest.raises(Refused) as caught:
                await tokens.of_page(TokenRequest(*request, ()))
            assert caught.value.reason is Reason.REQUEST, case.name


async def test_every_signed_url_has_expired() -> None:
    """Ten minutes later none of them is good."""
    tokens, time = await example_com()
    time.go_on(seconds=600)
    for case in signed_urls().tests:
        with pytest.raises(Refused) as caught:
            await tokens.of_page(TokenRequest("GET", *case.path_and_query, ()))
        assert caught.value.reason is Reason.EXPIRED, case.name
