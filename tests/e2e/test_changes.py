"""Change panoramas over HTTP, take changes back, and read their history."""

import httpx
import pytest

from domain.panoramas.limits import ACTIONS
from entrypoints.sandbox.jira import ConnectSite
from tests.e2e.service import Service
from tests.e2e.wishes import add_issue, add_note, batch

pytestmark = pytest.mark.clouds


async def changed(client: httpx.AsyncClient, panorama: str, *actions: dict[str, object]) -> dict[str, object]:
    """Carry out a batch that has to be accepted, and return the answer."""
    answer = await client.post(f"/api/panoramas/{panorama}/changes", json=batch(*actions))
    assert answer.status_code == 200
    document: dict[str, object] = answer.json()
    return document


async def test_a_change_is_answered_with_facts_and_new_ids(ann: httpx.AsyncClient, panorama: str) -> None:
    """The answer names the version, what happened, and the ids of the nodes that the batch made."""
    answer = await ann.post(f"/api/panoramas/{panorama}/changes", json=batch(add_issue(7, -1), add_note("n", -1)))
    document = answer.json()
    assert (answer.status_code, answer.headers["etag"], document["version"]) == (200, '"1.2"', "1.2")
    assert [fact["fact"] for fact in document["facts"]] == ["added", "added"]
    assert document["facts"][1]["parent"] == document["made"]["-1"] == document["facts"][0]["node"]
    assert "fingerprint" not in document


async def test_a_batch_is_accepted_or_refused_as_a_whole(ann: httpx.AsyncClient, panorama: str) -> None:
    """One impossible action among possible ones leaves everything as it was."""
    missing = {"action": "remove", "node": "0" * 24}
    answer = await ann.post(f"/api/panoramas/{panorama}/changes", json=batch(add_issue(1), missing))
    assert (answer.status_code, answer.json()["type"], answer.json()["node"]) == (422, "/schema#node-missing", "0" * 24)
    assert (await ann.get(f"/api/panoramas/{panorama}")).json()["version"] == "1.1"


async def test_a_strict_change_needs_the_newest_version(ann: httpx.AsyncClient, panorama: str) -> None:
    """If-Match with the newest version is accepted; with an older one it is refused, and told what changed since."""
    path = f"/api/panoramas/{panorama}/changes"
    accepted = await ann.post(path, json=batch(add_issue(1)), headers={"If-Match": '"1.1"'})
    assert accepted.status_code == 200
    refused = await ann.post(path, json=batch(add_issue(2)), headers={"If-Match": '"1.1"'})
    assert (refused.status_code, refused.json()["type"], refused.json()["newest"]) == (
        409,
        "/schema#version-moved",
        "1.2",
    )
    assert refused.json()["changes"] == [accepted.json()]


async def test_any_version_will_do_for_a_star(ann: httpx.AsyncClient, panorama: str) -> None:
    """`If-Match: *` asks only that there is a panorama."""
    path = f"/api/panoramas/{panorama}/changes"
    assert (await ann.post(path, json=batch(add_issue(1)), headers={"If-Match": "*"})).status_code == 200


async def test_a_strict_change_from_a_passed_epoch_asks_to_reload(ann: httpx.AsyncClient, panorama: str) -> None:
    """What a version of another epoch was, nobody can tell."""
    path = f"/api/panoramas/{panorama}/changes"
    answer = await ann.post(path, json=batch(add_issue(1)), headers={"If-Match": '"0.1"'})
    assert (answer.status_code, answer.json()["type"]) == (409, "/schema#reload")


MATCHING = [
    ['"1.1"'],
    ['W/"1.1"'],
    ['"1.1-gzip"'],
    ['W/"1.1-gzip"'],
    ['  "1.1"\t'],
    ['"0.9", W/"1.0" ,, "1.1"'],
    ['"0.9"', 'W/"1.1"', '"other"'],
    ["*"],
    [" * "],
]


@pytest.mark.parametrize("lines", MATCHING)
async def test_a_condition_is_any_list_of_tags(ann: httpx.AsyncClient, panorama: str, lines: list[str]) -> None:
    """Weak tags, of any encoding, with blanks, as a list, in several lines: the newest version is among them."""
    path = f"/api/panoramas/{panorama}/changes"
    answer = await ann.post(path, json=batch(add_issue(1)), headers=[("If-Match", line) for line in lines])
    assert answer.status_code == 200
    if lines[0].strip() != "*":
        late = await ann.post(path, json=batch(add_issue(2)), headers=[("If-Match", line) for line in lines])
        assert (late.status_code, late.json()["type"]) == (409, "/schema#version-moved")


async def test_tags_of_none_of_ours_ask_to_reload(ann: httpx.AsyncClient, panorama: str) -> None:
    """A well-formed tag that no version ever had does not match, and is not passed over."""
    path = f"/api/panoramas/{panorama}/undo"
    answer = await ann.post(path, headers={"If-Match": '"one", "two"'})
    assert (answer.status_code, answer.json()["type"]) == (409, "/schema#reload")


@pytest.mark.parametrize("tag", ["1.1", '"1.1', '"1.1" "1.2"', "W/1.1", 'w/"1.1"', '*, "1.1"', ",", ""])
async def test_a_condition_that_is_none_is_refused(ann: httpx.AsyncClient, panorama: str, tag: str) -> None:
    """What is no list of entity tags is no condition that could be kept."""
    path = f"/api/panoramas/{panorama}/changes"
    answer = await ann.post(path, json=batch(add_issue(1)), headers={"If-Match": tag})
    assert (answer.status_code, answer.json()["type"]) == (400, "/schema#request-invalid")


@pytest.mark.parametrize("key", ["k", "a key with spaces !~", "x" * 255])
async def test_a_repeated_change_is_answered_with_the_first(ann: httpx.AsyncClient, panorama: str, key: str) -> None:
    """The same idempotency key carries a change out once, whatever happened in between."""
    path, headers = f"/api/panoramas/{panorama}/changes", {"Idempotency-Key": key}
    first = await ann.post(path, json=batch(add_issue(1)), headers=headers)
    await changed(ann, panorama, add_issue(2))
    again = await ann.post(path, json=batch(add_issue(1)), headers=headers)
    assert (again.status_code, again.json()) == (200, first.json())
    assert (await ann.get(f"/api/panoramas/{panorama}")).json()["version"] == "1.3"


async def test_a_key_belongs_to_one_request(ann: httpx.AsyncClient, panorama: str) -> None:
    """The same key with another body is refused."""
    path, headers = f"/api/panoramas/{panorama}/changes", {"Idempotency-Key": "k"}
    await ann.post(path, json=batch(add_issue(1)), headers=headers)
    other = await ann.post(path, json=batch(add_issue(2)), headers=headers)
    assert (other.status_code, other.json()["type"]) == (422, "/schema#key-reused")


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\tbed", "h\u00e9".encode("latin-1")])
async def test_a_key_is_short_and_printable(ann: httpx.AsyncClient, panorama: str, key: str | bytes) -> None:
    """An idempotency key has 1 to 255 printable ASCII characters."""
    path = f"/api/panoramas/{panorama}/changes"
    headers = [(b"Idempotency-Key", key if isinstance(key, bytes) else key.encode())]
    answer = await ann.post(path, json=batch(add_issue(1)), headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (400, "/schema#request-invalid")


async def test_own_changes_are_undone_and_done_again(ann: httpx.AsyncClient, panorama: str) -> None:
    """Undo walks back over the caller's own changes, redo forward; both say which version they are about."""
    await changed(ann, panorama, add_issue(1))
    await changed(ann, panorama, add_issue(2))
    path = f"/api/panoramas/{panorama}"
    for step, version in (("undo", "1.3"), ("undo", "1.2")):
        answer = await ann.post(f"{path}/{step}")
        assert (answer.status_code, answer.json()["undoes"]) == (200, version)
    assert (await ann.get(path)).json()["nodes"] == []
    answer = await ann.post(f"{path}/redo")
    assert (answer.status_code, answer.json()["redoes"]) == (200, "1.2")
    assert [row[3] for row in (await ann.get(path)).json()["nodes"]] == [1]


async def test_undo_is_strict_and_repeatable_like_every_change(ann: httpx.AsyncClient, panorama: str) -> None:
    """If-Match and Idempotency-Key mean the same on undo as on changes."""
    await changed(ann, panorama, add_issue(1))
    path = f"/api/panoramas/{panorama}/undo"
    assert (await ann.post(path, headers={"If-Match": '"1.1"'})).status_code == 409
    first = await ann.post(path, headers={"If-Match": '"1.2"', "Idempotency-Key": "u"})
    again = await ann.post(path, headers={"If-Match": '"1.2"', "Idempotency-Key": "u"})
    assert first.status_code == 200
    assert first.json() == again.json()


async def test_nothing_to_undo_is_a_conflict(ann: httpx.AsyncClient, ben: httpx.AsyncClient, panorama: str) -> None:
    """Somebody else's changes are not one's own to take back."""
    await changed(ann, panorama, add_issue(1))
    for step in ("undo", "redo"):
        answer = await ben.post(f"/api/panoramas/{panorama}/{step}")
        assert (answer.status_code, answer.json()["type"]) == (409, "/schema#nothing-to-undo")


async def test_what_somebody_has_built_on_stays(ann: httpx.AsyncClient, ben: httpx.AsyncClient, panorama: str) -> None:
    """A node below which another user has put something cannot be undone; the problem says why."""
    made = await changed(ann, panorama, add_issue(1, -1))
    node = made["made"]["-1"]  # type: ignore[index]  # the answer is JSON, and this member is there
    await changed(ben, panorama, add_note("mine", node))
    answer = await ann.post(f"/api/panoramas/{panorama}/undo")
    assert (answer.status_code, answer.json()["type"]) == (409, "/schema#built-upon")
    assert answer.json()["reason"]


async def test_history_is_read_from_either_end(ann: httpx.AsyncClient, panorama: str) -> None:
    """Pages go forward from the beginning or back from the newest change, each resumed by `after`."""
    for issue in range(1, 5):
        await changed(ann, panorama, add_issue(issue))
    path = f"/api/panoramas/{panorama}/changes"

    async def versions(**query: str | int) -> list[str]:
        return [change["version"] for change in (await ann.get(path, params=query)).json()["changes"]]

    assert await versions() == ["1.1", "1.2", "1.3", "1.4", "1.5"]
    assert await versions(after="1.2", limit=2) == ["1.3", "1.4"]
    assert await versions(order="newest", limit=2) == ["1.5", "1.4"]
    assert await versions(order="newest", after=4, limit=2) == ["1.3", "1.2"]
    assert (await ann.get(path, params={"after": "0.1"})).status_code == 410


async def test_who_may_not_edit_is_refused(ann: httpx.AsyncClient, ben: httpx.AsyncClient, panorama: str) -> None:
    """A viewer reads and is told that changing is for others."""
    await changed(ann, panorama, {"action": "set-access", "access": {"editors": []}})
    answer = await ben.post(f"/api/panoramas/{panorama}/changes", json=batch(add_issue(1)))
    assert (answer.status_code, answer.json()["type"]) == (403, "/schema#access-refused")
    assert (await ben.get(f"/api/panoramas/{panorama}")).status_code == 200


async def test_an_archived_panorama_takes_no_change(ann: httpx.AsyncClient, panorama: str) -> None:
    """Until it is brought back."""
    await changed(ann, panorama, {"action": "archive"})
    answer = await ann.post(f"/api/panoramas/{panorama}/changes", json=batch(add_issue(1)))
    assert (answer.status_code, answer.json()["type"]) == (409, "/schema#panorama-archived")
    await changed(ann, panorama, {"action": "archive", "archived": False})
    await changed(ann, panorama, add_issue(1))


async def test_a_batch_has_a_limit_that_the_problem_names(ann: httpx.AsyncClient, panorama: str) -> None:
    """One action too many is refused, and the number that is allowed is said."""
    actions = [add_issue(number) for number in range(1, ACTIONS + 2)]
    answer = await ann.post(f"/api/panoramas/{panorama}/changes", json=batch(*actions))
    assert (answer.status_code, answer.json()["type"], answer.json()["limit"]) == (
        422,
        "/schema#limit-exceeded",
        ACTIONS,
    )


async def test_an_issue_leads_to_the_panoramas_that_hold_it(
    service: Service, site: ConnectSite, ann: httpx.AsyncClient, panorama: str
) -> None:
    """The issue panel's question is answered with panoramas and nodes; a removed issue is not there any more."""
    made = await changed(ann, panorama, add_issue(7, -1), add_issue(8))
    node = made["made"]["-1"]  # type: ignore[index]  # the answer is JSON, and this member is there
    found = await ann.get("/api/issues/7/panoramas")
    assert found.json() == {"panoramas": [{"id": panorama, "name": "Roadmap", "nodes": [node]}]}
    await changed(ann, panorama, {"action": "remove", "node": node})
    assert (await ann.get("/api/issues/7/panoramas")).json() == {"panoramas": []}
    async with service.client(await service.install()) as stranger:
        assert (await stranger.get("/api/issues/8/panoramas")).json() == {"panoramas": []}
    for impossible in ("0", str(2**63), "-1"):
        assert (await ann.get(f"/api/issues/{impossible}/panoramas")).status_code == 400
