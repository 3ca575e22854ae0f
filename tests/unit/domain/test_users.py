"""What is known of a user."""

from datetime import UTC, datetime

from domain.ids import UserId
from domain.users import User, departed, refreshed, seen

ONCE = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 2, 1, tzinfo=UTC)
ANN = User(UserId("u"), "712020:ann", ONCE)
GONE = User(UserId("u"), None, ONCE)


def test_no_account_is_shown() -> None:
    """Whoever prints a user prints no account id."""
    assert repr(ANN) == "User(id='u')"


def test_of_a_departed_user_the_id_is_kept() -> None:
    """Facts go on naming it; to depart again changes nothing."""
    assert departed(ANN) == departed(GONE) == GONE


def test_a_departed_user_who_comes_back_is_a_user_again() -> None:
    """Under the same id, as of now; whoever has not departed is as before."""
    assert seen(GONE, "712020:ann", LATER) == User(UserId("u"), "712020:ann", LATER)
    assert seen(ANN, "712020:ann", LATER) == ANN


def test_to_refresh_a_user_is_to_note_when() -> None:
    """There is nothing to note of one who has departed."""
    assert refreshed(ANN, LATER) == User(UserId("u"), "712020:ann", LATER)
    assert refreshed(GONE, LATER) == GONE
