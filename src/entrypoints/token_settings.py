"""What the app is to Jira, and whose word it takes."""

import re
from typing import Final
from urllib.parse import urlsplit

import msgspec

INSTALL_KEYS: Final = "https://connect-install-keys.atlassian.com"
"""Where Atlassian publishes the keys of lifecycle tokens, each under its id."""

FORGE_KEYS: Final = "https://forge.cdn.prod.atlassian-dev.net/.well-known/jwks.json"
"""Where Atlassian publishes the keys of Forge Invocation Tokens, as a set (RFC 7517)."""

PRODUCTION: Final = "PRODUCTION"
"""The environment of a Forge app that customers install."""

FORGE_ENVIRONMENTS: Final = (PRODUCTION, "STAGING", "DEVELOPMENT")
"""Every environment that a Forge app has."""

ISOLATED_CLOUD: Final = re.compile(r"[a-z0-9_-]{1,50}")
"""What the label of an isolated cloud looks like."""

HOST_SUFFIXES: Final = (".atlassian.net", ".jira.com")
"""What the hosts of Jira Cloud's sites end with."""

_SITE: Final = re.compile(r"https://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:/[A-Za-z0-9._~/-]*)?")


class TokenSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the app is to Jira, and whose word it takes."""

    base_urls: tuple[str, ...]
    """Every address that the app is installed under, all regions."""

    app_key: str
    key_servers: tuple[str, ...] = (INSTALL_KEYS,)
    host_suffixes: tuple[str, ...] = HOST_SUFFIXES
    """What the host of a site must end with, the dot included."""

    forge_app: str | None = None
    """The app's ARI; None: no Forge Invocation Token is accepted."""

    forge_keys: str = FORGE_KEYS
    forge_environments: tuple[str, ...] = (PRODUCTION,)
    """The environments of the app whose tokens are accepted."""

    forge_isolated_cloud: str | None = None
    """The label of the isolated cloud that `forge_keys` belongs to; None: tokens of such a cloud are refused."""

    def is_audience(self, audience: str | list[str]) -> bool:
        """Whether a token names this app, in any region, as the one that it is meant for."""
        named = [audience] if isinstance(audience, str) else audience
        own = {url.rstrip("/") for url in self.base_urls}
        return any(url.rstrip("/") in own for url in named)

    def is_site(self, url: str) -> bool:
        """Whether `url` is an address that a Jira site may have: HTTPS, a host of the list, no port and no query."""
        match = _SITE.fullmatch(url)
        return match is not None and match[1].endswith(self.host_suffixes)

    def base_paths(self) -> set[str]:
        """Return the path parts of the base URLs, which no query-string hash includes."""
        return {urlsplit(url).path.rstrip("/") for url in self.base_urls}
