"""What a server answers instead of a result."""

from typing import Any


class Refused(Exception):
    """A command failed; codes: https://www.mongodb.com/docs/manual/reference/error-codes/."""

    def __init__(self, code: int, name: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.name = name

    @property
    def answer(self) -> dict[str, Any]:
        """Return the document that the server answers with."""
        return {"ok": 0.0, "errmsg": str(self), "code": self.code, "codeName": self.name}


def unauthorized() -> Refused:
    """Say that nobody has said who is asking."""
    return Refused(13, "Unauthorized", "command requires authentication")


def wrong_credentials() -> Refused:
    """Say that whoever is asking cannot show to be who they say."""
    return Refused(18, "AuthenticationFailed", "Authentication failed.")


def no_such_user() -> Refused:
    """Say that there is nobody of that name."""
    return Refused(11, "UserNotFound", "Could not find user")


def user_exists() -> Refused:
    """Say that somebody has that name already."""
    return Refused(51003, "Location51003", "User already exists")


def not_supported(what: str) -> Refused:
    """Say that this server does not do such a thing."""
    return Refused(115, "CommandNotSupported", what)
