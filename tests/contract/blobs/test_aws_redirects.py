"""Where an answer of S3 may not lead: to another region, or another host."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from adapters.aws.blobs import open_s3
from ports.errors import InvalidArgument, PortError
from tests.contract.blobs.content import content_of, put
from tests.servers.aws import REGION, Server


class _Elsewhere(ThreadingHTTPServer):
    """Answers everything with a status that leads elsewhere, and counts the requests."""

    def __init__(self, status: int, code: str, headers: dict[str, str]) -> None:
        self.status = status
        self.code = code
        self.headers = headers
        self.requests: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Elsewhere
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the base class gives it
        """Say nothing."""

    def _handle(self) -> None:
        self.server.requests.append(self.headers.get("Authorization", "").partition("Credential=")[2].split(",")[0])
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = f"<Error><Code>{self.server.code}</Code><Region>eu-west-1</Region></Error>".encode()
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _handle  # noqa: N815 - the names that the base class looks for


@contextmanager
def _elsewhere(status: int, code: str, headers: dict[str, str]) -> Iterator[_Elsewhere]:
    server = _Elsewhere(status, code, headers)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (301, "PermanentRedirect"),
        (307, "TemporaryRedirect"),
        (400, "AuthorizationHeaderMalformed"),
        (400, "IllegalLocationConstraintException"),
    ],
)
async def test_nothing_is_sent_to_another_region_or_host(status: int, code: str) -> None:
    """Neither an object nor a signature goes where an answer leads; the bucket's other region is told."""
    with _elsewhere(200, "", {}) as trap:
        headers = {"Location": f"http://127.0.0.1:{trap.server_port}/b/a", "x-amz-bucket-region": "eu-west-1"}
        with _elsewhere(status, code, headers) as server, Server(server.server_port).credentials():
            store = await open_s3("b", region=REGION, endpoint=f"http://127.0.0.1:{server.server_port}")
            for call in (
                put(store, "a", b"1"),
                content_of(store, "a"),
                store.info("a"),
                store.list(),
                store.delete("a"),
            ):
                with pytest.raises(PortError):
                    await call
            if status in {301, 400}:
                with pytest.raises(InvalidArgument):
                    await store.check()
            await store.close()
            assert {credential.split("/")[2] for credential in server.requests} == {REGION}
        assert trap.requests == []
