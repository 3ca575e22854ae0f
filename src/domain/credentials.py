"""Passwords of databases: whose turn it is to log in, and when each step of a replacement is due."""

from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

import msgspec

LIMIT: Final = timedelta(days=90)
"""No password is in use for longer."""

SECRET_SIZE: Final = 32
"""How many random bytes a password is made of."""

_PARTNERS: Final = {"-a": "-b", "-b": "-a"}


class Step(Enum):
    """What is done next."""

    SETTLE = "disable the user before"
    REPLACE = "replace the password"


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How old a password becomes, and how long a process may take to follow to a new one."""

    age: timedelta
    settling: timedelta


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the password in use."""

    made: datetime
    """When it came into use, or earlier where nobody can tell any more."""

    put: datetime
    """When the newest version of the address was put."""

    settled: bool
    """Whether nobody but the user of the newest version can log in."""

    begun: bool = False
    """Whether somebody has begun to replace the newest version."""


def partner(user: str) -> str | None:
    """The two users of a part are called alike but for the end, `-a` and `-b`; None for one with another end."""
    end = _PARTNERS.get(user[-2:])
    return None if end is None else user[:-2] + end


def pair(user: str) -> str:
    """What the names of two partners have in common."""
    return user[:-2]


def next_step(standing: Standing, policy: Policy) -> tuple[Step, datetime]:
    """A password is replaced when it is old enough, or at once where that has begun, once the user before is disabled.

    The user before is disabled when every process must have followed to the newest version.
    """
    if not standing.settled:
        return Step.SETTLE, standing.put + policy.settling
    return Step.REPLACE, standing.put if standing.begun else standing.made + policy.age


def is_too_old(made: datetime, now: datetime) -> bool:
    """A password is too old when it is in use for longer than the limit."""
    return now - made > LIMIT


def password(chance: bytes) -> str:
    """Write random bytes as ASCII letters, digits, `-` and `_`.

    The end is there for databases that want to see a capital, a small letter, a digit and something else.
    """
    return urlsafe_b64encode(chance).decode().rstrip("=") + "-Aa0"
