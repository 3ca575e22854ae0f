"""`panorama health`: for whoever starts processes and must know whether one lives."""

import os
import ssl
from ipaddress import IPv4Address, ip_address
from typing import Final

import httpx

from entrypoints.cli.exits import Exit, Refusal
from entrypoints.cli.options import ConfigOption, JsonOption
from entrypoints.cli.output import Output
from entrypoints.configuration_file import read
from entrypoints.http.settings import Listen

_PATIENCE: Final = 5.0


def health(config: ConfigOption = None, json: JsonOption = None) -> None:
    """Ask the service that this configuration starts on this machine whether it lives; exit code 4 if not."""
    output = Output.chosen(json)
    _ask(read(config, os.environ).configuration.server)
    if output.json:
        output.document({"status": "ok"})
    else:
        output.line("The service lives.")


def _ask(listen: Listen) -> None:
    transport = httpx.HTTPTransport(uds=listen.socket, verify=_own_certificate(listen))
    try:
        with httpx.Client(transport=transport, timeout=_PATIENCE) as client:
            client.get(f"{'https' if listen.certificate else 'http'}://{_place(listen)}/healthz").raise_for_status()
    except (httpx.HTTPError, OSError) as exc:
        remedy = "see its log; `panorama serve` starts it"
        raise Refusal("the service does not answer", remedy, Exit.UNAVAILABLE) from exc


def _own_certificate(listen: Listen) -> ssl.SSLContext:
    """Trust the service's own certificate and no other; it is asked at an address that the certificate may not name."""
    context = ssl.create_default_context(cafile=listen.certificate)
    context.check_hostname = False
    return context


def _place(listen: Listen) -> str:
    """Return where a process on the same machine reaches what listens: at every address means at the loopback's too."""
    host = listen.host
    try:
        address = ip_address(host)
    except ValueError:
        return f"{host}:{listen.port}"
    if address.is_unspecified:
        host = "127.0.0.1" if isinstance(address, IPv4Address) else "::1"
    return f"[{host}]:{listen.port}" if ":" in host else f"{host}:{listen.port}"
