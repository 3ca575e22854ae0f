"""The credentials port: who logs in at a database, by its addresses, and how passwords there are changed.

An address may hold a password: no error, log or representation quotes a piece of one.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Protocol

import msgspec


class Proof(Enum):
    """What an address lets somebody in by."""

    NOTHING = "nothing"
    """Whoever reaches the database may use it."""

    PASSWORD = "password"  # noqa: S105 - the word itself
    """Of a user whom the database itself keeps."""

    DIRECTORY = "directory"
    """A password, or a ticket, of a user whom somebody else keeps, as in LDAP."""

    IDENTITY = "identity"
    """What the process is to its cloud, or a certificate: nothing that could be copied out of the address."""


class Login(msgspec.Struct, frozen=True):
    """Who logs in by an address."""

    proof: Proof
    user: str | None = None
    realm: str = ""
    """Where users are kept, as in the hosts and the database: within one realm no two users have one name."""


class Administration(Protocol):
    """A connection of somebody who may change passwords.

    Every call may be repeated. Each raises PermissionDenied where that somebody is refused or may not, Unavailable or
    DeadlineExceeded after which the outcome is unknown, and InvalidArgument for an address without a user.
    """

    async def create_or_update(self, address: str, like: str) -> None:
        """Let the user of `address` in with the password in it and, from then on, with no other.

        A user who is not there is made, with the rights of the user of `like`. Connections that have logged in before
        may go on until they end.
        """

    async def disable(self, address: str, unknown: str) -> None:
        """Give the user of `address` a password that nobody knows; nothing happens where there is no such user."""

    async def check(self, address: str) -> None:
        """Return where the password of the user of `address` could be changed, having changed nothing.

        Raises Unsupported where the database does not tell.
        """

    async def close(self) -> None:
        """Give up all connections; the object is of no further use."""


class Logins(Protocol):
    """How one kind of database lets people in."""

    def login(self, address: str) -> Login:
        """Return who logs in by the address; raises InvalidArgument for what is no address of this kind."""

    def with_password(self, address: str, user: str, password: str) -> str:
        """Return the address with another user and password; both consist of ASCII letters, digits, `-` and `_`."""

    def leads_alike(self, one: str, other: str) -> bool:
        """Whether two addresses lead to the same data, whoever logs in."""

    def left_over(self, address: str, environment: Mapping[str, str]) -> tuple[str, ...]:
        """Return where secrets are that do not change by themselves, beside an identity, each in a few fixed words."""

    async def administer(self, address: str) -> Administration:
        """Log in to change passwords; asks the database nothing yet."""
