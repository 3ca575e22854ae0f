"""What is known of a user: nothing but which account of the Jira site it is."""

from typing import Final

import msgspec

from domain.ids import UserId

ACCOUNT_LIMIT: Final = 128
"""The longest account id, in characters."""


class User(msgspec.Struct, frozen=True):
    """The only place that names an account; everything else refers to `id`."""

    id: UserId
    account: str
    """Atlassian's account id."""

    def __repr__(self) -> str:
        """Leave out the account, so that no log and no traceback holds it."""
        return f"User(id={self.id!r})"
