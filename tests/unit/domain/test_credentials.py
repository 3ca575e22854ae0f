"""Whose turn it is to log in at a database, and when."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.credentials import (
    LIMIT,
    SECRET_SIZE,
    Policy,
    Standing,
    Step,
    is_too_old,
    next_step,
    pair,
    partner,
    password,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
POLICY = Policy(age=timedelta(days=60), settling=timedelta(minutes=3))


@pytest.mark.parametrize(
    ("user", "other"),
    [("panorama-a", "panorama-b"), ("panorama-b", "panorama-a"), ("a", None), ("panorama", None), ("panorama-c", None)],
)
def test_partners_are_called_alike_but_for_the_end(user: str, other: str | None) -> None:
    """Whoever has another name takes turns with nobody."""
    assert partner(user) == other


@given(st.text(), st.sampled_from("ab"))
def test_a_partner_of_a_partner_is_oneself(name: str, end: str) -> None:
    """There are two, who have a name in common."""
    user = f"{name}-{end}"
    other = partner(user)
    assert other is not None
    assert partner(other) == user
    assert pair(other) == pair(user) == name


def test_the_user_before_is_disabled_first() -> None:
    """When every process must have followed to the newest version; whatever else may be due."""
    standing = Standing(made=NOON - timedelta(days=80), put=NOON, settled=False, begun=True)
    assert next_step(standing, POLICY) == (Step.SETTLE, NOON + timedelta(minutes=3))


def test_a_password_is_replaced_when_it_is_old_enough() -> None:
    """Its age counts, not that of the newest version; what has begun is finished at once."""
    made = NOON - timedelta(days=10)
    assert next_step(Standing(made=made, put=NOON, settled=True), POLICY) == (Step.REPLACE, made + timedelta(days=60))
    assert next_step(Standing(made=made, put=NOON, settled=True, begun=True), POLICY) == (Step.REPLACE, NOON)


def test_a_password_is_too_old_after_ninety_days() -> None:
    """Not yet on the ninetieth."""
    assert not is_too_old(NOON, NOON + LIMIT)
    assert is_too_old(NOON, NOON + LIMIT + timedelta(seconds=1))


@given(st.binary(min_size=SECRET_SIZE, max_size=SECRET_SIZE))
def test_a_password_needs_no_encoding_and_satisfies_every_rule(chance: bytes) -> None:
    """Whatever the bytes: letters, digits, `-` and `_`, of each kind of character at least one."""
    made = password(chance)
    assert set(made) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert all(any(test(letter) for letter in made) for test in (str.isupper, str.islower, str.isdigit))
    assert "-" in made
    assert 8 <= len(made) <= 100


@given(st.lists(st.binary(min_size=4, max_size=4), unique=True))
def test_other_bytes_make_another_password(chances: list[bytes]) -> None:
    """Nothing of the randomness is lost."""
    assert len({password(chance) for chance in chances}) == len(chances)
