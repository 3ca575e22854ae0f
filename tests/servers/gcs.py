"""Cloud Storage as the adapter uses it: the routes of its JSON API, over HTTP on this machine."""

import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.servers.gcs_bucket import Answer, Bucket
from tests.servers.gcs_faults import Fault, Harm

_ROUTE = re.compile(r"/(upload/|download/)?storage/v1/b/([^/]+)(/o)?(?:/(.+))?")
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
_SESSION = 308
_CANCELLED = 499
_UPLOADS = count(1)
_MULTIPLE = 256 << 10

# To linger for no time at all is to reset the connection, instead of ending it in order.
_RESET = struct.pack("ii", 1, 0)


class Service:
    """The buckets, and what tests may have happen to requests."""

    def __init__(self) -> None:
        self.buckets: dict[str, Bucket] = {}
        self.endpoint = ""
        self.port = 0
        self.lock = threading.RLock()
        self.largest_page = 5
        """Small, so that every listing that is not tiny has several pages."""

        self.forbidden = False
        self.failures: list[int] = []
        """Statuses that the next requests are answered with, before anything is done."""

        self.lose_answers = 0
        """How many requests are done, and then answered 503."""

        self.damage = False
        """Whether a bit of what is read turns on its way."""

        self.garbled_answers = False
        """Whether no answer that describes an object can be read."""

        self.lost: dict[str, int] = {}
        """Sessions that are answered with a status, whatever is asked of them."""

        self.loses_sessions_with: int | None = None
        """The status with which each session is lost behind its first part, if it is."""

        self.leads_to: str | None = None
        """Where the address of a session leads, if not here."""

        self.redirects_to: str | None = None
        """Where each request is redirected to."""

        self.transfers = 0
        """How many requests have brought content, or asked for it."""

        self.faults: dict[int, Fault] = {}
        """By the number of the transfer that each happens to; see `harm`."""

        self.begun_before = 0
        """The last upload in parts that had begun when harm was last asked for."""

        self.ended = threading.Event()

        self.requests: list[str] = []
        """Method and path of each request."""

    def create_bucket(self, name: str, *, object_retention: bool = False) -> Bucket:
        """Make a bucket."""
        self.buckets[name] = Bucket(name, object_retention)
        return self.buckets[name]

    def harm(self, step: int, fault: Fault) -> None:
        """Have the `step`-th transfer from now on, counted from 1, come to harm; then all is well."""
        with self.lock:
            self.faults = {self.transfers + step: fault}
            self.begun_before = next(_UPLOADS)

    def fault(self, upload: str) -> Fault | None:
        """Count a transfer, and return what happens to it: nothing to what is left of an `upload` before the harm."""
        if upload and int(upload) < self.begun_before:
            return None
        self.transfers += 1
        return self.faults.pop(self.transfers, None)


class _Server(ThreadingHTTPServer):
    """Remembers its connections, so that they can be cut."""

    daemon_threads = False

    def __init__(self, service: Service) -> None:
        self.service = service
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def stop(self) -> None:
        """Cut every connection and accept no other."""
        self.service.ended.set()
        self.shutdown()
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


@contextmanager
def cloud_storage() -> Iterator[Service]:
    """Serve a service without buckets until the end of the block."""
    service = Service()
    server = _Server(service)
    service.port = server.server_port
    service.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        server.stop()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the base class gives it
        """Say nothing."""

    def _handle(self) -> None:
        service, length = self.server.service, int(self.headers.get("Content-Length", "0"))
        with service.lock:
            upload = dict(parse_qsl(urlsplit(self.path).query)).get("upload_id", "")
            self._fault = service.fault(upload) if self._transfers(length) else None
        early = self._early()
        is_cut = early is not None and early.harm is not Harm.REFUSE
        body = self.rfile.read(min(length, early.after) if early and is_cut else length)
        with service.lock:
            try:
                self._answer(body, early)
            except Answer as answer:
                error = {"code": answer.status, "errors": [{"reason": answer.reason}]}
                self._send(answer.status, json.dumps({"error": error}).encode())
        # Whoever reads slowly holds nobody else up.
        if early is not None and is_cut:
            self._come_to_harm(early.harm)
        else:
            self._flush()

    def _early(self) -> Fault | None:
        """Return the fault that leaves nothing to be done."""
        fault = self._fault
        if fault is None or fault.answered or (self.command == "GET" and fault.harm is not Harm.REFUSE):
            return None
        return fault

    def _transfers(self, length: int) -> bool:
        """Whether the request brings content, or asks for it."""
        if self.command == "GET":
            return "alt=media" in self.path
        query = dict(parse_qsl(urlsplit(self.path).query))
        return (
            self.path.startswith("/upload/")
            and length > 0
            and ("upload_id" in query or query.get("uploadType") == "multipart")
        )

    def _keep(self, body: bytes) -> None:
        """Keep of a part what has come before the harm, as much as is a multiple."""
        url = urlsplit(self.path)
        session = self._bucket(url.path).sessions.get(dict(parse_qsl(url.query)).get("upload_id", ""))
        wanted = _CONTENT_RANGE.fullmatch(self.headers.get("Content-Range", ""))
        if session is not None and "done" not in session and wanted is not None and wanted[1]:
            session["content"][int(wanted[1]) :] = body[: len(body) // _MULTIPLE * _MULTIPLE]

    def _bucket(self, path: str) -> Bucket:
        route = _ROUTE.fullmatch(path)
        if route is None or (bucket := self.server.service.buckets.get(unquote(route[2]))) is None:
            raise Answer(404, "notFound")
        return bucket

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815 - the names that the base class looks for

    def _answer(self, body: bytes, early: Fault | None) -> None:
        if early is not None:
            self._keep(body[: early.after])
            raise Answer(early.status)
        service, url = self.server.service, urlsplit(self.path)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        service.requests.append(f"{self.command} {url.path}")
        if service.failures:
            raise Answer(service.failures.pop(0))
        if service.forbidden:
            raise Answer(403, "forbidden")
        if service.redirects_to:
            self._send(307, b"", {"Location": service.redirects_to + self.path})
            return
        bucket, route = self._bucket(url.path), _ROUTE.fullmatch(url.path)
        assert route is not None
        name = unquote(route[4]) if route[4] else None
        if route[1] == "upload/":
            self._upload(bucket, body, query)
        elif name is not None:
            self._object(bucket, name, body, query)
        elif route[3]:
            self._json(bucket.listing(query, service.largest_page))
        else:
            self._json(bucket.resource())

    def _object(self, bucket: Bucket, name: str, body: bytes, query: Mapping[str, str]) -> None:
        if self.command == "DELETE":
            bucket.delete(name, query)
            self._send(204, b"")
        elif self.command == "PATCH":
            self._json(bucket.patch(name, json.loads(body), query))
        elif query.get("alt") == "media":
            self._media(bucket, name, query)
        else:
            self._json(bucket.find(name, query).resource)

    def _media(self, bucket: Bucket, name: str, query: Mapping[str, str]) -> None:
        stored = bucket.find(name, query)
        content, status, extent = stored.content, 200, dict[str, str]()
        if (wanted := _RANGE.fullmatch(self.headers.get("Range", ""))) is not None:
            first, last = wanted.groups()
            begin = int(first) if first else max(len(content) - int(last), 0)
            if begin >= len(content):
                raise Answer(416, "requestedRangeNotSatisfiable")
            end = min(int(last) + 1, len(content)) if first and last else len(content)
            extent = {"Content-Range": f"bytes {begin}-{end - 1}/{len(content)}"}
            content, status = content[begin:end], 206
        if self.server.service.damage:
            content = bytes((content[0] ^ 1,)) + content[1:]
        told = {
            "x-goog-hash": f"crc32c={stored.resource['crc32c']}",
            "x-goog-generation": stored.resource["generation"],
            "x-goog-metageneration": stored.resource["metageneration"],
            **extent,
        }
        self._send(status, content, told)

    def _upload(self, bucket: Bucket, body: bytes, query: Mapping[str, str]) -> None:
        if query["uploadType"] == "multipart":
            self._done(lambda: bucket.insert(*self._parts(body), query))
        elif "upload_id" not in query:
            bucket.check_insert(json.loads(body)["name"], query)
            number = str(next(_UPLOADS))
            bucket.sessions[number] = {"given": json.loads(body), "query": query, "content": bytearray()}
            here = self.server.service.leads_to or f"http://{self.headers['Host']}"
            url = f"{here}{urlsplit(self.path).path}?uploadType=resumable&upload_id={number}"
            self._send(200, b"", {"Location": url})
        elif self.command == "DELETE":
            bucket.sessions.pop(query["upload_id"], None)
            self._send(_CANCELLED, b"")
        else:
            self._part(bucket, query["upload_id"], body)

    def _part(self, bucket: Bucket, upload: str, body: bytes) -> None:
        session = bucket.sessions.get(upload)
        wanted = _CONTENT_RANGE.fullmatch(self.headers["Content-Range"])
        if session is None or upload in self.server.service.lost:
            raise Answer(self.server.service.lost.get(upload, 404), "notFound")
        if wanted is None or (wanted[1] and int(wanted[1]) > len(session["content"])):
            raise Answer(400, "invalid")
        if "done" in session:
            self._json(session["done"])
            return
        if wanted[1]:
            session["content"][int(wanted[1]) :] = body
        content: bytearray = session["content"]
        if wanted[3] == str(len(content)):
            told = self.headers.get("X-Goog-Hash", "").removeprefix("crc32c=")
            given = {**session["given"], **({"crc32c": told} if told else {})}
            session["done"] = bucket.insert(given, bytes(content), session["query"])
            self._done(lambda: session["done"])
        elif len(content) % _MULTIPLE:
            raise Answer(400, "invalid")
        else:
            if self.server.service.loses_sessions_with is not None:
                self.server.service.lost[upload] = self.server.service.loses_sessions_with
            self._send(_SESSION, b"", {"Range": f"bytes=0-{len(content) - 1}"} if content else {})

    def _parts(self, body: bytes) -> tuple[dict[str, Any], bytes]:
        whole = BytesParser().parsebytes(b"Content-Type: " + self.headers["Content-Type"].encode() + b"\r\n\r\n" + body)
        boundary = b"--" + str(whole.get_boundary()).encode()
        _, resource, content, _ = body.split(boundary)
        media = content.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n")
        return json.loads(resource.split(b"\r\n\r\n", 1)[1]), media

    def _done(self, work: Callable[[], dict[str, Any]]) -> None:
        """Do it, and lose the answer if a test wishes so."""
        found, service = work(), self.server.service
        if self._fault is not None and self._fault.harm is Harm.REFUSE:
            raise Answer(self._fault.status)
        if service.lose_answers:
            service.lose_answers -= 1
            raise Answer(503, "backendError")
        self._json(found)

    def _json(self, content: Mapping[str, Any]) -> None:
        whole = json.dumps(content).encode()
        told = whole[: len(whole) // 2] if self.server.service.garbled_answers else whole
        self._send(200, told, {"Content-Type": "application/json; charset=UTF-8"})

    def _send(self, status: int, content: bytes, headers: Mapping[str, str] | None = None) -> None:
        if self._fault is not None and self._fault.harm is Harm.GARBLE:
            content = content[: self._fault.after]
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self._content = content

    def _flush(self) -> None:
        """Send what has been answered, or as much of it as passes before the harm."""
        fault, content = self._fault, self._content
        if fault is not None and fault.harm not in {Harm.REFUSE, Harm.GARBLE}:
            content = content[: fault.after]
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()
        if fault is not None:
            self._come_to_harm(fault.harm)

    def _come_to_harm(self, harm: Harm) -> None:
        """Do to the connection what is to happen to it."""
        if harm is Harm.STALL:
            self.server.service.ended.wait()
        elif harm is Harm.RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            # Whoever shuts it down in order first resets nothing.
            self.connection.close()
        self.close_connection = self.close_connection or harm in {Harm.CLOSE, Harm.RESET, Harm.STALL}
