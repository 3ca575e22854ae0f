"""The composition root opens everything, closes everything, and says which part would not open."""

import asyncio
import threading
from collections.abc import Callable, Collection
from pathlib import Path

import pytest
from dependency_injector import providers

from domain.ids import SYSTEM
from entrypoints.checking import check_parts
from entrypoints.configuration_file import Settings, embedded, read
from entrypoints.configuration_problems import ConfigurationError
from entrypoints.container import Adapters, opened, opened_secrets, opened_site
from ports.errors import InvalidArgument, NotFound, PermissionDenied, PortError, Unavailable
from tests.fakes.blobs import MemoryBlobStore
from tests.fakes.sources import FakeTime
from tests.fakes.storage import MemoryStorage
from tests.patience import Deadline


def settings_in(folder: Path, **changes: str) -> Settings:
    """Return the embedded default in a folder, with other values for some keys of its site."""
    environ = {f"PANORAMA_SITES__LOCAL__{key.upper()}": value for key, value in changes.items()}
    return embedded({"PANORAMA_DATA": str(folder), **environ})


def open_files(folder: Path) -> list[str]:
    """Return the files below a folder that this process holds open."""
    held = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            held.append(str(descriptor.readlink()))
        except FileNotFoundError:
            continue
    return [name for name in held if name.startswith(str(folder))]


async def ended(before: Collection[threading.Thread]) -> bool:
    """Whether every thread that was started since ends by itself, but for the event loop's own."""
    deadline = Deadline(2)
    while not deadline.has_passed():
        if all(thread in before or thread.name.startswith("asyncio") for thread in threading.enumerate()):
            return True
        await asyncio.sleep(0.01)
    return False


async def test_everything_is_opened_answers_and_is_closed(tmp_path: Path) -> None:
    """On the embedded default: all parts answer, and nothing is left open or running afterwards."""
    threads = set(threading.enumerate())
    async with opened(settings_in(tmp_path / "data")) as services:
        for check in (*services.checks.values(), *services.spares.values()):
            await check()
        assert list(services.checks) == ["storage", "vault"]
        assert list(services.spares) == ["keys 1", "blobs 1", "epoch"]
        assert open_files(tmp_path)
    assert open_files(tmp_path) == []
    assert await ended(threads)


async def test_the_data_directory_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Directory, databases and keyring can be read by nobody else."""
    async with opened(settings_in(tmp_path / "data")):
        pass
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "data" / "keyring").stat().st_mode & 0o777 == 0o600


async def test_a_second_opening_finds_what_the_first_has_made(tmp_path: Path) -> None:
    """The service's own data key is made once."""
    for _ in range(2):
        async with opened_site(settings_in(tmp_path)) as outside:
            await outside.vault.create(SYSTEM)
            assert (await outside.vault.active(SYSTEM)).generation == 1


def spoil_keyring(folder: Path) -> None:
    """Let others read the keyring."""
    (folder / "keyring").touch(mode=0o644)


def spoil_storage(folder: Path) -> None:
    """Put a directory where the storage's file belongs."""
    (folder / "storage.db").mkdir()


def spoil_blobs(folder: Path) -> None:
    """Put a file where the directory of blobs belongs."""
    (folder / "blobs").touch()


@pytest.mark.parametrize(
    ("spoil", "key"),
    [(spoil_keyring, "keys"), (spoil_storage, "storage"), (spoil_blobs, "blobs")],
)
async def test_what_was_opened_is_closed_when_a_later_part_fails(
    tmp_path: Path, spoil: Callable[[Path], None], key: str
) -> None:
    """The second, the third or the fourth part does not open: the error names its key, and nothing stays open."""
    spoil(tmp_path)
    threads = set(threading.enumerate())
    with pytest.raises(PortError) as caught:
        async with opened(settings_in(tmp_path)):
            raise AssertionError
    assert caught.value.__notes__ == [f"sites.local.{key}"]
    assert open_files(tmp_path) == []
    assert await ended(threads)


async def test_everything_is_closed_when_what_it_was_opened_for_fails(tmp_path: Path) -> None:
    """An error inside leaves nothing open either."""
    with pytest.raises(ZeroDivisionError):
        async with opened(settings_in(tmp_path)) as services:
            services.clock().replace(year=1 // 0)
    assert open_files(tmp_path) == []


class Closing(MemoryStorage):
    """A storage that notes when it is closed."""

    def __init__(self, name: str, closed: list[str]) -> None:
        super().__init__()
        self._name = name
        self._closed = closed

    async def close(self) -> None:
        self._closed.append(self._name)


class ClosingBlobs(MemoryBlobStore):
    """A blob store that notes when it is closed."""

    def __init__(self, closed: list[str]) -> None:
        super().__init__(FakeTime().clock)
        self._closed = closed

    async def close(self) -> None:
        self._closed.append("blobs")


async def test_parts_are_closed_in_the_reverse_order(tmp_path: Path) -> None:
    """What was opened last may lean on what was opened before, so it is closed first, and each once."""
    closed: list[str] = []
    stores = iter([Closing("vault", closed), Closing("storage", closed)])

    async def next_store() -> Closing:
        return next(stores)

    async def blobs() -> ClosingBlobs:
        return ClosingBlobs(closed)

    with (
        Adapters.storage.override(providers.Factory(next_store)),
        Adapters.blobs.override(providers.Factory(blobs)),
    ):
        async with opened(settings_in(tmp_path)):
            assert closed == []
    assert closed == ["blobs", "storage", "vault", "blobs"], "the control store is there before all else"


async def test_every_part_that_does_not_answer_is_named(tmp_path: Path) -> None:
    """`config check --connect` tells which parts are out, and why."""

    class Out(MemoryStorage):
        async def check(self) -> None:
            raise Unavailable

    async def storage() -> Out:
        return Out()

    class Missing(MemoryBlobStore):
        async def check(self) -> None:
            raise NotFound

    async def blobs() -> Missing:
        return Missing(FakeTime().clock)

    with (
        Adapters.storage.override(providers.Factory(storage)),
        Adapters.blobs.override(providers.Factory(blobs)),
    ):
        answers = await check_parts(settings_in(tmp_path))
    kinds = {name: type(answer) for name, answer in answers.items() if answer is not None}
    assert kinds == {"storage": Unavailable, "vault": Unavailable, "blobs 1": NotFound, "control 1": NotFound}
    assert answers.keys() - kinds.keys() == {"keys 1", "secrets"}


async def test_a_keyring_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """The key manager itself says so, and every other part is asked all the same."""
    spoil_keyring(tmp_path)
    answers = await check_parts(settings_in(tmp_path))
    refused = {name: answer for name, answer in answers.items() if answer is not None}
    assert refused.keys() == {"keys 1", "secrets"}, "the secrets are sealed under the same keyring"
    assert {type(answer) for answer in refused.values()} == {PermissionDenied}
    assert refused["keys 1"].__notes__ == ["sites.local.keys"]


async def test_parts_that_answer_and_make_no_site_are_refused(tmp_path: Path) -> None:
    """As where one keyring is named twice, so that two wraps would be one."""
    with pytest.raises(InvalidArgument):
        await check_parts(settings_in(tmp_path, keys="file:keyring,file:./keyring"))


async def test_a_recovery_key_that_is_none_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    """The message names the key; no directory has been made by then."""
    (tmp_path / "recovery.pem").write_text("no key at all", encoding="utf-8")
    settings = settings_in(tmp_path / "data", recovery_key=f"file:{tmp_path / 'recovery.pem'}")
    with pytest.raises(ConfigurationError, match=r"sites.local.recovery_key: the recovery key is not a public key"):
        async with opened_site(settings):
            raise AssertionError
    assert not settings.keys[0].path.parent.exists()


async def put_secret(folder: Path, name: str, value: str) -> None:
    """Put a secret where the embedded default looks for it."""
    async with opened_secrets(settings_in(folder)) as store:
        assert store is not None
        await store.put(name, value.encode())


async def test_an_address_that_is_kept_among_the_secrets_is_opened(tmp_path: Path) -> None:
    """The site opens what the secret's newest version says, and keeps the store of secrets open no longer."""
    await put_secret(tmp_path, "storage", "sqlite:elsewhere.db")
    async with opened_site(settings_in(tmp_path, storage="secret:storage")) as outside:
        await outside.storage.check()
        assert (tmp_path / "elsewhere.db").exists()
        assert not (tmp_path / "storage.db").exists()


async def test_a_site_without_secrets_has_no_store_of_them(tmp_path: Path) -> None:
    """Nothing is opened for it."""
    text = '[sites.bare]\nstorage = "sqlite:s"\nvault = "sqlite:v"\nkeys = ["file:k"]\n'
    (tmp_path / "panorama.toml").write_text(text, encoding="utf-8")
    async with opened_secrets(read(tmp_path / "panorama.toml", {})) as store:
        assert store is None


async def test_what_a_secret_leads_to_may_not_be_outside(tmp_path: Path) -> None:
    """It is checked like what stands in the file, before anything of the site is opened."""
    await put_secret(tmp_path, "storage", "nowhere:x")
    with pytest.raises(ConfigurationError, match=r"sites\.local\.storage: has a scheme for which"):
        async with opened_site(settings_in(tmp_path, storage="secret:storage")):
            raise AssertionError
    assert not (tmp_path / "vault.db").exists()


async def test_a_site_outside_the_regions_is_not_opened(tmp_path: Path) -> None:
    """Nor is anything made for it."""
    with pytest.raises(ConfigurationError, match=r"sites\.local\.region: is in the region eu-west-1"):
        async with opened(settings_in(tmp_path / "data", region="eu-west-1")):
            raise AssertionError
    assert not (tmp_path / "data").exists()
