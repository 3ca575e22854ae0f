"""Users of the server in memory: their passwords, their roles, and the commands that change them.

Written from https://www.mongodb.com/docs/manual/reference/privilege-actions/ and the pages of the commands.
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.servers.mongo.errors import no_such_user, unauthorized, user_exists, wrong_credentials
from tests.servers.mongo.scram import ITERATIONS, SALT, Who, signed

ANYWHERE: Final = ""
"""The database of a user who is found in every one of them."""

ROOT: Final = ("root", "admin")

_USER_ADMINISTRATION: Final = {"changePassword", "createRole", "createUser", "grantRole", "revokeRole", "viewUser"}
_READ_WRITE: Final = {"createIndex", "find", "insert", "listIndexes", "remove", "update"}
_BUILT_IN: Final[Mapping[str, set[str]]] = {
    "readWrite": _READ_WRITE,
    "readWriteAnyDatabase": _READ_WRITE,
    "userAdmin": _USER_ADMINISTRATION,
    "userAdminAnyDatabase": _USER_ADMINISTRATION,
    "root": _READ_WRITE | _USER_ADMINISTRATION,
}
_EVERY_DATABASE: Final = {"readWriteAnyDatabase", "userAdminAnyDatabase", "root"}

_ACTIONS: Final = {
    "find": "find",
    "insert": "insert",
    "update": "update",
    "delete": "remove",
    "createIndexes": "createIndex",
    "listIndexes": "listIndexes",
}
"""What somebody must be allowed to do for each command on records."""

Role = tuple[str, str]
"""Its name, and the database that it is of."""

Privilege = dict[str, Any]


@dataclass
class User:
    """What the server knows of somebody."""

    password: str
    roles: list[Role]


class KnownUsers:
    """Everybody who may come in."""

    def __init__(self, users: Mapping[Who, User]) -> None:
        self._users = dict(users)
        self._roles: dict[Role, list[Privilege]] = {}

    async def salt(self, who: Who) -> tuple[str, int]:
        self._named(who)
        return base64.b64encode(SALT).decode(), ITERATIONS

    async def signature(self, who: Who, exchange: str, proof: str) -> str:
        return signed(self._named(who).password, exchange, proof)

    def check(self, who: Who, command: Mapping[str, Any]) -> None:
        """Raise Refused unless somebody may do to the records of a database what the command asks for."""
        action = _ACTIONS.get(next(iter(command)))
        if action is not None:
            self._require(who, action, command["$db"])

    def administer(self, who: Who, command: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a command on users asks for; raises Refused."""
        answer: dict[str, Any] | None = getattr(self, f"_{next(iter(command)).lower()}")(who, command)
        return answer or {}

    def _createuser(self, who: Who, command: Mapping[str, Any]) -> None:
        made = Who(command["$db"], command["createUser"])
        self._require(who, "createUser", made.database)
        roles = list(_roles(command["roles"], made.database))
        for _, database in roles:
            self._require(who, "grantRole", database)
        if made in self._users:
            raise user_exists()
        self._users[made] = User(command["pwd"], roles)

    def _updateuser(self, who: Who, command: Mapping[str, Any]) -> None:
        changed = Who(command["$db"], command["updateUser"])
        if changed != who or not self._may(who, "changeOwnPassword", changed.database):
            self._require(who, "changePassword", changed.database)
        if changed not in self._users:
            raise no_such_user()
        self._users[changed].password = command["pwd"]

    def _usersinfo(self, who: Who, command: Mapping[str, Any]) -> dict[str, Any]:
        asked = Who(command["usersInfo"]["db"], command["usersInfo"]["user"])
        if asked != who:
            self._require(who, "viewUser", asked.database)
        if asked not in self._users:
            return {"users": []}
        roles = [{"role": role, "db": database} for role, database in self._users[asked].roles]
        return {"users": [{"_id": ".".join(asked), "user": asked.name, "db": asked.database, "roles": roles}]}

    def _connectionstatus(self, who: Who, command: Mapping[str, Any]) -> dict[str, Any]:
        authenticated = [{"user": who.name, "db": who.database}]
        privileges = list(self._privileges(who))
        return {"authInfo": {"authenticatedUsers": authenticated, "authenticatedUserPrivileges": privileges}}

    def _createrole(self, who: Who, command: Mapping[str, Any]) -> None:
        self._require(who, "createRole", command["$db"])
        inherited = _roles(command["roles"], command["$db"])
        privileges = [each for role in inherited for each in self._privileges_of(role)]
        self._roles[command["createRole"], command["$db"]] = [*command["privileges"], *privileges]

    def _named(self, who: Who) -> User:
        user = self._users.get(who) or self._users.get(Who(ANYWHERE, who.name))
        if user is None:
            raise wrong_credentials()
        return user

    def _require(self, who: Who, action: str, database: str) -> None:
        if not self._may(who, action, database):
            raise unauthorized()

    def _may(self, who: Who, action: str, database: str) -> bool:
        return any(
            action in privilege["actions"] and privilege["resource"]["db"] in {"", database}
            for privilege in self._privileges(who)
        )

    def _privileges(self, who: Who) -> Iterable[Privilege]:
        for role in self._named(who).roles:
            yield from self._privileges_of(role)

    def _privileges_of(self, role: Role) -> list[Privilege]:
        if role in self._roles:
            return self._roles[role]
        name, database = role
        scope = "" if name in _EVERY_DATABASE else database
        return [{"resource": {"db": scope, "collection": ""}, "actions": sorted(_BUILT_IN[name])}]


def _roles(said: Iterable[str | Mapping[str, str]], database: str) -> Iterable[Role]:
    """Read roles as commands name them: by name alone, those of the same database."""
    for role in said:
        yield (role, database) if isinstance(role, str) else (role["role"], role["db"])
