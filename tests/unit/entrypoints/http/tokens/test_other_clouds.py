"""A deployment for another cloud of Atlassian: its hosts and its key server are believed, and no others."""

from pathlib import Path

import pytest

from application.tenants.lifecycle import install_app
from domain.ids import TenantId
from entrypoints.configuration_file import read
from entrypoints.configuration_tokens import token_settings
from entrypoints.http.tokens import Reason, Refused, TokenSettings, TokenVerifier
from entrypoints.http.tokens.callbacks import installed
from entrypoints.sandbox.calls import App
from entrypoints.sandbox.jira import SandboxJira
from entrypoints.sandbox.keys import SandboxKeys
from tests.fakes.jira import FakeKeySource, sandbox_keys
from tests.fakes.sources import FakeRandom
from tests.refusals.scene import sent
from tests.unit.application.tenants.scenes import Registry, opened

GOVERNMENT = "https://connect-install-keys.atlassian-us-gov-mod.com"
COMMERCIAL = "https://connect-install-keys.atlassian.com"
APP = App(base_url="https://panorama.example.com", key="panorama")
FILE = f"""
[app]
base_urls = ["{APP.base_url}"]
host_suffixes = [".atlassian-us-gov-mod.net", ".atlassian-us-gov-mod.com"]
key_servers = ["{GOVERNMENT}"]
"""


@pytest.fixture
def settings(tmp_path: Path) -> TokenSettings:
    """Read what docs/configuration.md says to set."""
    file = tmp_path / "panorama.toml"
    file.write_text(FILE, encoding="utf-8")
    return token_settings(read(file, {}).configuration)


async def install(
    settings: TokenSettings, registry: Registry, keys: SandboxKeys, key_server: str, url: str
) -> TenantId | None:
    """Have a site at `url` installed, signed by keys that `key_server` publishes; raises Refused."""
    jira = SandboxJira(APP, keys, registry.time.clock, FakeRandom("jira"))
    site = jira.new_site()
    site.base_url = url
    source = FakeKeySource({f"{key_server}/{keys.key_id}": keys.pem})
    time = registry.time
    verifier = TokenVerifier(
        settings, registry.tenants, registry.users, registry.replays, source, time.clock, time.monotonic
    )
    request, body = sent(jira.installed(site))
    claims = await verifier.installation(request)
    return await install_app(installed(body, claims, settings), registry.tenants, time.clock)


@pytest.mark.parametrize("url", ["https://a.atlassian-us-gov-mod.net", "https://a.atlassian-us-gov-mod.com"])
async def test_a_site_of_the_other_cloud_is_installed(settings: TokenSettings, url: str) -> None:
    """By a key of that cloud's server."""
    registry = await opened()
    tenant = await install(settings, registry, sandbox_keys(), GOVERNMENT, url)
    assert tenant is not None
    view = await registry.tenants.get(tenant)
    assert view is not None
    assert view.tenant.site.base_url == url


@pytest.mark.parametrize(
    ("key_server", "url", "reason"),
    [
        (COMMERCIAL, "https://a.atlassian-us-gov-mod.net", Reason.KEY_UNKNOWN),
        (GOVERNMENT, "https://a.atlassian.net", Reason.SITE),
        (COMMERCIAL, "https://a.atlassian.net", Reason.KEY_UNKNOWN),
    ],
)
async def test_nothing_of_the_commercial_cloud_is(
    settings: TokenSettings, key_server: str, url: str, reason: Reason
) -> None:
    """Neither a key that its server alone publishes, nor a site at one of its hosts."""
    with pytest.raises(Refused) as refused:
        await install(settings, await opened(), sandbox_keys(), key_server, url)
    assert refused.value.reason is reason
