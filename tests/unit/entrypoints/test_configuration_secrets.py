"""Values that refer to the site's secrets are followed, and what they lead to is checked."""

from pathlib import Path

import pytest

from entrypoints.configuration_file import Settings, embedded
from entrypoints.configuration_problems import ConfigurationError
from entrypoints.configuration_secrets import refers_to_secrets, with_secrets
from ports.errors import Unavailable
from tests.fakes.secrets import MemorySecretStore
from tests.fakes.sources import FakeTime


@pytest.fixture
def store() -> MemorySecretStore:
    """Make an empty store of secrets."""
    return MemorySecretStore(FakeTime().clock)


def settings_with(**changes: str) -> Settings:
    """Return the embedded default with other values for some keys of its site."""
    environ = {f"PANORAMA_SITES__LOCAL__{key.upper()}": value for key, value in changes.items()}
    return embedded({"PANORAMA_DATA": "data", **environ})


async def test_every_reference_is_followed(store: MemorySecretStore) -> None:
    """Of storage, vault, key managers, blob stores and the recovery key; all else stays as it is."""
    for name in ("storage", "vault"):
        await store.put(name, f"sqlite:{name}-kept\n".encode())
    await store.put("keys", b"file:kept")
    await store.put("blobs", b"dir:kept")
    await store.put("pem", b"PEM")
    settings = settings_with(
        storage="secret:storage", vault="secret:vault", keys="file:k,secret:keys", blobs="secret:blobs,dir:b",
        recovery_key="secret:pem",
    )  # fmt: skip
    assert refers_to_secrets(settings)
    assert settings.recovery_key is None
    followed = await with_secrets(settings, store)
    assert [address.url for address in followed.addresses] == [
        "sqlite:storage-kept", "sqlite:vault-kept", "file:k", "file:kept", "dir:kept", "dir:b",
        "file:secrets?keyring=keyring", "dir:control",
    ]  # fmt: skip
    assert followed.recovery_key == "PEM"
    assert followed.storage.path == Path("data/storage-kept")
    assert not refers_to_secrets(followed)


async def test_the_newest_version_counts(store: MemorySecretStore) -> None:
    """Whoever opens the site next follows the change."""
    for name in (b"sqlite:old", b"sqlite:new"):
        await store.put("storage", name)
    assert (await with_secrets(settings_with(storage="secret:storage"), store)).storage.location == "new"


async def test_without_references_nothing_is_asked_for() -> None:
    """The embedded default refers to nothing."""
    assert not refers_to_secrets(settings_with())


@pytest.mark.parametrize(
    ("value", "phrase"),
    [
        (b"nowhere-hunter2", "is not an address"),
        (b"\xff\xfe", "refers to a secret that is not there, or that is no text"),
        (None, "refers to a secret that is not there, or that is no text"),
        (b"secret:other", "refers to a secret that refers to a secret"),
        (b"hunter2:x", "has a scheme for which there is no adapter"),
    ],
)
async def test_what_a_secret_holds_is_checked(store: MemorySecretStore, value: bytes | None, phrase: str) -> None:
    """The message names the key, not the secret and no value."""
    if value is not None:
        await store.put("storage-name", value)
    with pytest.raises(ConfigurationError, match=phrase) as caught:
        await with_secrets(settings_with(storage="secret:storage-name"), store)
    assert [problem.key for problem in caught.value.problems] == ["sites.local.storage"]
    assert "storage-name" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


async def test_a_name_that_no_secret_has_is_refused(store: MemorySecretStore) -> None:
    """Before the provider is asked."""
    with pytest.raises(ConfigurationError, match=r"sites\.local\.vault"):
        await with_secrets(settings_with(vault="secret:a/b"), store)


async def test_a_store_that_is_out_is_told_with_the_key(store: MemorySecretStore) -> None:
    """It is not the configuration's fault."""
    store.failure = Unavailable("no answer")
    with pytest.raises(Unavailable) as caught:
        await with_secrets(settings_with(keys="secret:keys"), store)
    assert caught.value.__notes__ == ["sites.local.keys"]
