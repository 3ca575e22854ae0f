"""What cannot be had yet is made later, and who is silent is not waited for."""

import asyncio

import msgspec
import pytest

from domain.ids import SYSTEM
from domain.keys import DATA_KEY, Generation, retire
from ports.errors import NotFound, Unavailable
from ports.storage import Record, Ref
from tests.patience import patience
from tests.unit.application.keys.scenes import TENANT, Mute, Scene, Waits


async def test_the_service_s_own_key_is_made_when_it_is_first_asked_for() -> None:
    """By whichever process needs it first; where it cannot be made yet, asking again makes it."""
    scene = Scene()
    scene.west.failure = Unavailable("out")
    with pytest.raises(Unavailable):
        await scene.vault.active(SYSTEM)
    assert scene.storage.records == {}
    scene.west.failure = None
    key = await scene.vault.active(SYSTEM)
    assert await scene.process("second").active(SYSTEM) == key
    assert await scene.vault.missing_wraps() == []


async def test_the_service_s_own_key_is_not_made_anew_where_it_is_not_active() -> None:
    """Whatever became of it, another first key would not open what it has sealed."""
    scene = Scene()
    first = Ref(SYSTEM, DATA_KEY, "000001")
    await scene.vault.create(SYSTEM)
    stored = msgspec.msgpack.decode(scene.storage.records[first].body or b"", type=Generation)
    body = msgspec.msgpack.encode(retire(stored, scene.time.now))
    await scene.storage.put(Record(first, 2, body, scene.time.now))
    with pytest.raises(NotFound):
        await scene.vault.active(SYSTEM)


async def test_processes_that_need_the_service_s_own_key_at_once_make_one() -> None:
    """The losers of the race find the winner's."""
    scene = Scene()
    vaults = [scene.process(f"process {number}", Waits(scene.storage)) for number in range(4)]
    keys = await asyncio.gather(*(vault.active(SYSTEM) for vault in vaults))
    assert keys == [keys[0]] * 4


async def test_a_key_manager_that_is_silent_is_not_waited_for() -> None:
    """The next one is asked as well, for a key and for whether the vault is well; the silent one is given up."""
    scene = Scene()
    await scene.vault.create(TENANT)
    key = await scene.vault.active(TENANT)
    silent = Mute("east")
    async with asyncio.timeout(patience(10)):
        reader = scene.process("reader", managers=[silent, scene.west])
        assert await reader.active(TENANT) == key
        await reader.check()
    assert silent.given_up == 2
