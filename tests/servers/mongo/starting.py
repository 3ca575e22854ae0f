"""Starts the servers that the storage suite talks to, each for as long as a block lasts."""

import os
import shutil
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pymongo import MongoClient

from tests.free_ports import free_port
from tests.servers.chroot import NotHere, chroot_with, last_line
from tests.servers.loops import Beside, beside
from tests.servers.mongo.documentdb import DocumentDbBackend
from tests.servers.mongo.gateway import Backend, Gateway
from tests.servers.mongo.listening import listening, tidying
from tests.servers.mongo.memory import MemoryBackend
from tests.servers.mongo.scram import Who
from tests.servers.mongo.users import ANYWHERE, ROOT, User
from tests.servers.programs import running

OWN: Final = "PANORAMA_TEST_MONGO"
"""Names a real server's URI, without a database, which takes the place of the DocumentDB engine."""

_SCRIPT: Final = Path(__file__).with_name("documentdb-up")
_PACKAGE: Final = "postgresql-18-documentdb"


@dataclass(frozen=True)
class Server:
    """A running server that speaks MongoDB's protocol."""

    name: str
    """What it is called in test ids and reports."""

    address: str
    """Its URI, without a database."""

    drop: Callable[[str], None]
    """Forgets a database with everything in it, without the driver of the service."""

    port: int = 0
    """Where it listens on the loopback address, if it is a gateway of ours."""

    def uri(self, database: str, options: str = "", *, port: int | None = None) -> str:
        """Return where a database is, perhaps through a proxy on another port."""
        place, _, own = self.address.partition("?")
        if port is not None:
            place = f"mongodb://127.0.0.1:{port}"
        return f"{place.rstrip('/')}/{database}?{'&'.join(filter(None, (own, options)))}"


@contextmanager
def mongo_memory(
    passwords: Mapping[str, str] = MappingProxyType({}),
    tls: ssl.SSLContext | None = None,
    *,
    users: Mapping[Who, User] = MappingProxyType({}),
) -> Iterator[Server]:
    """The gateway over memory; with passwords, or users who may do this or that, it lets nobody in without one.

    Who has a password alone is kept in every database and may do everything.
    """
    known = {Who(ANYWHERE, name): User(password, [ROOT]) for name, password in passwords.items()} | dict(users)
    with beside() as loop, _served("mongo-memory", MemoryBackend(known), loop, tls) as server:
        yield server


@contextmanager
def mongo_documentdb(
    tls: ssl.SSLContext | None = None,
    *,
    user: tuple[str, str] | None = None,
    administrator: tuple[str, str] | None = None,
) -> Iterator[Server]:
    """The gateway over the DocumentDB engine; with a user it lets nobody else in but an administrator and whom he adds.

    Those must be called as the user is, with something behind. Raises NotHere.
    """
    url = f"postgresql://postgres@127.0.0.1:{_engine()}/postgres"
    with beside() as loop:
        backend = loop.call(DocumentDbBackend.connected(url, authenticate=user is not None))
        with _served("mongo-documentdb", backend, loop, tls) as server:
            if user:
                loop.call(backend.add_user(*user))
            if administrator:
                loop.call(backend.add_user(*administrator, administrator=True))
            yield server
            if user:
                loop.call(backend.remove_users(user[0]))


@contextmanager
def mongo_own(folder: Path) -> Iterator[Server]:
    """A real server: the one that the environment names, else a mongod of this machine. Raises NotHere."""
    listening()
    if address := os.environ.get(OWN):
        with MongoClient[dict[str, object]](address) as administrator:
            yield Server("mongo-own", address, _dropping(administrator))
        return
    program = shutil.which("mongod")
    if program is None:
        raise NotHere(f"{OWN} is not set, and there is no mongod on the PATH")
    port, data = free_port(), folder / "data"
    data.mkdir()
    command: list[str | Path] = [program, "--dbpath", data, "--port", str(port), "--bind_ip", "127.0.0.1"]
    address = f"mongodb://127.0.0.1:{port}/?directConnection=true"
    with (
        running(command, port, os.environ, folder / "mongod.log"),
        MongoClient[dict[str, object]](address) as administrator,
    ):
        yield Server("mongo-own", address, _dropping(administrator))


def _dropping(administrator: MongoClient[dict[str, object]]) -> Callable[[str], None]:
    def drop(database: str) -> None:
        with tidying():
            administrator.drop_database(database)

    return drop


@contextmanager
def _served(name: str, backend: Backend, loop: Beside, tls: ssl.SSLContext | None) -> Iterator[Server]:
    # Before any client of this server is made, as a client keeps those listeners that there are when it is made.
    listening()
    gateway = Gateway(backend, tls)
    port = loop.call(gateway.start())
    try:
        yield Server(name, f"mongodb://127.0.0.1:{port}/", lambda database: loop.call(gateway.drop(database)), port)
    finally:
        loop.call(gateway.close())


def _engine() -> int:
    """Start the engine unless it runs already, building it the first time; return its port. Raises NotHere."""
    return int(last_line(_SCRIPT, chroot_with(_PACKAGE), str(free_port())))
