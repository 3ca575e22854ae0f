"""gRPC servers that stand for services of Google Cloud, on the client libraries' own message types."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import Any, Protocol

import grpc
import grpc.aio
from grpc.aio._channel import UnaryUnaryMultiCallable

from tests.drivers import broken
from tests.patience import patience


class Message(Protocol):
    """What the libraries' message types have in common."""

    @classmethod
    def serialize(cls, instance: Any) -> bytes:
        """Return the message on the wire."""

    @classmethod
    def deserialize(cls, payload: bytes) -> Any:
        """Return the message from the wire."""


class Refusal(Exception):
    """The service answers with a status."""

    def __init__(self, status: grpc.StatusCode, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True)
class Method:
    """One method of a service."""

    request: type[Message]
    answer: type[Message]
    do: Callable[[Any], Any]


@contextmanager
def served(service: str, methods: Mapping[str, Method]) -> Iterator["Server"]:
    """Serve the methods, one call at a time, until the end of the block."""
    lock = RLock()
    handlers = {name: _handler(method, lock) for name, method in methods.items()}
    with ThreadPoolExecutor(4, thread_name_prefix="gcp-fake") as threads:
        server = grpc.server(threads)
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        running = Server(f"http://127.0.0.1:{port}", server)
        try:
            yield running
        finally:
            running.stop()


class Server:
    """A server that runs until it is stopped."""

    def __init__(self, endpoint: str, server: grpc.Server) -> None:
        self.endpoint = endpoint
        self._server = server

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.endpoint.rpartition(":")[2])

    def stop(self) -> None:
        """Cut every connection and accept no other; twice is once."""
        self._server.stop(grace=None).wait(timeout=patience(5))


@contextmanager
def broken_grpc() -> Iterator[None]:
    """Have the driver's calls raise what nobody expects."""
    with broken((grpc.aio.UnaryUnaryMultiCallable, "__call__"), (UnaryUnaryMultiCallable, "__call__")):
        yield


def _handler(method: Method, lock: RLock) -> Any:
    def call(request: Any, context: grpc.ServicerContext) -> Any:
        try:
            with lock:
                return method.do(request)
        except Refusal as refusal:
            context.abort(refusal.status, refusal.text)

    return grpc.unary_unary_rpc_method_handler(
        call, request_deserializer=method.request.deserialize, response_serializer=method.answer.serialize
    )
