"""What a server answers to commands on users, and what comes of it."""

from typing import Any, cast

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from adapters.mongo.users import MongoAdministration, User
from ports.errors import PermissionDenied, PortError, Unavailable, Unsupported

NO_SUCH_USER = OperationFailure("Could not find user hunter2", 11)
NO_SUCH_COMMAND = OperationFailure("no such command", 59)
USER_EXISTS = OperationFailure("User hunter2 already exists", 51003)
UNAUTHORIZED = OperationFailure("not authorized", 13)
OUT = OperationFailure("shutting down", 11600)
INFO = {"users": [{"user": "a", "roles": [{"role": "readWrite", "db": "x", "minFcv": "1"}]}]}


class Scripted:
    """A client whose server gives one answer after the other."""

    def __init__(self, *answers: dict[str, Any] | OperationFailure) -> None:
        self.asked: list[dict[str, Any]] = []
        self._answers = list(answers)

    @property
    def admin(self) -> "Scripted":
        return self

    def __getitem__(self, database: str) -> "Scripted":
        return self

    async def command(self, command: dict[str, Any]) -> dict[str, Any]:
        """Note what is asked and answer."""
        self.asked.append(command)
        answer = self._answers.pop(0)
        if isinstance(answer, OperationFailure):
            raise answer
        return answer


def administration(server: Scripted) -> MongoAdministration:
    """Administer by a scripted server; an address is the name of its user."""
    client = cast("AsyncMongoClient[dict[str, Any]]", server)
    return MongoAdministration(client, lambda address: User("x", address, "hunter2"), 5.0)


async def test_somebody_else_may_be_faster() -> None:
    """Who has been made between two commands gets the password all the same."""
    server = Scripted(NO_SUCH_USER, INFO, USER_EXISTS, {})
    await administration(server).create_or_update("b", "a")
    assert [next(iter(command)) for command in server.asked] == ["updateUser", "usersInfo", "createUser", "updateUser"]
    assert server.asked[2]["roles"] == [{"role": "readWrite", "db": "x"}]
    assert all(command["writeConcern"] == {"w": "majority"} for command in server.asked if "pwd" in command)


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ((UNAUTHORIZED,), PermissionDenied),
        ((NO_SUCH_COMMAND,), PermissionDenied),
        ((NO_SUCH_USER, {"users": []}), PermissionDenied),
        ((NO_SUCH_USER, INFO, UNAUTHORIZED), PermissionDenied),
        ((OUT,), Unavailable),
    ],
)
async def test_what_the_server_refuses_is_told(
    answers: tuple[dict[str, Any] | OperationFailure, ...], error: type[PortError]
) -> None:
    """In the port's words, which hold none of the server's."""
    with pytest.raises(PortError) as raised:
        await administration(Scripted(*answers)).create_or_update("b", "a")
    assert isinstance(raised.value, error)
    assert "hunter2" not in str(raised.value)


def status(actions: list[str], **resource: object) -> dict[str, Any]:
    """Return what a server says of somebody with one privilege."""
    return {"authInfo": {"authenticatedUserPrivileges": [{"resource": resource, "actions": actions}]}}


@pytest.mark.parametrize(
    "answer",
    [
        status(["changePassword"], db="x", collection=""),
        status(["find", "changePassword"], db="", collection=""),
        status(["changePassword"], anyResource=True),
    ],
)
async def test_who_may_is_known_by_his_privileges(answer: dict[str, Any]) -> None:
    """In the user's database, or in every one; the server is asked, and nothing is changed."""
    server = Scripted(answer)
    await administration(server).check("b")
    assert [next(iter(command)) for command in server.asked] == ["connectionStatus"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (status(["changePassword"], db="y", collection=""), PermissionDenied),
        (status(["find"], db="x", collection=""), PermissionDenied),
        (status(["changePassword"], cluster=True), PermissionDenied),
        (NO_SUCH_COMMAND, Unsupported),
        (UNAUTHORIZED, PermissionDenied),
    ],
)
async def test_who_may_not_is_told(answer: dict[str, Any] | OperationFailure, error: type[PortError]) -> None:
    """And where a server tells nothing, that too."""
    with pytest.raises(PortError) as raised:
        await administration(Scripted(answer)).check("b")
    assert isinstance(raised.value, error)


@pytest.mark.parametrize("answer", [{}, {"authInfo": None}, {"authInfo": {}}])
async def test_an_answer_that_cannot_be_read_is_an_outage(answer: dict[str, Any]) -> None:
    """Whatever the server leaves out, an error of the port comes of it."""
    with pytest.raises(Unavailable):
        await administration(Scripted(answer)).check("b")
    with pytest.raises(Unavailable):
        await administration(Scripted(NO_SUCH_USER, answer)).create_or_update("b", "a")


async def test_a_privilege_that_cannot_be_read_is_an_outage() -> None:
    """What a privilege is of may be left out by a server that nobody knows."""
    odd = {"authInfo": {"authenticatedUserPrivileges": [{"actions": ["changePassword"]}]}}
    with pytest.raises(Unavailable):
        await administration(Scripted(odd)).check("b")
