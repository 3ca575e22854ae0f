"""The JSON protocol of AWS services: an operation in a header, JSON in and out, errors by their type.

https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html is what it was written from.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

from tests.servers.aws import Server

Answer: TypeAlias = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Does an operation, with what was asked; raises Refusal."""


class Refusal(Exception):
    """The service answers with an error of this type."""


@contextmanager
def served(target: str, answer: Answer) -> Iterator[Server]:
    """Serve, one request at a time, on the loopback address until the end of the block.

    `target` is what goes before the names of operations in the header, the dot included.
    """
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                with lock:
                    status, said = 200, answer(self.headers["X-Amz-Target"].removeprefix(target), asked)
            except Refusal as refusal:
                status, said = 400, {"__type": str(refusal), "message": str(refusal)}
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield Server(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()
