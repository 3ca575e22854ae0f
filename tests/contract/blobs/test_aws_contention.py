"""What S3 answers while somebody else writes the same object: no emulator does it on demand, so a server of its own."""

import asyncio
import threading
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from adapters.aws.blobs import S3BlobStore, open_s3
from adapters.aws.uploads import PART_SIZE
from ports.errors import AlreadyExists, Conflict, Unavailable
from tests.contract.blobs.content import content_of, put
from tests.servers.aws import REGION, Server

_CODES = {404: "NoSuchKey", 409: "ConditionalRequestConflict"}
_NO_LOCKS = "ObjectLockConfigurationNotFoundError"


class _Service(ThreadingHTTPServer):
    """Answers each request with the next status that a test has set for its method, and with success after that."""

    def __init__(self) -> None:
        self.statuses: dict[str, list[int]] = {}
        self.requests: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Service
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the base class gives it
        """Say nothing."""

    def _handle(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.requests.append(self.command)
        if self.path.endswith("?object-lock"):
            self._send(404, _error(_NO_LOCKS))
            return
        waiting = self.server.statuses.get(self.command)
        status = waiting.pop(0) if waiting else 200
        self._send(status, self._body() if status == 200 else _error(_CODES[status]))

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _handle  # noqa: N815 - the names that the base class looks for

    def _body(self) -> bytes:
        if self.command == "GET":
            return b"content"
        if self.path.endswith("?uploads"):
            return b"<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>"
        return b""

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("ETag", '"tag"')
        self.send_header("Last-Modified", self.date_time_string())
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code></Error>".encode()


@pytest.fixture
async def service() -> AsyncIterator[_Service]:
    """Serve S3 in the narrowest sense."""
    server = _Service()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    await asyncio.to_thread(server.shutdown)
    thread.join()
    server.server_close()


@pytest.fixture
async def store(service: _Service) -> AsyncIterator[S3BlobStore]:
    """Open a bucket of it."""
    server = Server(service.server_port)
    with server.credentials():
        opened = await open_s3("b", region=REGION, endpoint=server.endpoint())
    service.requests.clear()
    yield opened
    await opened.close()


async def test_a_creation_that_did_nothing_is_tried_again(service: _Service, store: S3BlobStore) -> None:
    """S3 has said that nothing was stored, so nothing of the first try is in the way of the second."""
    service.statuses["PUT"] = [409, 409]
    assert await put(store, "a", b"1") == "tag"
    assert service.requests == ["PUT", "PUT", "PUT"]


@pytest.mark.parametrize(("looks", "told"), [(200, AlreadyExists), (404, Unavailable)])
@pytest.mark.parametrize("content", [b"1", bytes(PART_SIZE + 1)], ids=["small", "in parts"])
async def test_a_creation_that_is_outrun_says_by_whom(
    service: _Service, store: S3BlobStore, content: bytes, looks: int, told: type[Exception]
) -> None:
    """By another creation if the object is there, by something that has gone again if it is not; no part stays."""
    service.statuses["HEAD"] = [looks]
    service.statuses["POST" if len(content) > 1 else "PUT"] = [200, 409] if len(content) > 1 else [409, 409, 409]
    with pytest.raises(told):
        await put(store, "a", content)
    assert ("DELETE" in service.requests) == (len(content) > 1)


async def test_a_replacement_that_is_outrun_is_a_conflict(service: _Service, store: S3BlobStore) -> None:
    """Whoever replaces looks again, whether the other has ended or not."""
    service.statuses["PUT"] = [409]
    with pytest.raises(Conflict):
        await store.replace("a", b"2", tag="tag")


async def test_a_reader_asks_again_while_somebody_writes(service: _Service, store: S3BlobStore) -> None:
    """Ceph answers so to readers too, a few times at most."""
    service.statuses["GET"] = [409, 409]
    assert await content_of(store, "a") == b"content"
    service.statuses["HEAD"] = [409]
    assert (await store.info("a")).tag == "tag"
    service.statuses["GET"] = [409, 409, 409]
    with pytest.raises(Unavailable):
        await content_of(store, "a")
