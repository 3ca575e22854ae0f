"""Whether the service of this machine lives, asked with the standard library alone: a container asks often."""

import os
import socket
import ssl
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, ip_address
from pathlib import Path
from typing import Final

from entrypoints.cli.exits import Exit, Refusal
from entrypoints.cli.output import Output
from entrypoints.configuration_file import read
from entrypoints.http.settings import Listen

_PATIENCE: Final = 5.0
_SUCCESS: Final = range(200, 300)


def ask_health(config: Path | None, json: bool | None) -> None:
    """Say that the service lives; raises Refusal where it does not answer so, and ConfigurationError."""
    output = Output.chosen(json)
    _ask(read(config, os.environ).configuration.server)
    if output.json:
        output.document({"status": "ok"})
    else:
        output.line("The service lives.")


def _ask(listen: Listen) -> None:
    cause: Exception | None = None
    try:
        if _status(listen) in _SUCCESS:
            return
    except (HTTPException, OSError) as exc:
        cause = exc
    raise Refusal("the service does not answer", "see its log; `panorama serve` starts it", Exit.UNAVAILABLE) from cause


def _status(listen: Listen) -> int:
    connection = _Connection(listen)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    finally:
        connection.close()


class _Connection(HTTPConnection):
    """A connection to the service: to its port or its Unix socket, with TLS where it has a certificate."""

    def __init__(self, listen: Listen) -> None:
        super().__init__(_host(listen), listen.port, timeout=_PATIENCE)
        self._listen = listen

    def connect(self) -> None:
        """Connect; raises OSError."""
        if self._listen.socket is None:
            super().connect()
        else:
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(_PATIENCE)
            self.sock.connect(self._listen.socket)
        if self._listen.certificate is not None:
            self.sock = _own_certificate(self._listen.certificate).wrap_socket(self.sock)


def _own_certificate(certificate: str) -> ssl.SSLContext:
    """Trust the service's own certificate and no other; it is asked at an address that the certificate may not name."""
    context = ssl.create_default_context(cafile=certificate)
    context.check_hostname = False
    return context


def _host(listen: Listen) -> str:
    """Return where a process on the same machine reaches what listens: at every address means at the loopback's too."""
    try:
        address = ip_address(listen.host)
    except ValueError:
        return listen.host
    if address.is_unspecified:
        return "127.0.0.1" if isinstance(address, IPv4Address) else "::1"
    return listen.host
