"""What is known of a user."""

from domain.ids import UserId
from domain.users import User


def test_no_account_is_shown() -> None:
    """Whoever prints a user prints no account id."""
    assert repr(User(UserId("u"), "712020:ann")) == "User(id='u')"
