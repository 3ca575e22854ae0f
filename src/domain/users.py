"""What is known of a user: nothing but which account of the Jira site it is, and that only while there is one."""

from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from domain.ids import UserId

ACCOUNT_LIMIT: Final = 128
"""The longest account id, in characters."""

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class User(msgspec.Struct, frozen=True):
    """The only place that names an account; everything else refers to `id`."""

    id: UserId
    account: str | None
    """Atlassian's account id; None for a departed user, whose account has been closed."""

    retrieved: datetime = _LONG_AGO
    """When Atlassian was last known to agree with what is kept here."""

    def __repr__(self) -> str:
        """Leave out the account, so that no log and no traceback holds it."""
        return f"User(id={self.id!r})"


def departed(user: User) -> User:
    """Of a user whose account is closed nothing is kept but that there was one: facts go on naming the id."""
    return replace(user, account=None)


def seen(user: User, account: str, now: datetime) -> User:
    """A departed user who signs in again is a user again; of any other nothing new is learnt."""
    return user if user.account is not None else replace(user, account=account, retrieved=now)


def refreshed(user: User, now: datetime) -> User:
    """What is kept of an account is its id, which never changes: to refresh it is to note when that was so."""
    return user if user.account is None else replace(user, retrieved=now)
