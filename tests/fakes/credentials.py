"""The credentials port in memory: databases at places, each with users of its own.

Addresses are `fake://user:password@place`; `fake://place` needs no login, and `fake://place?proof=identity` is of a
process that the place knows by itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NoReturn
from urllib.parse import SplitResult, urlsplit

from ports.credentials import Login, Proof
from ports.edges import port_error_of
from ports.errors import InvalidArgument, PermissionDenied, PortError
from tests.fakes.storage import MemoryStorage

USE: Final = "use"
CHANGE: Final = "change passwords"
CREATE: Final = "create users"
ADMINISTRATOR: Final = frozenset({USE, CHANGE, CREATE})


@dataclass
class FakeUser:
    """Somebody whom a database knows."""

    password: str
    rights: frozenset[str]


@dataclass
class FakeDatabase:
    """A place, who may come in, and what is stored there; `failure`, while it is set, is what everything raises."""

    users: dict[str, FakeUser] = field(default_factory=dict)
    memory: MemoryStorage = field(default_factory=MemoryStorage)
    failure: PortError | None = None
    broken: Iterator[Exception] | None = None
    """What the driver of an administration would raise, call by call."""

    def entered(self, address: str) -> FakeUser:
        """Return who comes in by the address; raises PermissionDenied."""
        if self.failure is not None:
            raise self.failure
        parts = _parts(address)
        if parts.username is None:
            return FakeUser("", frozenset({USE}))
        user = self.users.get(parts.username)
        if user is None or user.password != parts.password:
            raise PermissionDenied("wrong credentials")
        return user


class FakeAdministration:
    """An `Administration` by one address, of which the database is asked again with each call."""

    def __init__(self, database: FakeDatabase, address: str) -> None:
        self.database = database
        self._address = address

    async def create_or_update(self, address: str, like: str) -> None:
        self._require(CHANGE)
        name, password = _named(address)
        if name in self.database.users:
            self.database.users[name].password = password
            return
        self._require(CREATE)
        self.database.users[name] = FakeUser(password, self.database.users[_named(like)[0]].rights)

    async def disable(self, address: str, unknown: str) -> None:
        self._require(CHANGE)
        user = self.database.users.get(_named(address)[0])
        if user is not None:
            user.password = unknown

    async def check(self, address: str) -> None:
        _named(address)
        self._require(CHANGE)

    async def close(self) -> None:
        """Do nothing: memory needs no farewell."""

    def _require(self, right: str) -> None:
        if self.database.broken is not None:
            self._break(next(self.database.broken))
        if right not in self.database.entered(self._address).rights:
            raise PermissionDenied("may not")

    def _break(self, error: Exception) -> NoReturn:
        raise port_error_of(error) from error


class FakeLogins:
    """The `Logins` of databases by their places."""

    def __init__(
        self, databases: Mapping[str, FakeDatabase], administration: type[FakeAdministration] = FakeAdministration
    ) -> None:
        self.databases = databases
        self._administration = administration

    def login(self, address: str) -> Login:
        parts = _parts(address)
        if "proof=" in parts.query:
            return Login(Proof(parts.query.removeprefix("proof=")), parts.username)
        if parts.username is None:
            return Login(Proof.NOTHING)
        return Login(Proof.PASSWORD, parts.username, str(parts.hostname))

    def with_password(self, address: str, user: str, password: str) -> str:
        parts = _parts(address)
        return parts._replace(netloc=f"{user}:{password}@{parts.hostname}").geturl()

    def leads_alike(self, one: str, other: str) -> bool:
        try:
            return _parts(one).hostname == _parts(other).hostname
        except InvalidArgument:
            return False

    def left_over(self, address: str, environment: Mapping[str, str]) -> tuple[str, ...]:
        found = ("the address holds a secret",) if _parts(address).password else ()
        return (*found, "the environment holds a key") if "FAKE_KEY" in environment else found

    async def administer(self, address: str) -> FakeAdministration:
        return self._administration(self.database(address), address)

    async def open(self, address: str) -> MemoryStorage:
        """Open the storage that an address leads to; raises PermissionDenied."""
        database = self.database(address)
        if USE not in database.entered(address).rights:
            raise PermissionDenied("may not read")
        return database.memory

    def database(self, address: str) -> FakeDatabase:
        """Return the database that an address leads to."""
        return self.databases[str(_parts(address).hostname)]


def _named(address: str) -> tuple[str, str]:
    parts = _parts(address)
    if not parts.username:
        raise InvalidArgument("the address names no user")
    return parts.username, parts.password or ""


def _parts(address: str) -> SplitResult:
    parts = urlsplit(address)
    if parts.scheme != "fake":
        raise InvalidArgument("no address of a fake")
    return parts
