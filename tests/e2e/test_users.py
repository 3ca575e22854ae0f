"""Which id stands for which colleague, so that access can be given."""

import httpx
import pytest

from entrypoints.sandbox.jira import ConnectSite
from tests.e2e.service import Service
from tests.e2e.wishes import batch

pytestmark = pytest.mark.clouds


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


@pytest.mark.parametrize(
    "accounts", [[], ["x"] * 101, [""], ["a b"], ["x" * 129], ["\N{ROCKET}"], ["ann\n"], ["ann\r\n"], [7]]
)
async def test_what_can_be_no_account_is_refused(ann: httpx.AsyncClient, accounts: list[object]) -> None:
    """Empty, too many, too long, or not printable: a problem, and nothing is remembered."""
    assert (await ann.post("/api/users", json={"accounts": accounts})).status_code == 400


async def test_who_did_what_is_told_by_account(ann: httpx.AsyncClient, panorama: str) -> None:
    """The author of a change is an id; the ids of users lead to their accounts, in the order of the question."""
    changes = (await ann.get(f"/api/panoramas/{panorama}/changes")).json()["changes"]
    (ben,) = (await ann.post("/api/users", json={"accounts": ["ben"]})).json()["users"]
    answer = await ann.get("/api/users", params={"ids": f"{ben['id']},{changes[0]['author']},{'0' * 24}"})
    assert answer.json() == {
        "users": [ben, {"account": "ann", "id": changes[0]["author"]}, {"account": None, "id": "0" * 24}]
    }


async def test_a_departed_user_is_nobody_any_more(
    service: Service, site: ConnectSite, ann: httpx.AsyncClient, ben: httpx.AsyncClient, panorama: str
) -> None:
    """When Ben's account is closed his changes are still told as his, and nobody is told who he was."""
    renamed = await ben.post(f"/api/panoramas/{panorama}/changes", json=batch({"action": "rename", "name": "By Ben"}))
    author = renamed.json()["author"]
    view = await service.services.tenants.by_alias(f"jira:{site.client_key}")
    assert view is not None
    await service.services.users.depart(view.tenant.id, author)
    assert (await ann.get("/api/users", params={"ids": author})).json()["users"] == [{"account": None, "id": author}]
    newest = (await ann.get(f"/api/panoramas/{panorama}/changes")).json()["changes"][-1]
    assert newest["author"] == author


@pytest.mark.parametrize("ids", ["", "ann", "0" * 23, f"{'0' * 24},", ",".join(["0" * 24] * 101)])
async def test_what_can_be_no_id_is_refused(ann: httpx.AsyncClient, ids: str) -> None:
    """None, too many, or not of the form of an id: a problem."""
    assert (await ann.get("/api/users", params={"ids": ids})).status_code == 400


async def test_a_site_is_told_of_its_own_users_only(service: Service, ann: httpx.AsyncClient) -> None:
    """An id of one site leads to nobody at another."""
    (ben,) = (await ann.post("/api/users", json={"accounts": ["ben"]})).json()["users"]
    async with service.client(await service.install(), "ann") as stranger:
        answer = await stranger.get("/api/users", params={"ids": ben["id"]})
    assert answer.json()["users"] == [{"account": None, "id": ben["id"]}]
