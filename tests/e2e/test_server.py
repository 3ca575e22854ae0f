"""The server itself: what it listens on, how it ends, and that nobody can listen in."""

import asyncio
import logging
import os
import signal
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from entrypoints.http.logs import LibraryHandler, open_log
from entrypoints.http.server import serve
from entrypoints.http.services import Services
from entrypoints.http.settings import Listen
from entrypoints.http.transport import InsecureTransport, require_secure
from entrypoints.sandbox.keys import SandboxKeys
from tests.e2e.service import Service, WallTime, running, serving
from tests.fakes.house import House


@pytest.fixture
async def walled(keys: SandboxKeys) -> AsyncIterator[Service]:
    """Yield a service in real time."""
    async with running(House(time=WallTime()), keys) as service:
        yield service


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return the path of a certificate for 127.0.0.1, with its private key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "panorama")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    path = tmp_path / "certificate.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(signed.public_bytes(Encoding.PEM) + private)
    return path


async def test_requests_are_answered_over_a_connection(walled: Service) -> None:
    """The server answers, and does not say what it is made of."""
    async with serving(walled) as address, httpx.AsyncClient(base_url=address) as client:
        answer = await client.get("/healthz")
    assert (answer.status_code, answer.http_version) == (200, "HTTP/1.1")
    assert "server" not in answer.headers


async def test_a_certificate_makes_it_tls(walled: Service, certificate: Path) -> None:
    """With a certificate, requests are encrypted."""
    listen = Listen(port=0, certificate=str(certificate), key=str(certificate))
    trust = ssl.create_default_context(cafile=certificate)
    async with serving(walled, listen) as address, httpx.AsyncClient(base_url=address, verify=trust) as client:
        assert address.startswith("https://")
        assert (await client.get("/healthz")).status_code == 200


@pytest.mark.parametrize("listen", [Listen(host="0.0.0.0"), Listen(host="10.0.0.1"), Listen(host="panorama.example")])  # noqa: S104 - to be refused
def test_clear_text_stays_on_the_machine(listen: Listen) -> None:
    """Without a certificate or a proxy, no address that others reach is served."""
    with pytest.raises(InsecureTransport):
        require_secure(listen)


@pytest.mark.parametrize(
    "listen",
    [
        Listen(host="127.0.0.1"),
        Listen(host="::1"),
        Listen(host="localhost"),
        Listen(host="10.0.0.1", certificate="c.pem", key="k.pem"),
        Listen(host="10.0.0.1", proxies=("10.0.0.2",)),
        Listen(socket="panorama.sock"),
    ],
)
def test_what_nobody_overhears_is_served(listen: Listen) -> None:
    """A loopback address, TLS, a proxy that speaks it, or a Unix socket; without any of these it is refused."""
    assert (is_refused(listen), is_refused(Listen(host="10.0.0.1"))) == (False, True)


def is_refused(listen: Listen) -> bool:
    """Whether others could read along."""
    try:
        require_secure(listen)
    except InsecureTransport:
        return True
    return False


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    """Return the root of all loggers, and put it back as it was."""
    root = logging.getLogger()
    before = root.handlers, root.level
    yield root
    root.handlers, root.level = before


def test_a_signal_ends_the_server_and_closes_everything(
    keys: SandboxKeys, tmp_path: Path, root_logger: logging.Logger
) -> None:
    """SIGTERM ends the server, the services are closed after it, and the process lives to say so."""
    told: list[str] = []
    path = tmp_path / "panorama.sock"
    service = Service(House(time=WallTime()), keys)

    async def ask_and_stop() -> None:
        while not path.exists():
            await asyncio.sleep(0.01)
        transport = httpx.AsyncHTTPTransport(uds=str(path))
        async with httpx.AsyncClient(transport=transport, base_url="http://panorama") as client:
            told.append((await client.get("/healthz")).text)
        os.kill(os.getpid(), signal.SIGTERM)

    @asynccontextmanager
    async def opened() -> AsyncIterator[Services]:
        asking = asyncio.create_task(ask_and_stop())
        yield service.services
        await asking
        await service.close()
        told.append("closed")

    before = signal.getsignal(signal.SIGTERM)
    serve(opened(), Listen(socket=str(path)), open_log(service.logged, service.house.time.clock))
    assert told == ['{"status":"ok"}', "closed"]
    assert signal.getsignal(signal.SIGTERM) is before
    assert any(isinstance(handler, LibraryHandler) for handler in root_logger.handlers)


def test_no_service_is_opened_for_clear_text(keys: SandboxKeys) -> None:
    """The refusal comes before anything is touched."""

    class NeverOpened(AbstractAsyncContextManager[Services]):
        async def __aenter__(self) -> Services:
            raise AssertionError

        async def __aexit__(self, *_: object) -> None:
            """There is nothing to close."""

    service = Service(House(), keys)
    with pytest.raises(InsecureTransport):
        serve(NeverOpened(), Listen(host="10.0.0.1"), open_log(service.logged, service.house.time.clock))
