"""`panorama health` tells a container's keeper whether the service that it keeps lives."""

import asyncio
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from entrypoints.cli.asking import ask_health
from entrypoints.cli.exits import Exit, Refusal
from entrypoints.http.settings import Listen
from tests.e2e.service import Service, serving
from tests.free_ports import free_port
from tests.servers.self_signed import write_certificate


async def asked(monkeypatch: pytest.MonkeyPatch, url: str, **settings: str) -> None:
    """Ask the service that is configured to listen where `url`, or another setting, says."""
    if url:
        monkeypatch.setenv("PANORAMA_SERVER__PORT", url.rpartition(":")[2])
    for name, value in settings.items():
        monkeypatch.setenv(f"PANORAMA_SERVER__{name.upper()}", value)
    await asyncio.to_thread(ask_health, None, None)


async def test_a_service_that_answers_lives(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At every address of the machine includes the loopback's."""
    monkeypatch.setenv("PANORAMA_APP__BASE_URLS", "https://panorama.example")
    async with serving(service) as url:
        await asked(monkeypatch, url)
        await asked(monkeypatch, url, host="0.0.0.0", proxies="10.0.0.7")  # noqa: S104 - It is only asked, not served.
    assert capsys.readouterr().out == '{"status":"ok"}\n' * 2


async def test_it_is_asked_over_tls_where_it_speaks_tls(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own certificate is the one that is trusted, and no other."""
    certificate, other = tmp_path / "own.pem", tmp_path / "other.pem"
    write_certificate(certificate, tmp_path / "own.key")
    write_certificate(other, tmp_path / "other.key")
    listen = Listen(port=0, certificate=str(certificate), key=str(tmp_path / "own.key"))
    async with serving(service, listen) as url:
        await asked(monkeypatch, url, certificate=str(certificate))
        with pytest.raises(Refusal):
            await asked(monkeypatch, url, certificate=str(other))


@pytest.mark.parametrize(
    ("status", "ending"),
    [
        ("200 OK", nullcontext()),
        ("503 Service Unavailable", pytest.raises(Refusal, match="does not answer")),
        ("302 Found", pytest.raises(Refusal, match="does not answer")),
    ],
)
async def test_it_is_asked_at_its_unix_socket(
    status: str,
    ending: AbstractContextManager[object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Any answer but success counts as none, however soon it comes."""
    requests: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readline())
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        writer.close()

    path = tmp_path / "panorama.sock"
    async with await asyncio.start_unix_server(answer, path):
        with ending:
            await asked(monkeypatch, "", socket=str(path))
    assert requests == [b"GET /healthz HTTP/1.1\r\n"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "::"])
async def test_a_service_that_does_not_answer_is_told(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the exit code of something that is out."""
    monkeypatch.setenv("PANORAMA_APP__BASE_URLS", "https://panorama.example")
    with pytest.raises(Refusal, match="does not answer") as refused:
        await asked(monkeypatch, f"http://{host}:{free_port()}", host=host)
    assert refused.value.code is Exit.UNAVAILABLE
