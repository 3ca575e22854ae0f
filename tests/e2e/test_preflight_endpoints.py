"""The way to a remote part is tried too: TLS, certificate and clock."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from entrypoints.endpoints import Endpoint
from entrypoints.preflight.endpoints import EndpointProbes
from entrypoints.preflight.findings import tried
from tests.fakes.sources import FakeTime

HOST = "127.0.0.1"
NOW = datetime.now(UTC).replace(microsecond=0)
"""What every clock here says, however long a test takes; certificates are checked by the real one."""


def certificate(folder: Path, days: int) -> Path:
    """Write key and certificate of an authority of its own, valid for that many days, and return the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "endpoint")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, path = serialization.Encoding.PEM, folder / "endpoint.pem"
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(pem))
    return path


@asynccontextmanager
async def served(date: str, pem: Path | None) -> AsyncIterator[int]:
    """Serve one answer to whoever asks, and yield the port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1_000)
        writer.write(f"HTTP/1.1 403 Forbidden\r\n{date}Content-Length: 0\r\n\r\n".encode("ascii"))
        await writer.drain()
        writer.close()

    context = None
    if pem is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
    server = await asyncio.start_server(answer, HOST, 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


def dated(drift: timedelta = timedelta()) -> str:
    """Return a header that tells the time, as a server whose clock is off by `drift` does."""
    return f"Date: {format_datetime(NOW + drift, usegmt=True)}\r\n"


async def found(endpoint: Endpoint) -> list[tuple[str, str]]:
    """Return what the probes of an endpoint find, those as expected left out."""
    probes = EndpointProbes(endpoint, lambda: NOW).probes()
    findings = [await tried("endpoint", probe, FakeTime().monotonic) for probe in probes]
    return [(finding.capability, finding.found) for finding in findings if not finding.go]


async def test_a_current_tls_a_lasting_certificate_and_the_same_clock_are_as_expected(tmp_path: Path) -> None:
    """Nothing is found wanting."""
    pem = certificate(tmp_path, 90)
    async with served(dated(), pem) as port:
        assert await found(Endpoint(HOST, port, encrypted=True, speaks_http=True, authorities=str(pem))) == []


async def test_a_clock_that_is_off_is_told(tmp_path: Path) -> None:
    """By how many seconds."""
    pem = certificate(tmp_path, 90)
    async with served(dated(timedelta(minutes=-5)), pem) as port:
        wanting = await found(Endpoint(HOST, port, encrypted=True, speaks_http=True, authorities=str(pem)))
    ((capability, drift),) = wanting
    assert capability == "goes by the same clock"
    assert drift == "300 s apart"


async def test_a_certificate_that_ends_soon_is_told(tmp_path: Path) -> None:
    """While there is still time."""
    pem = certificate(tmp_path, 13)
    async with served(dated(), pem) as port:
        wanting = await found(Endpoint(HOST, port, encrypted=True, speaks_http=False, authorities=str(pem)))
    ((capability, end),) = wanting
    assert capability == "has a certificate for 14 days or more"
    assert end.startswith("it ends on 20")


async def test_a_certificate_of_nobody_is_not_trusted(tmp_path: Path) -> None:
    """Every probe finds so."""
    async with served(dated(), certificate(tmp_path, 90)) as port:
        wanting = await found(Endpoint(HOST, port, encrypted=True, speaks_http=True))
    assert [what for _, what in wanting] == ["corrupt"] * 3


async def test_nobody_there_is_told() -> None:
    """The port is free."""
    async with served("", None) as port:
        pass
    wanting = await found(Endpoint(HOST, port, encrypted=False, speaks_http=True))
    assert wanting == [("goes by the same clock", "unavailable")]


async def test_a_server_that_stalls_is_given_up() -> None:
    """A connection alone is no answer."""
    ended = asyncio.Event()

    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        ended.set()

    server = await asyncio.start_server(stall, HOST, 0)
    async with server:
        endpoint = Endpoint(HOST, server.sockets[0].getsockname()[1], encrypted=False, speaks_http=True)
        (probe,) = EndpointProbes(endpoint, lambda: NOW, deadline=0.1).probes()
        assert (await tried("endpoint", probe, FakeTime().monotonic)).found == "unavailable"
        await ended.wait()


async def test_a_server_that_tells_no_time_is_told() -> None:
    """Nobody knows then whether signatures will be in time."""
    async with served("", None) as port:
        wanting = await found(Endpoint(HOST, port, encrypted=False, speaks_http=True))
    assert wanting == [("goes by the same clock", "it tells no time")]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_the_way_to_this_machine_itself_needs_no_encryption(host: str) -> None:
    """As that to an emulator."""
    endpoint = Endpoint(host, 1, encrypted=False, speaks_http=False)
    assert EndpointProbes(endpoint, FakeTime().clock).probes() == []


async def test_the_way_to_another_machine_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for a certificate even where the address does not ask for TLS."""
    monkeypatch.setattr("entrypoints.preflight.endpoints.is_loopback", lambda host: False)
    async with served(dated(), None) as port:
        wanting = await found(Endpoint(HOST, port, encrypted=False, speaks_http=True))
    assert wanting == [
        ("is reached by TLS 1.2 or newer", "not encrypted"),
        ("has a certificate for 14 days or more", "none"),
    ]
