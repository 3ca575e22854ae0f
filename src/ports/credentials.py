"""The credentials port: who logs in at a database, by its addresses.

An address may hold a password: no error, log or representation quotes a piece of one.
"""

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


class Logins(Protocol):
    """How one kind of database lets people in."""

    def login(self, address: str) -> Login:
        """Return who logs in by the address; raises InvalidArgument for what is no address of this kind."""

    def leads_alike(self, one: str, other: str) -> bool:
        """Whether two addresses lead to the same data, whoever logs in."""
