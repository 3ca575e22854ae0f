"""How the way to a remote part is: encrypted by a current TLS, with a certificate that lasts, by the same clock."""

import asyncio
import re
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

import msgspec

from entrypoints.endpoints import Endpoint
from entrypoints.loopback import is_loopback
from entrypoints.preflight.blob_probes import DRIFT
from entrypoints.preflight.findings import Probe
from ports.errors import Corrupt, Unavailable
from ports.sources import Clock

LEFT: Final = timedelta(days=14)
"""For how long a certificate must still be valid, so that somebody has the time to renew it."""

_CURRENT: Final = frozenset({"TLSv1.2", "TLSv1.3"})
"""RFC 8996 has deprecated the versions before."""

_DATE: Final = re.compile(rb"^date:[ \t]*([^\r\n]+)", re.IGNORECASE | re.MULTILINE)
_ANSWER_SIZE: Final = 16_384
_DEADLINE: Final = 10.0


class Greeting(msgspec.Struct, frozen=True):
    """What a server shows of itself when it is greeted."""

    version: str
    """Of TLS; empty where it speaks none."""

    valid_until: datetime | None
    now: datetime | None
    """By its own clock, where it speaks HTTP; in whole seconds."""


class EndpointProbes:
    """Probes of one endpoint."""

    def __init__(self, endpoint: Endpoint, clock: Clock, *, deadline: float = _DEADLINE) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._deadline = deadline

    def probes(self) -> list[Probe]:
        """Return the probes; the way to this machine itself needs no encryption."""
        endpoint, probes = self._endpoint, []
        if endpoint.encrypted or not is_loopback(endpoint.host):
            probes = [
                Probe("is reached by TLS 1.2 or newer", self._version),
                Probe(f"has a certificate for {LEFT.days} days or more", self._certificate),
            ]
        return [*probes, Probe("goes by the same clock", self._drift)] if endpoint.speaks_http else probes

    async def _version(self) -> str | None:
        version = (await greeting(self._endpoint, self._deadline)).version
        return None if version in _CURRENT else version or "not encrypted"

    async def _certificate(self) -> str | None:
        ends = (await greeting(self._endpoint, self._deadline)).valid_until
        if ends is None:
            return "none"
        return None if ends - self._clock() >= LEFT else f"it ends on {ends:%Y-%m-%d}"

    async def _drift(self) -> str | None:
        now = (await greeting(self._endpoint, self._deadline)).now
        if now is None:
            return "it tells no time"
        drift = abs(now - self._clock())
        return f"{drift.total_seconds():.0f} s apart" if drift > DRIFT else None


async def greeting(endpoint: Endpoint, deadline: float) -> Greeting:
    """Connect, and ask for nothing in particular, for at most `deadline` seconds.

    Raises Unavailable where nobody answers, Corrupt where the certificate is not to be trusted.
    """
    try:
        async with asyncio.timeout(deadline):
            return await _greeting(endpoint)
    except ssl.SSLCertVerificationError as exc:
        raise Corrupt(f"the certificate is not to be trusted: {exc.verify_message}") from exc
    except OSError as exc:
        raise Unavailable("the endpoint does not answer") from exc


async def _greeting(endpoint: Endpoint) -> Greeting:
    reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port, ssl=_context(endpoint))
    try:
        layer = writer.get_extra_info("ssl_object")
        now = await _date(reader, writer, endpoint.host) if endpoint.speaks_http else None
    finally:
        writer.close()
    if layer is None:
        return Greeting("", None, now)
    ends = ssl.cert_time_to_seconds(layer.getpeercert()["notAfter"])
    return Greeting(layer.version(), datetime.fromtimestamp(ends, UTC), now)


def _context(endpoint: Endpoint) -> ssl.SSLContext | None:
    if not endpoint.encrypted:
        return None
    context = ssl.create_default_context()
    if endpoint.authorities is not None:
        context.load_verify_locations(endpoint.authorities)
    return context


async def _date(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> datetime | None:
    writer.write(f"HEAD / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode("ascii"))
    found = _DATE.search(await reader.read(_ANSWER_SIZE))
    return None if found is None else parsedate_to_datetime(found[1].decode("ascii", "replace"))
