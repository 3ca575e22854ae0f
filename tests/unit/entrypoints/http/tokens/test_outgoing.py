"""What the app signs itself is tied to one request, to one site and to a few minutes."""

from hashlib import sha256

import jwt

from entrypoints.http.tokens.outgoing import signer
from ports.accounts import ConnectSite
from tests.fakes.sources import FakeTime

SITE = ConnectSite("https://a.atlassian.net", "site-a", "s" * 48)


def test_a_token_says_who_speaks_to_whom_about_what() -> None:
    """The app's key, the site's, three minutes, and the hash of the request, signed with the site's secret."""
    time = FakeTime()
    token = signer("panorama", time.clock)(SITE, "POST", "/rest/some/thing")
    claims = jwt.decode(token, options={"verify_signature": False})
    now = int(time.now.timestamp())
    assert claims == {
        "iss": "panorama",
        "aud": ["site-a"],
        "iat": now,
        "exp": now + 180,
        "qsh": sha256(b"POST&/rest/some/thing&").hexdigest(),
    }
    unaged = jwt.decode(
        token, SITE.secret, algorithms=["HS256"], audience="site-a", options={"verify_exp": False, "verify_iat": False}
    )
    assert unaged == claims
