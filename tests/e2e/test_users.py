"""Which id stands for which colleague, so that access can be given."""

import httpx
import pytest

from tests.e2e.wishes import batch


async def test_access_is_given_to_a_colleague_by_account(
    ann: httpx.AsyncClient, ben: httpx.AsyncClient, panorama: str
) -> None:
    """Ann asks who Ben is and lets nobody but him edit: he may, and his changes carry that id."""
    answer = await ann.post("/api/users", json={"accounts": ["ben"]})
    (user,) = answer.json()["users"]
    assert user["account"] == "ben"
    access = {"action": "set-access", "access": {"viewers": [], "editors": [user["id"]]}}
    changes = f"/api/panoramas/{panorama}/changes"
    assert (await ann.post(changes, json=batch(access))).is_success
    by_ben = await ben.post(changes, json=batch({"action": "rename", "name": "By Ben"}))
    assert by_ben.is_success
    assert by_ben.json()["author"] == user["id"]


async def test_the_answer_has_the_order_of_the_question(ann: httpx.AsyncClient) -> None:
    """Each account is answered once for each time that it was named, and always with the same id."""
    accounts = ["one", "two", "one"]
    users = (await ann.post("/api/users", json={"accounts": accounts})).json()["users"]
    assert [user["account"] for user in users] == accounts
    assert users[0] == users[2] != users[1]


@pytest.mark.parametrize("accounts", [[], ["x"] * 101, [""], ["a b"], ["x" * 129], ["\N{ROCKET}"], [7]])
async def test_what_can_be_no_account_is_refused(ann: httpx.AsyncClient, accounts: list[object]) -> None:
    """Empty, too many, too long, or not printable: a problem, and nothing is remembered."""
    assert (await ann.post("/api/users", json={"accounts": accounts})).status_code == 400
