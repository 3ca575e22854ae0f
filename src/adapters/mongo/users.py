"""Users of a MongoDB server, changed by somebody who may: the only commands beside the portable subset.

https://www.mongodb.com/docs/manual/reference/command/nav-user-management/
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from adapters.mongo.documents import Document
from adapters.mongo.errors import within
from adapters.mongo.opening import connected
from ports.errors import PermissionDenied, Unsupported

_NO_SUCH_USER: Final = 11
_NO_SUCH_COMMAND: Final = 59
_USER_EXISTS: Final = 51003

_SAFE: Final = {"w": "majority"}
"""A password is as durable as what it protects before anybody goes by it."""

_CHANGE: Final = "changePassword"


class User(msgspec.Struct, frozen=True):
    """A user, and the database that keeps him."""

    database: str
    name: str
    password: str

    def __repr__(self) -> str:
        """Leave out the password, so that no log and no traceback holds it."""
        return f"User({self.database!r}, {self.name!r})"


def open_administration(address: str, user_of: Callable[[str], User], deadline: float) -> "MongoAdministration":
    """Return the administration for whoever logs in by the address; raises InvalidArgument for one that will not do."""
    return MongoAdministration(connected(address, deadline, deadline), user_of, deadline)


class MongoAdministration:
    """An `Administration` over one client."""

    def __init__(self, client: AsyncMongoClient[Document], user_of: Callable[[str], User], deadline: float) -> None:
        self._client = client
        self._user_of = user_of
        self._deadline = deadline

    async def create_or_update(self, address: str, like: str) -> None:
        user, model = self._user_of(address), self._user_of(like)
        async with within(self._deadline):
            if not await self._update(user) and not await self._create(user, await self._roles(model)):
                await self._update(user)

    async def disable(self, address: str, unknown: str) -> None:
        user = self._user_of(address)
        async with within(self._deadline):
            await self._update(msgspec.structs.replace(user, password=unknown))

    async def check(self, address: str) -> None:
        user = self._user_of(address)
        async with within(self._deadline):
            try:
                status = await self._client.admin.command({"connectionStatus": 1, "showPrivileges": True})
            except OperationFailure as error:
                if error.code != _NO_SUCH_COMMAND:
                    raise
                raise Unsupported("the database does not tell who may do what") from error
            privileges = status["authInfo"]["authenticatedUserPrivileges"]
            may_change = any(_allows(privilege, user.database) for privilege in privileges)
        if not may_change:
            raise PermissionDenied(f"{_CHANGE} is missing")

    async def close(self) -> None:
        await self._client.close()

    async def _update(self, user: User) -> bool:
        """Return whether there is such a user."""
        return await self._run(user, {"updateUser": user.name, "pwd": user.password}, unless=_NO_SUCH_USER)

    async def _create(self, user: User, roles: list[Any]) -> bool:
        """Return whether there was no such user."""
        return await self._run(
            user, {"createUser": user.name, "pwd": user.password, "roles": roles}, unless=_USER_EXISTS
        )

    async def _run(self, user: User, command: dict[str, Any], *, unless: int) -> bool:
        try:
            await self._client[user.database].command({**command, "writeConcern": _SAFE})
        except OperationFailure as error:
            if error.code == _NO_SUCH_COMMAND:
                raise PermissionDenied("the database changes no passwords by command") from error
            if error.code != unless:
                raise
            return False
        return True

    async def _roles(self, model: User) -> list[Any]:
        asked = {"user": model.name, "db": model.database}
        found = (await self._client[model.database].command({"usersInfo": asked}))["users"]
        if not found:
            raise PermissionDenied("there is no user whose roles a new one could be given")
        roles: list[Any] = found[0]["roles"]
        return [{"role": role["role"], "db": role["db"]} for role in roles]


def _allows(privilege: Mapping[str, Any], database: str) -> bool:
    """Whether a privilege lets its holder change passwords in a database; one without a database is for all of them."""
    resource = privilege["resource"]
    everywhere = bool(resource.get("anyResource"))
    return _CHANGE in privilege["actions"] and (everywhere or resource.get("db") in {"", database})
