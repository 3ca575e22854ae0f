"""An address that is kept as a secret is read version by version."""

import pytest

from application.credentials.kept import Kept, KeptAddress
from ports.errors import Corrupt, NotFound
from ports.secrets import Secret
from tests.fakes.secrets import MemorySecretStore
from tests.fakes.sources import FakeTime

NAME = "storage"


@pytest.fixture
def secrets() -> MemorySecretStore:
    """An empty store of secrets."""
    return MemorySecretStore(FakeTime().clock)


async def test_the_newest_version_and_the_one_before_are_read(secrets: MemorySecretStore) -> None:
    """Without the white space around them, as most programs write it."""
    for value in (b"one", b"two", b" three\n"):
        await secrets.put(NAME, value)
    kept = KeptAddress(secrets, NAME)
    assert await kept.newest() == Kept("3", "three")
    assert await kept.before("3") == Kept("2", "two")


async def test_there_may_be_none_before(secrets: MemorySecretStore) -> None:
    """Not where there is one version alone, nor where the one before has been destroyed."""
    kept = KeptAddress(secrets, NAME)
    await secrets.put(NAME, b"one")
    assert await kept.before("1") is None
    await secrets.put(NAME, b"two")
    await secrets.destroy(NAME, "1")
    assert await kept.before("2") is None


async def test_a_version_that_is_not_the_newest_any_more_has_none_before(secrets: MemorySecretStore) -> None:
    """What was put in the meantime is newer, and no way back."""
    for value in (b"one", b"two"):
        await secrets.put(NAME, value)
    assert await KeptAddress(secrets, NAME).before("1") is None


async def test_one_that_is_destroyed_meanwhile_is_not_there() -> None:
    """Between the list and the reading somebody else may have destroyed it."""

    class Racing(MemorySecretStore):
        async def get(self, name: str, version: str | None = None) -> Secret:
            if version is not None:
                await self.destroy(name, version)
            return await super().get(name, version)

    secrets = Racing(FakeTime().clock)
    for value in (b"one", b"two"):
        await secrets.put(NAME, value)
    assert await KeptAddress(secrets, NAME).before("2") is None


async def test_the_history_holds_what_can_be_read(secrets: MemorySecretStore) -> None:
    """The newest first; there is none where nothing can be read."""
    for value in (b"one", b"two", b"three"):
        await secrets.put(NAME, value)
    await secrets.destroy(NAME, "2")
    history = await KeptAddress(secrets, NAME).history()
    assert history.versions == (Kept("3", "three"), Kept("1", "one"))
    assert (history.newest, history.before) == history.versions
    assert len(history.put) == 2
    secrets.safe.secrets[NAME].clear()
    with pytest.raises(NotFound):
        await KeptAddress(secrets, NAME).history()


async def test_what_is_no_text_is_no_address(secrets: MemorySecretStore) -> None:
    """The error holds no piece of the secret, and neither does what it came from."""
    await secrets.put(NAME, b"\xffhunter2")
    with pytest.raises(Corrupt) as caught:
        await KeptAddress(secrets, NAME).newest()
    assert caught.value.__cause__ is None
    assert "hunter2" not in str(caught.value)


async def test_a_missing_secret_is_told(secrets: MemorySecretStore) -> None:
    """As the store tells it."""
    with pytest.raises(NotFound):
        await KeptAddress(secrets, NAME).newest()


def test_no_representation_shows_the_address() -> None:
    """Neither a log nor a traceback can hold it."""
    assert "hunter2" not in repr(Kept("1", "mongodb://user:hunter2@db/panorama"))
