"""The tokens that the app itself signs, to speak to a site of Connect.

Written from Atlassian's "Understanding JWT for Connect apps": issued by the app's key, meant for the site's client key.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import jwt

from entrypoints.http import qsh
from entrypoints.http.tokens.signatures import HS256
from ports.accounts import ConnectSite
from ports.sources import Clock

LIFETIME: Final = timedelta(minutes=3)
"""How long a token is good: that of one request, and the clocks' difference."""


def signer(app_key: str, clock: Clock) -> Callable[[ConnectSite, str, str], str]:
    """Return what signs a request to a site, given its method and its path; such a request has no query."""

    def sign(site: ConnectSite, method: str, path: str) -> str:
        now = clock()
        claims = {
            "iss": app_key,
            "aud": [site.client_key],
            "iat": int(now.timestamp()),
            "exp": int((now + LIFETIME).timestamp()),
            "qsh": qsh.query_string_hash(method, path, ""),
        }
        return jwt.encode(claims, site.secret, HS256)

    return sign
