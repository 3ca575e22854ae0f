"""Addresses that Google Cloud answers with: they are followed to where the answer came from, and nowhere else.

What is sent to the address of an upload's session is data, with a credential: an answer that was forged, or made by a
server between, may not choose who gets them.
"""

import re
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit

from ports.errors import Unavailable

_GOOGLE: Final = ".googleapis.com"
_PORTS: Final = {"http": 80, "https": 443}

# Everything else is read in one way here and in another by whoever connects.
_PLAIN: Final = re.compile(r"[!#-\[\]_a-z~]+")


class _Origin(NamedTuple):
    scheme: str
    host: str
    port: int

    @property
    def is_google(self) -> bool:
        return self.scheme == "https" and self.host.endswith(_GOOGLE) and self.port == _PORTS["https"]


def checked_location(location: str, asked: str) -> str:
    """Return the address that an answer to `asked` leads to.

    It is on the same host, by the same scheme and port, or on any of Google's own where `asked` is. Raises Unavailable
    for any other, and for what is no address.
    """
    try:
        joined = urljoin(asked, location) if _PLAIN.fullmatch(location) else ""
    except ValueError:
        joined = ""
    there, here = _origin(joined), _origin(asked)
    if there is None or here is None or not (there == here or (there.is_google and here.is_google)):
        raise Unavailable("Cloud Storage answers with an address of another host")
    return joined


def _origin(url: str) -> _Origin | None:
    """Return where a URL leads; None where it does not say, or says for whom."""
    try:
        parts: SplitResult = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    if not parts.hostname or parts.scheme not in _PORTS or "@" in parts.netloc:
        return None
    return _Origin(parts.scheme, parts.hostname, port)
