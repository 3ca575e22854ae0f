"""Public keys: where they are asked for, how often, and which of them are believed."""

import asyncio

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from entrypoints.http.tokens import Reason, Refused
from entrypoints.http.tokens.keys import IDLE_LIMIT, KEY_LIFETIME, OUTAGE_LIMIT, SET_PAUSE, ForgeKeys, InstallKeys
from entrypoints.http.tokens.signatures import key_from_pem
from entrypoints.sandbox.keys import SandboxKeys
from tests.fakes.jira import FakeKeySource, sandbox_keys
from tests.fakes.sources import FakeTime

ONE, TWO, SET = "https://one.example", "https://two.example", "https://forge.example/set"


async def refusal(keys: InstallKeys | ForgeKeys, key_id: str) -> Reason:
    """Return why no key is found."""
    with pytest.raises(Refused) as caught:
        await keys.key(key_id)
    return caught.value.reason


class SlowKeySource(FakeKeySource):
    """Answers, or turns out not to, when it is let."""

    def __init__(self, documents: dict[str, bytes]) -> None:
        super().__init__(documents)
        self.may_answer = asyncio.Event()

    async def fetch(self, url: str) -> bytes | None:
        try:
            return await super().fetch(url)
        finally:
            await self.may_answer.wait()


async def rounds() -> None:
    """Let tasks go on that wait for nothing."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_servers_are_asked_in_order() -> None:
    """The first server that has the key counts, also where one before it is out."""
    time, sandbox = FakeTime(), sandbox_keys()
    source = FakeKeySource({f"{TWO}/{sandbox.key_id}": sandbox.pem})
    source.out = (ONE,)
    found = await InstallKeys((ONE, f"{TWO}/"), source, time.monotonic).key(sandbox.key_id)
    assert found.public_numbers() == sandbox.private.public_key().public_numbers()
    assert source.asked == [f"{ONE}/{sandbox.key_id}", f"{TWO}/{sandbox.key_id}"]


async def test_a_key_is_remembered_for_an_hour() -> None:
    """Within the hour nobody is asked again; after it a key that is no longer published is no longer believed."""
    time, sandbox = FakeTime(), sandbox_keys()
    source = FakeKeySource({f"{ONE}/{sandbox.key_id}": sandbox.pem})
    keys = InstallKeys((ONE,), source, time.monotonic)
    await keys.key(sandbox.key_id)
    source.documents.clear()
    time.go_on(seconds=KEY_LIFETIME - 1)
    await keys.key(sandbox.key_id)
    assert len(source.asked) == 1
    time.go_on(seconds=1)
    assert await refusal(keys, sandbox.key_id) is Reason.KEY_UNKNOWN
    await keys.close()


async def test_a_missing_key_is_not_remembered() -> None:
    """A key that is published a moment after it was asked for is found."""
    time, sandbox = FakeTime(), sandbox_keys()
    source = FakeKeySource({})
    keys = InstallKeys((ONE,), source, time.monotonic)
    assert await refusal(keys, sandbox.key_id) is Reason.KEY_UNKNOWN
    source.documents[f"{ONE}/{sandbox.key_id}"] = sandbox.pem
    await keys.key(sandbox.key_id)


async def test_an_id_is_a_path_of_the_server() -> None:
    """An id with an issuer's name in it leads to a document further below; what would leave its place is encoded."""
    time, sandbox = FakeTime(), sandbox_keys()
    source = FakeKeySource({f"{ONE}/issuer/name%3F1": sandbox.pem})
    keys = InstallKeys((ONE,), source, time.monotonic)
    await keys.key("issuer/name?1")
    assert await refusal(keys, "issuer/../name") is Reason.KEY_ID
    assert source.asked == [f"{ONE}/issuer/name%3F1"]


async def test_the_set_is_fetched_once_for_all_its_keys() -> None:
    """A known key costs no fetch for an hour, and unknown ones cost one in ten seconds, however many they are."""
    time, sandbox = FakeTime(), sandbox_keys()
    source = FakeKeySource({SET: sandbox.key_set})
    keys = ForgeKeys(SET, source, time.monotonic)
    for each in sandbox.forge_keys:
        assert (await keys.key(each.id)).public_numbers() == each.private.public_key().public_numbers()
    for number in range(5):
        assert await refusal(keys, f"unknown-{number}") is Reason.KEY_UNKNOWN
    assert len(source.asked) == 1
    time.go_on(seconds=SET_PAUSE)
    assert await refusal(keys, "unknown") is Reason.KEY_UNKNOWN
    assert len(source.asked) == 2
    time.go_on(seconds=KEY_LIFETIME)
    await keys.key(sandbox.forge_key.id)
    await rounds()
    assert len(source.asked) == 3


async def test_a_new_key_of_the_set_is_found() -> None:
    """When the signer turns to a key that was not there at the last fetch, it is fetched; the old one is dropped."""
    time, sandbox = FakeTime(), SandboxKeys()
    old, following = sandbox.forge_keys
    source = FakeKeySource({SET: sandbox.key_set})
    keys = ForgeKeys(SET, source, time.monotonic)
    await keys.key(old.id)
    sandbox.rotate()
    await keys.key(following.id)
    assert sandbox.forge_key == following, "the key that signs now was published before"
    sandbox.rotate()
    source.documents[SET] = sandbox.key_set
    time.go_on(seconds=SET_PAUSE)
    await keys.key(sandbox.forge_key.id)
    assert await refusal(keys, old.id) is Reason.KEY_UNKNOWN


async def test_a_known_key_does_not_wait_for_the_set() -> None:
    """A server that is slow is asked beside the calls, once; and what it says in the end counts."""
    time, sandbox = FakeTime(), SandboxKeys()
    key_id = sandbox.forge_keys[0].id
    source = SlowKeySource({SET: sandbox.key_set})
    source.may_answer.set()
    keys = ForgeKeys(SET, source, time.monotonic)
    await keys.key(key_id)
    source.may_answer.clear()
    sandbox.rotate()
    sandbox.rotate()
    source.documents[SET] = sandbox.key_set
    time.go_on(seconds=KEY_LIFETIME)
    calls = [asyncio.create_task(keys.key(key_id)) for _ in range(3)]
    await rounds()
    assert [call.done() for call in calls] == [True] * 3
    assert len(source.asked) == 2
    source.may_answer.set()
    await rounds()
    assert await refusal(keys, key_id) is Reason.KEY_UNKNOWN
    await keys.close()


async def test_a_server_that_is_out_delays_no_call_of_a_day() -> None:
    """It is asked once in ten seconds, beside the calls."""
    time, sandbox = FakeTime(), sandbox_keys()
    source = SlowKeySource({SET: sandbox.key_set})
    source.may_answer.set()
    keys = ForgeKeys(SET, source, time.monotonic)
    await keys.key(sandbox.forge_key.id)
    source.out = (SET,)
    for asked in range(1, int(OUTAGE_LIMIT / KEY_LIFETIME)):
        time.go_on(seconds=KEY_LIFETIME)
        source.may_answer.clear()
        call = asyncio.create_task(keys.key(sandbox.forge_key.id))
        await rounds()
        assert call.done()
        source.may_answer.set()
        await rounds()
        assert len(source.asked) == 1 + asked
    time.go_on(seconds=KEY_LIFETIME)
    assert await refusal(keys, sandbox.forge_key.id) is Reason.KEY_SERVER


async def test_a_key_that_was_withdrawn_long_ago_is_not_believed() -> None:
    """Where no call came for hours even a known key waits for the set, and its absence counts."""
    time, sandbox = FakeTime(), SandboxKeys()
    key_id = sandbox.forge_keys[0].id
    source = FakeKeySource({SET: sandbox.key_set})
    keys = ForgeKeys(SET, source, time.monotonic)
    await keys.key(key_id)
    sandbox.rotate()
    sandbox.rotate()
    source.documents[SET] = sandbox.key_set
    time.go_on(seconds=IDLE_LIMIT)
    assert await refusal(keys, key_id) is Reason.KEY_UNKNOWN


async def test_an_unknown_key_of_a_set_that_cannot_be_fetched_may_be_good() -> None:
    """Atlassian may sign with a key of a set that is newer than the one that is known."""
    time, sandbox = FakeTime(), sandbox_keys()
    source = FakeKeySource({SET: sandbox.key_set})
    keys = ForgeKeys(SET, source, time.monotonic)
    assert await refusal(keys, "unknown") is Reason.KEY_UNKNOWN
    source.out = (SET,)
    time.go_on(seconds=SET_PAUSE)
    assert await refusal(keys, "unknown") is Reason.KEY_SERVER
    source.out = ()
    time.go_on(seconds=SET_PAUSE)
    assert await refusal(keys, "unknown") is Reason.KEY_UNKNOWN


@pytest.mark.parametrize("broken", [None, b"[]", b"{", b'{"keys": []}', b"\xff", b"[" * 100_000])
async def test_keys_of_the_set_stay_good_for_a_day_without_it(broken: bytes | None) -> None:
    """While the set cannot be fetched, or is none, the keys known are believed for a day and then no more."""
    time, sandbox = FakeTime(), sandbox_keys()
    source = FakeKeySource({SET: sandbox.key_set})
    keys = ForgeKeys(SET, source, time.monotonic)
    await keys.key(sandbox.forge_key.id)
    if broken is None:
        source.out = (SET,)
    else:
        source.documents[SET] = broken
    time.go_on(seconds=OUTAGE_LIMIT - 1)
    await keys.key(sandbox.forge_key.id)
    time.go_on(seconds=1)
    assert await refusal(keys, sandbox.forge_key.id) is Reason.KEY_SERVER
    await keys.close()


def test_only_strong_rsa_keys_are_believed() -> None:
    """A short RSA key or one of another type is as good as none."""
    short = generate_private_key(65537, 1024).public_key()  # noqa: S505 - the point is that it is too short
    other = Ed25519PrivateKey.generate().public_key()
    for key in (short, other):
        with pytest.raises(Refused):
            key_from_pem(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
