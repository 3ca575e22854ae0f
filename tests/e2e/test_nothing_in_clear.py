"""What a customer typed, who they are and what they sign with is nowhere to be found, whatever they did."""

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from entrypoints.sandbox.jira import ConnectSite
from tests.e2e.wishes import add_issue, add_note, batch
from tests.processes import Machine, Process, machine, tell

SECRET = "canary-secret-4f1d7a9e3b5c4d6f8a0b2c4d6e8f0a1b"
HOST = "canary-host-7711"
ACCOUNT = "canary:account-9922"
OTHER_ACCOUNT = "canary:account-5566"
NAME = "canary name \N{GREEK SMALL LETTER OMEGA} 3344"
SECOND_NAME = "canary second name 4455"
TITLE = "canary title \N{HEBREW LETTER ALEF} 6677"
WRONG = "canary-wrong-input-8899"
KEY = "canary-key-1213"
ISSUE = 7_312_846_501_937
IMPORTED = 7_312_846_501_938
FILE = {"Content-Type": "application/json"}
PLAIN = (SECRET, HOST, ACCOUNT, OTHER_ACCOUNT, NAME, SECOND_NAME, TITLE, WRONG, KEY)

DOCUMENTS = f"""
{{ "_id" : "jira:SITE", "publicKey" : "{WRONG}", "sharedSecret" : "{SECRET}", "baseUrl" : "https://{HOST}.atlassian.net",
   "productType" : "jira", "description" : "{WRONG}", "addonInstalled" : true }}
{{ "_id" : ObjectId("5b582ca5835e130004433401"), "panoramaId" : "5b582c98835e130004433339",
   "parentId" : "5b582c99835e13000443333a", "created" : ISODate("2018-07-25T07:54:13.338Z"),
   "updated" : ISODate("2018-07-25T07:54:13.338Z"), "type" : "ISSUE", "issueId" : NumberLong({IMPORTED}),
   "tenantId" : "jira:SITE", "state" : "ACTIVE", "childrenOrder" : [ ],
   "creator" : {{ "$ref" : "jiraUser", "$id" : ObjectId("5b3640f8f4a17f0004143c40") }} }}
"""


def forms(text: str) -> Iterator[bytes]:
    """Yield how a text may show: as it is, with JSON escapes, and inside base64 at any of the three offsets."""
    raw = text.encode()
    yield raw
    yield text.encode("ascii", "backslashreplace")
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + raw)
        inner = encoded[4 if offset else 0 : -4]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))


def canaries(tokens: set[str]) -> dict[str, list[bytes]]:
    """Return every canary with all of its forms."""
    numbers = {
        str(number): [str(number).encode(), number.to_bytes(8), number.to_bytes(8, "little")]
        for number in (ISSUE, IMPORTED)
    }
    parts = {part for token in tokens for part in token.split()[1].split(".")[1:]}
    return {**{text: list(forms(text)) for text in PLAIN}, **numbers, **{part: [part.encode()] for part in parts}}


def found(content: bytes, wanted: dict[str, list[bytes]]) -> list[str]:
    """Return the canaries that show in the content."""
    return [name for name, shapes in wanted.items() if any(shape in content for shape in shapes)]


class Story:
    """A customer's day, with all that was answered with an error."""

    def __init__(self, computer: Machine, process: Process) -> None:
        self.computer = computer
        self.process = process
        self.site = ConnectSite(client_key="site", shared_secret=SECRET, base_url=f"https://{HOST}.atlassian.net")
        self.tokens: set[str] = set()
        self.errors: list[bytes] = []

    async def call(self, method: str, path: str, account: str = ACCOUNT, **sent: Any) -> httpx.Response:
        """Make a request; keep what is answered if it is an error."""
        token = self.computer.jira.context_token(self.site, account)
        self.tokens.add(token)
        headers = {"Authorization": token, **sent.pop("headers", {})}
        async with httpx.AsyncClient(base_url=self.process.url) as client:
            answer = await client.request(method, path, headers=headers, **sent)
        if answer.is_error:
            self.errors.append(answer.content + str(answer.headers).encode())
        return answer

    async def tell(self) -> None:
        """Install, shape panoramas with two users, import, undo, and do many things wrong."""
        installed = self.computer.jira.installed(self.site)
        self.tokens.add(installed.authorization)
        assert tell(self.process, installed).is_success
        begun = await self.call("POST", "/api/panoramas", json={"name": NAME}, headers={"Idempotency-Key": KEY})
        panorama = f"/api/panoramas/{begun.json()['id']}"
        edit = batch(add_issue(ISSUE, -1), add_note(TITLE, -1), {"action": "rename", "name": SECOND_NAME})
        assert (await self.call("POST", f"{panorama}/changes", json=edit)).is_success
        note = batch(add_note(TITLE))
        assert (await self.call("POST", f"{panorama}/changes", OTHER_ACCOUNT, json=note)).is_success
        assert (await self.call("POST", f"{panorama}/undo", OTHER_ACCOUNT)).is_success
        documents = DOCUMENTS.replace("SITE", self.site.client_key).encode()
        assert (await self.call("POST", "/api/panoramas/imports", content=documents, headers=FILE)).is_success
        for path in ("", "/changes", "/export?format=json", "/export?format=csv", "/export?format=reference"):
            assert (await self.call("GET", f"{panorama}{path}")).is_success
        assert (await self.call("GET", f"/api/issues/{ISSUE}/panoramas")).is_success
        await self.err(panorama)

    async def err(self, panorama: str) -> None:
        """Do everything wrong that comes to mind."""
        changes = f"{panorama}/changes"
        for body in (
            {"actions": [{"action": WRONG}]},
            {"actions": [{"action": "rename", "name": WRONG, WRONG: WRONG}]},
            {"actions": [{"action": "rename", "name": f"{WRONG}\0"}]},
            {"actions": [{"action": "remove", "node": WRONG}]},
            {"actions": [{"action": "add", "kind": WRONG, "title": WRONG}]},
            {"actions": WRONG},
            batch(add_note(WRONG * 20)),
        ):
            assert (await self.call("POST", changes, json=body)).is_client_error
        for content in (f'{{"{WRONG}', f'{{"_id": "{WRONG}"}}', f'{{"format": "panorama/1", "{WRONG}": 1}}'):
            assert (await self.call("POST", "/api/panoramas/imports", content=content, headers=FILE)).is_client_error
        for path in (
            f"/api/{WRONG}",
            f"/api/panoramas/{WRONG}",
            f"{panorama}?at={WRONG}",
            f"/api/issues/{WRONG}/panoramas",
        ):
            assert (await self.call("GET", path)).is_client_error
        unsigned = {"Authorization": f"JWT {WRONG}.{WRONG}.{WRONG}"}
        assert (await self.call("GET", panorama, headers=unsigned)).status_code == httpx.codes.UNAUTHORIZED
        assert (await self.call("GET", panorama, headers={"If-None-Match": WRONG})).status_code < 500


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[Machine]:
    """Yield a machine with an empty data directory."""
    with machine(tmp_path) as made:
        yield made


def test_no_canary_is_found_anywhere(computer: Machine, tmp_path: Path) -> None:
    """Database, write-ahead log, vault, keys, blobs, service log, metrics and errors hold none of the canaries."""
    process = computer.start()
    story = Story(computer, process)
    asyncio.run(story.tell())
    wanted = canaries(story.tokens)
    metrics = httpx.get(f"{process.url}/metrics").raise_for_status().content
    places = {"metrics": metrics, "errors": b"\n".join(story.errors), "log": computer.log.read_bytes()}
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name.endswith("-wal") for path in files), "the write-ahead log is among what is searched"
    places |= {path.name: path.read_bytes() for path in files}
    assert {name: found(content, wanted) for name, content in places.items() if found(content, wanted)} == {}
    assert process.stop() == 0
    rest = {path.name: found(path.read_bytes(), wanted) for path in tmp_path.rglob("*") if path.is_file()}
    assert not any(rest.values()), rest


def test_no_canary_is_in_a_path_name(computer: Machine, tmp_path: Path) -> None:
    """The names of files and directories tell nothing either."""
    story = Story(computer, computer.start())
    asyncio.run(story.tell())
    names = "\n".join(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
    assert found(names.encode(), canaries(story.tokens)) == []


@pytest.mark.parametrize("text", [NAME, TITLE, SECRET])
def test_the_search_finds_what_is_there(text: str) -> None:
    """Raw, escaped or in base64 at any offset, a canary would be found."""
    wanted = {text: list(forms(text))}
    for content in (text.encode(), text.encode("ascii", "backslashreplace")):
        assert found(b"..." + content + b"...", wanted)
    for offset in range(6):
        assert found(base64.b64encode(b"x" * offset + text.encode() + b"yyyy"), wanted)
        assert found(base64.urlsafe_b64encode(b"x" * offset + text.encode() + b"yyyy"), wanted)
