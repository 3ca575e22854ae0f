"""The gateway: speaks MongoDB's wire protocol and has a back end do what commands ask for."""

import asyncio
import secrets
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from tests.servers.mongo.errors import Refused, not_supported, unauthorized
from tests.servers.mongo.listening import listening
from tests.servers.mongo.scram import Conversation, Credentials, Who
from tests.servers.mongo.wire import answer, read_command

# What MongoDB 7.0 says of itself; a replica set of one, so that drivers use sessions as they do in production.
_HELLO: Final = {
    "helloOk": True,
    "isWritablePrimary": True,
    "ismaster": True,
    "setName": "tests",
    "setVersion": 1,
    "maxBsonObjectSize": 16 << 20,
    "maxMessageSizeBytes": 48_000_000,
    "maxWriteBatchSize": 100_000,
    "logicalSessionTimeoutMinutes": 30,
    "minWireVersion": 0,
    "maxWireVersion": 21,
    "readOnly": False,
}


class Backend(Protocol):
    """What stands behind the wire."""

    credentials: Credentials | None
    """Who may come in; None lets everybody in."""

    async def answer(self, command: dict[str, Any], user: Who | None) -> Mapping[str, Any]:
        """Do what is asked for; raises Refused."""

    async def drop(self, database: str) -> None:
        """Forget a database with everything in it."""

    async def close(self) -> None:
        """Give up whatever the back end holds."""


class Gateway:
    """Serves connections from the loopback address, with TLS if it is given a context."""

    def __init__(self, backend: Backend, tls: ssl.SSLContext | None = None) -> None:
        self._backend = backend
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[Any]] = set()

    async def start(self, port: int = 0) -> int:
        """Listen, and return the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=self._tls)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def drop(self, database: str) -> None:
        """Forget a database with everything in it."""
        await self._backend.drop(database)

    async def close(self) -> None:
        """End all connections and listen no more."""
        assert self._server is not None
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()
        await self._backend.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        connection = _Connection(self._backend, writer.get_extra_info("sockname")[1])
        try:
            while True:
                request, operation, command = await read_command(reader)
                listening().arrives(command)
                writer.write(answer(request, operation, await connection.handle(command)))
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            """The other side has gone, or the gateway closes."""
        finally:
            self._open.discard(task)
            writer.transport.abort()


class _Connection:
    """What one connection has shown of itself."""

    def __init__(self, backend: Backend, port: int) -> None:
        self._backend = backend
        self._address = f"127.0.0.1:{port}"
        self._conversation: Conversation | None = None

    async def handle(self, command: dict[str, Any]) -> Mapping[str, Any]:
        """Return the answer to a command, whatever comes of it."""
        name = next(iter(command)).lower()
        try:
            if name in {"hello", "ismaster"}:
                return await self._hello(command)
            if name in {"saslstart", "saslcontinue"}:
                return await self._sasl(name, command)
            user = self._conversation.user if self._conversation else None
            if self._backend.credentials and user is None and name != "endsessions":
                raise unauthorized()
            return {**await self._backend.answer(command, user), "ok": 1.0}
        except Refused as refused:
            return refused.answer

    async def _hello(self, command: Mapping[str, Any]) -> Mapping[str, Any]:
        said: dict[str, Any] = {
            **_HELLO,
            "hosts": [self._address],
            "primary": self._address,
            "me": self._address,
            "localTime": datetime.now(UTC),
            "ok": 1.0,
        }
        if "saslSupportedMechs" in command:
            said["saslSupportedMechs"] = ["SCRAM-SHA-256"]
        if "speculativeAuthenticate" in command:
            # A refusal is told when the driver tries again by itself.
            try:
                said["speculativeAuthenticate"] = await self._sasl("saslstart", command["speculativeAuthenticate"])
            except Refused:
                self._conversation = None
        return said

    async def _sasl(self, name: str, command: Mapping[str, Any]) -> Mapping[str, Any]:
        if name == "saslstart":
            if self._backend.credentials is None or command["mechanism"] != "SCRAM-SHA-256":
                raise Refused(334, "MechanismUnavailable", "no such mechanism")
            # In a greeting the database stands in a field of its own.
            database = command.get("$db") or command["db"]
            self._conversation = Conversation(self._backend.credentials, database, lambda: secrets.token_urlsafe(18))
        if self._conversation is None:
            raise not_supported("nobody has begun to authenticate")
        payload, done = await self._conversation.hear(bytes(command["payload"]))
        return {"conversationId": 1, "done": done, "payload": payload, "ok": 1.0}
