"""78 URLs that Jira's own code signed in 2016, published with npm atlassian-jwt 0.1.5 (MIT)."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from tests.shared_material import shared

SIGNED_AT: Final = datetime.fromtimestamp(1_466_731_075, UTC)
"""When all the tokens were issued; they were good for three minutes."""


class SignedUrl(msgspec.Struct, frozen=True, rename="camel"):
    """One of them, and the canonical request that Jira says it signed."""

    name: str
    canonical_url: str
    signed_url: str

    @property
    def path_and_query(self) -> tuple[str, str]:
        """The raw path and the raw query, the token included."""
        path, _, query = self.signed_url.removeprefix("https://example.com").partition("?")
        return path, query


class SignedUrls(msgspec.Struct, frozen=True):
    """All of them, and the secret that they were signed with."""

    secret: str
    tests: list[SignedUrl]


def signed_urls() -> SignedUrls:
    """Return the published file; a test that asks for it is skipped where it is not there."""
    return msgspec.json.decode(shared("vectors/qsh-signed-urls.json").read_bytes(), type=SignedUrls)
