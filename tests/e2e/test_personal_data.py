"""Where account ids are kept: in user records, and nowhere else."""

import json
from collections.abc import AsyncIterator

import msgspec

from application.users import USER
from domain.ids import SYSTEM
from entrypoints.sandbox.jira import ConnectSite
from entrypoints.sandbox.keys import SandboxKeys
from ports.storage import Record
from tests.e2e.service import Service, running
from tests.e2e.wishes import add_issue, add_note, batch
from tests.fakes.house import House
from tests.fakes.storage import MemoryStorage

ANN = "712020:canary-ann"
BEN = "712020:canary-ben"
CAROL = "712020:canary-carol"


async def test_an_account_id_is_in_user_records_alone(keys: SandboxKeys) -> None:
    """Whatever Ann, Ben and Carol do, by Connect and by Forge: of all records that are opened only users name them."""
    storage = MemoryStorage()
    async with running(House(storage), keys) as service:
        site = await service.install()
        await connect_story(service, site)
        await forge_story(service)
        named = [record async for record in opened_with(service, storage, b"canary-")]
    assert {record.ref.kind for record in named} == {USER}
    assert len(named) == 3
    assert not [ref for ref in storage.records if "canary" in "".join(ref)]
    assert {ref.kind for ref in storage.records} >= {"change", "panorama", "snapshot", "jti", "tenant", "place"}


def key(name: str) -> dict[str, str]:
    """Return the header that makes a request one that can be repeated."""
    return {"Idempotency-Key": name}


async def connect_story(service: Service, site: ConnectSite) -> None:
    """Have Ann and Ben shape a panorama, with access by account, keys for repeats, undo, a copy, and an import."""
    async with service.client(site, ANN) as ann, service.client(site, BEN) as ben:
        (user,) = (await ann.post("/api/users", json={"accounts": [BEN]})).json()["users"]
        panorama = (await ann.post("/api/panoramas", json={"name": "P"}, headers=key("begin"))).json()["id"]
        path = f"/api/panoramas/{panorama}"
        access = {"action": "set-access", "access": {"viewers": [], "editors": [user["id"]]}}
        wishes = (batch(access), batch(*[add_note("n") for _ in range(250)]), batch(add_issue(7)))
        for number, wish in enumerate(wishes):
            assert (await ann.post(f"{path}/changes", json=wish, headers=key(f"change {number}"))).is_success
            assert (await ben.post(f"{path}/changes", json=batch(add_issue(8)))).is_success
        assert (await ben.post(f"{path}/undo", headers=key("undo"))).is_success
        assert (await ann.post(f"{path}/copies", json={"at": 2, "name": "C"}, headers=key("copy"))).is_success
        exported = json.dumps((await ann.get(f"{path}/export")).json())
        form = {"Content-Type": "application/json"}
        assert (await ann.post("/api/panoramas/imports", content=exported, headers=form)).is_success
    await service.house.panoramas.close()


async def forge_story(service: Service) -> None:
    """Have Carol begin a panorama through Forge, whose token names her."""
    forge_site = await service.install_through_forge()
    headers = service.jira.forge.page_headers(forge_site, CAROL)
    async with service.client() as client:
        assert (await client.post("/api/panoramas", json={"name": "F"}, headers=headers)).is_success


async def opened_with(service: Service, storage: MemoryStorage, text: bytes) -> AsyncIterator[Record]:
    """Yield every record whose content holds the text."""
    for record in storage.records.values():
        if record.body:
            held = await service.house.records.open(record, msgspec.Raw)
            if text in bytes(held.value):
                yield record
    assert [record for record in storage.records.values() if record.ref.tenant == SYSTEM]
