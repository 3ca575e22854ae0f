"""One database of each kind, with somebody who may change passwords there and somebody who may not."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from uuid import uuid4

import pytest
from pymongo import AsyncMongoClient

from adapters.mongo import open_mongo, prepare_mongo
from adapters.mongo.logins import MongoLogins
from ports.credentials import Logins
from ports.storage import Storage
from tests.drivers import broken, unexpected
from tests.fakes.credentials import ADMINISTRATOR, USE, FakeAdministration, FakeDatabase, FakeLogins, FakeUser
from tests.patience import patience
from tests.report import not_proven
from tests.servers.chroot import NotHere
from tests.servers.mongo.scram import Who
from tests.servers.mongo.starting import Server, mongo_documentdb, mongo_memory
from tests.servers.mongo.users import User

ADMIN_PASSWORD: Final = "Correct-Horse-0"
USER_PASSWORD: Final = "Correct-Horse-1"
DEADLINE: Final = 5.0


@dataclass(frozen=True)
class World:
    """A database with an administrator and a user, who may read and write; their names are the world's own."""

    logins: Logins
    open: Callable[[str], Awaitable[Storage]]
    administrator: str
    user: str
    prepare: Callable[[], Awaitable[object]]
    """Makes what the database needs before the user can open it."""

    broken: Callable[[], AbstractContextManager[None]]
    """The driver of an administration raises what nobody expects of it."""

    gaps: Mapping[str, str] = field(default_factory=dict)
    """What the database cannot be held to: the name of the law, and why."""

    def by(self, name: str, password: str) -> str:
        """Return the address by which somebody comes in whose name belongs to this world."""
        user = self.logins.login(self.user).user or ""
        return self.logins.with_password(self.user, f"{user}-{name}", password)

    def changed(self, password: str) -> str:
        """Return the user's address with another password."""
        return self.logins.with_password(self.user, self.logins.login(self.user).user or "", password)


Make: TypeAlias = Callable[[], AbstractContextManager[World]]


def fake_world(kind: type[FakeLogins | FakeAdministration] = FakeLogins) -> World:
    """Put a fake, or one of the broken kinds of it or of its administration, into a world of its own."""
    users = {
        "admin": FakeUser(ADMIN_PASSWORD, ADMINISTRATOR),
        "user": FakeUser(USER_PASSWORD, frozenset({USE})),
    }
    places = {"place": FakeDatabase(users)}
    logins = kind(places) if issubclass(kind, FakeLogins) else FakeLogins(places, kind)
    administrator, user = f"fake://admin:{ADMIN_PASSWORD}@place", f"fake://user:{USER_PASSWORD}@place"

    @contextmanager
    def breaking() -> Iterator[None]:
        places["place"].broken = unexpected()
        yield
        places["place"].broken = None

    return World(logins, logins.open, administrator, user, places["place"].memory.check, breaking)


@contextmanager
def in_memory() -> Iterator[World]:
    """Make the fake that the tests of the rotation stand on."""
    yield fake_world()


@contextmanager
def in_mongo_memory() -> Iterator[World]:
    """Serve the strict gateway; users are kept in the database that they use, administrators in `admin`."""
    database = f"panorama_{uuid4().hex[:8]}"
    users = {
        Who("admin", "admin"): User(ADMIN_PASSWORD, [("userAdminAnyDatabase", "admin")]),
        Who(database, "user"): User(USER_PASSWORD, [("readWrite", database)]),
    }
    with mongo_memory(users=users) as server:
        yield _world(
            f"mongodb://admin:{ADMIN_PASSWORD}@127.0.0.1:{server.port}/admin",
            f"mongodb://user:{USER_PASSWORD}@127.0.0.1:{server.port}/{database}",
        )


@contextmanager
def in_documentdb() -> Iterator[World]:
    """Ask the DocumentDB engine, which keeps all users together and has an administrator of its own."""
    name = f"t{uuid4().hex[:8]}"
    with _engine(name) as server:
        place = f"127.0.0.1:{server.port}"
        world = _world(
            f"mongodb://{name}-admin:{ADMIN_PASSWORD}@{place}/admin",
            f"mongodb://{name}:{USER_PASSWORD}@{place}/panorama_{name}?authSource=admin",
            gaps={"who_may_is_told_beforehand": "the engine has no privileges to change passwords, and tells of none"},
        )
        yield world
        server.drop(f"panorama_{name}")


@contextmanager
def _engine(name: str) -> Iterator[Server]:
    with ExitStack() as stack:
        try:
            server = stack.enter_context(
                mongo_documentdb(user=(name, USER_PASSWORD), administrator=(f"{name}-admin", ADMIN_PASSWORD))
            )
        except NotHere as absent:
            not_proven("changing passwords in the DocumentDB engine", str(absent))
            pytest.skip("the engine cannot be had on this machine")
        yield server


def _world(administrator: str, user: str, gaps: Mapping[str, str] | None = None) -> World:
    async def opened(address: str) -> Storage:
        return await open_mongo(address, deadline=patience(DEADLINE))

    return World(
        MongoLogins(patience(DEADLINE)),
        opened,
        administrator,
        user,
        lambda: prepare_mongo(user, deadline=patience(DEADLINE)),
        lambda: broken((AsyncMongoClient, "_select_server")),
        gaps or {},
    )


WORLDS: Final[dict[str, Make]] = {
    "memory": in_memory,
    "mongo-memory": in_mongo_memory,
    "mongo-documentdb": in_documentdb,
}
"""By adapter and server."""
