"""Whether requests cross a network in clear text."""

from entrypoints.http.settings import Listen
from entrypoints.loopback import is_loopback


class InsecureTransport(ValueError):
    """The service was asked to answer in clear text where others could listen."""


def require_secure(listen: Listen) -> None:
    """Raise InsecureTransport where requests would cross a network in clear text."""
    if listen.socket is None and listen.certificate is None and not listen.proxies and not is_loopback(listen.host):
        message = "without a certificate or a proxy that speaks TLS, only a loopback address can be served"
        raise InsecureTransport(message)
