"""The configuration's rule on clear text."""

from entrypoints.configuration_file import Settings
from entrypoints.configuration_problems import ConfigurationError, Problem
from entrypoints.http.transport import InsecureTransport, require_secure


def check_transport(settings: Settings) -> None:
    """Raise ConfigurationError where requests would cross a network in clear text."""
    try:
        require_secure(settings.configuration.server)
    except InsecureTransport as exc:
        remedy = "listen on 127.0.0.1, or set server.certificate and server.key, or server.proxies"
        raise ConfigurationError([Problem("server.host", str(exc), remedy)]) from exc
