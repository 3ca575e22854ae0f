"""An empty database is not taken for the one that was there before: the service does not start with it."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from domain.ids import SYSTEM, TenantId
from entrypoints.beginning import check_contents, check_files
from entrypoints.cli.app import app
from entrypoints.cli.exits import Exit
from entrypoints.configuration_addresses import parse_address
from entrypoints.configuration_problems import ConfigurationError
from entrypoints.container import opened
from entrypoints.destinations import destination, is_new
from ports.storage import Record, Ref
from tests.e2e.test_container import settings_in
from tests.fakes.storage import MemoryStorage

MOMENT: Final = datetime(2026, 1, 1, tzinfo=UTC)


async def begun_in(folder: Path) -> None:
    """Have a service begin in a folder."""
    async with opened(settings_in(folder)):
        pass


async def storage_with(*tenants: str) -> MemoryStorage:
    """Return a storage with a record of each tenant."""
    storage = MemoryStorage()
    for tenant in tenants:
        await storage.put(Record(Ref(TenantId(tenant), "kind", "key"), 1, b"x", MOMENT))
    return storage


async def test_an_empty_data_directory_is_a_beginning(tmp_path: Path) -> None:
    """Nothing has been there, so nothing can have been lost; and what has begun goes on."""
    for _ in range(2):
        await begun_in(tmp_path / "data")
        assert {path.name for path in (tmp_path / "data").glob("*.db")} == {"storage.db", "vault.db"}


@pytest.mark.parametrize("part", ["storage", "vault"])
async def test_another_file_beside_the_old_one_is_refused(tmp_path: Path, part: str) -> None:
    """The address names a file that is not there, and one that nobody names is: no file is made."""
    await begun_in(tmp_path)
    settings = settings_in(tmp_path, **{part: "sqlite:other.db"})
    phrase = rf"sites.local.{part}: leads to no database, and the data directory has another \({part}.db\)"
    with pytest.raises(ConfigurationError, match=phrase):
        async with opened(settings):
            pass
    assert not (tmp_path / "other.db").exists()
    async with opened(settings, begin=True):
        assert (tmp_path / "other.db").exists()


async def test_an_empty_file_beside_the_old_one_is_refused(tmp_path: Path) -> None:
    """Whatever has made it, such as a check."""
    await begun_in(tmp_path)
    settings = settings_in(tmp_path, storage="sqlite:other.db")
    async with opened(settings, begin=True):
        pass
    with pytest.raises(ConfigurationError, match="leads to an empty database, and the data directory has another"):
        async with opened(settings):
            pass


async def test_a_named_pipe_beside_the_databases_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening it would wait for its other end, and nothing would be served."""
    os.mkfifo(tmp_path / "pipe")
    opened_files: list[str] = []
    real_open = Path.open

    def noting_open(path: Path, *args: Any, **kwargs: Any) -> Any:
        opened_files.append(path.name)
        if path.is_fifo():
            raise BlockingIOError
        return real_open(path, *args, **kwargs)

    (tmp_path / "other").write_bytes(b"")
    monkeypatch.setattr(Path, "open", noting_open)
    check_files(settings_in(tmp_path))
    assert "other" in opened_files
    assert "pipe" not in opened_files


async def test_nothing_of_an_open_database_is_opened_once_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To close it would drop SQLite's locks, and another process would truncate what is mapped: SIGBUS."""
    opened_files: list[str] = []
    real_open = Path.open

    def noting_open(path: Path, *args: Any, **kwargs: Any) -> Any:
        opened_files.append(path.name)
        return real_open(path, *args, **kwargs)

    monkeypatch.setattr(Path, "open", noting_open)
    (tmp_path / "other").write_bytes(b"")
    async with opened(settings_in(tmp_path)):
        assert (tmp_path / "storage.db-shm").exists()
    assert "other" in opened_files
    assert not [name for name in opened_files if name.startswith(("storage.db", "vault.db"))]


async def test_the_databases_of_another_site_are_not_missed(tmp_path: Path) -> None:
    """Two sites of one configuration may share the data directory."""
    await begun_in(tmp_path)
    storage, vault = MemoryStorage(), MemoryStorage()
    await check_contents(settings_in(tmp_path), storage, vault)
    assert storage.round_trips > 0, "the new site is looked at"


@pytest.mark.parametrize(
    ("storage", "vault", "phrase"),
    [
        ([], ["a1"], "sites.local.storage: leads to an empty database, and the vault has keys of tenants"),
        ([], [SYSTEM, "zz"], "sites.local.storage: leads to an empty database, and the vault has keys of tenants"),
        ([SYSTEM, "a1"], [], "sites.local.vault: leads to an empty database, and the storage has records of tenants"),
    ],
)
async def test_one_half_of_a_site_is_refused(tmp_path: Path, storage: list[str], vault: list[str], phrase: str) -> None:
    """Wherever the databases are: keys of tenants without a record, or records without any key."""
    with pytest.raises(ConfigurationError, match=phrase):
        await check_contents(settings_in(tmp_path), await storage_with(*storage), await storage_with(*vault))


@pytest.mark.parametrize(
    ("storage", "vault"),
    [([], []), ([], [SYSTEM]), ([SYSTEM], []), ([SYSTEM], [SYSTEM, "a1"]), (["a1"], ["a1"]), (["a1"], [SYSTEM])],
)
async def test_a_beginning_that_was_cut_short_goes_on(tmp_path: Path, storage: list[str], vault: list[str]) -> None:
    """A site without tenants has nothing to lose, and one with both halves is whole."""
    records, keys = await storage_with(*storage), await storage_with(*vault)
    before = records.round_trips + keys.round_trips
    await check_contents(settings_in(tmp_path), records, keys)
    assert records.round_trips + keys.round_trips > before, "nothing was looked at"


async def test_serve_says_what_is_there_and_how_to_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 3, before anything is opened or listened at."""
    await begun_in(tmp_path)
    monkeypatch.setenv("PANORAMA_DATA", str(tmp_path))
    monkeypatch.setenv("PANORAMA_SITES__LOCAL__STORAGE", "sqlite:storage2.db")
    result = CliRunner().invoke(app, ["serve"])
    assert result.exit_code == Exit.CONFIGURATION
    assert "storage.db" in result.stderr
    assert "panorama serve --begin" in result.stderr
    assert not (tmp_path / "storage2.db").exists()


def test_a_check_says_what_it_opens_and_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --connect by the files that there are; with it, by what is in the databases."""
    monkeypatch.setenv("PANORAMA_DATA", str(tmp_path))

    def told(*flags: str) -> dict[str, tuple[str, bool | None]]:
        document = json.loads(CliRunner().invoke(app, ["config", "check", "--json", *flags]).stdout)
        return {each["key"].rpartition(".")[2]: (each["opens"], each["new"]) for each in document["addresses"]}

    assert told()["storage"] == (str(tmp_path / "storage.db"), True)
    assert {new for _, new in told().values()} == {True}
    assert told("--connect")["storage"] == (str(tmp_path / "storage.db"), True)
    assert told()["storage"] == (str(tmp_path / "storage.db"), False)
    assert told("--connect")["storage"] == (str(tmp_path / "storage.db"), True)


@pytest.mark.parametrize(
    ("kind", "text", "place"),
    [
        (
            "storage",
            "mongodb://ann:hunter2@one.example,two.example:1/panorama?tls=true",
            "panorama at one.example,two.example:1",
        ),
        ("storage", "mongodb+srv://cluster.example/some%20name", "some name at cluster.example"),
        ("blobs", "s3://bucket/prefix?region=us-east-1", "//bucket/prefix"),
        ("storage", "secret:address", None),
    ],
)
def test_what_an_address_opens_is_told_without_secrets(kind: str, text: str, place: str | None) -> None:
    """The database and its hosts; whether it is new only its service could tell."""
    address = parse_address(f"sites.one.{kind}", text, Path())
    assert (destination(address), is_new(address)) == (place, None)
