"""What an operator does on the command line, on real data."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from application.panoramas.edit import EditRequest, edit_panorama
from application.panoramas.founding import CreateRequest, create_panorama
from application.tenants.forge import get_or_create, note_leaving
from application.tenants.lifecycle import install_app, uninstall_app
from domain.forge import ForgeCall
from domain.panoramas.commands import Add, Place
from domain.panoramas.facts import Kind
from domain.tenants import Installation, Site
from entrypoints.cli.app import app
from entrypoints.cli.exits import Exit
from entrypoints.configuration_file import embedded
from entrypoints.container import opened
from entrypoints.sandbox.demo_documents import reference_documents
from tests.processes import Machine, machine

TENANT = "jira:one"
NAME = "Roadmap of the moon landing"
TITLE = "Ask the astronauts"
ISSUED = datetime(2026, 1, 1, tzinfo=UTC)


async def furnish(data: Path) -> str:
    """Install the app for a site, begin a panorama with a note in it, and return its id."""
    async with opened(embedded({"PANORAMA_DATA": str(data)})) as services:
        installation = Installation(
            alias=TENANT, issued=ISSUED, site=Site(base_url="https://one.atlassian.net"), secret="hunter2" * 8
        )
        tenant = await install_app(installation, services.tenants, services.clock)
        assert tenant is not None
        user = await services.users.internal_id(tenant, "account")
        created = await create_panorama(CreateRequest(tenant, user, name=NAME), services.panoramas)
        note = Add(kind=Kind.NOTE, place=Place(), title=TITLE)
        await edit_panorama(EditRequest(tenant, created.panorama, user, commands=(note,)), services.panoramas)
        return created.panorama


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name the data directory that the commands work on."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PANORAMA_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def panorama(data: Path) -> str:
    """Return the id of the only panorama of the only site."""
    return asyncio.run(furnish(data))


def run(*arguments: str) -> Result:
    """Run a command as a program whose output is no terminal."""
    return CliRunner().invoke(app, list(arguments))


def answer(*arguments: str) -> Any:
    """Run a command that succeeds and return the JSON that it prints."""
    result = run(*arguments)
    assert result.exit_code == Exit.DONE, result.stderr
    return json.loads(result.stdout)


def problem(*arguments: str) -> Any:
    """Run a command that is refused and return what it says."""
    result = run(*arguments, "--json")
    assert result.exit_code == Exit.REFUSED
    assert result.stdout == ""
    return json.loads(result.stderr)["error"]


def test_tenants_are_listed_and_shown_without_their_secrets(panorama: str) -> None:
    """Alias, state and dates; no secret and no name in either form."""
    (listed,) = answer("tenants", "list")
    shown = answer("tenants", "show", TENANT)
    assert shown == {**listed, "panoramas": 1}
    assert (shown["alias"], shown["state"]) == (TENANT, "installed")
    for command in (("tenants", "list", "--text"), ("tenants", "show", TENANT, "--text")):
        result = run(*command)
        assert TENANT in result.stdout
        assert "hunter2" not in result.stdout
        assert NAME not in result.stdout


def test_the_day_of_a_removal_is_listed(panorama: str, data: Path) -> None:
    """An operator sees whose grace period has begun."""

    async def remove() -> None:
        async with opened(embedded({"PANORAMA_DATA": str(data)})) as services:
            await uninstall_app(TENANT, ISSUED.replace(day=2), services.tenants)

    asyncio.run(remove())
    assert answer("tenants", "list")[0]["state"] == "uninstalled"
    assert "2026-01-02" in run("tenants", "list", "--text").stdout


def test_a_site_of_forge_is_shown_with_what_was_heard_of_it(panorama: str, data: Path) -> None:
    """When it was heard, since when it is leaving, when it ends, and its installations."""
    call = ForgeCall(environment="production", cloud_id="cloud", installation="one", issued=ISSUED, app_version="3.1")

    async def hear() -> None:
        async with opened(embedded({"PANORAMA_DATA": str(data)})) as services:
            await get_or_create(call, services.tenants, services.clock)
            later = replace(call, installation="two", issued=ISSUED.replace(day=3), license_active=True)
            await get_or_create(later, services.tenants, services.clock)

    async def leave() -> None:
        async with opened(embedded({"PANORAMA_DATA": str(data)})) as services:
            await note_leaving(replace(call, installation="two", issued=ISSUED.replace(day=5)), services.tenants)

    asyncio.run(hear())
    heard = answer("tenants", "show", "forge:production:cloud")
    assert (heard["state"], heard["heard"], heard["ends"]) == ("installed", "2026-01-03T00:00:00Z", None)
    assert heard["installations"] == [
        {
            "id": "one",
            "first_heard": "2026-01-01T00:00:00Z",
            "last_heard": "2026-01-01T00:00:00Z",
            "app_version": "3.1",
            "license_active": None,
        },
        {
            "id": "two",
            "first_heard": "2026-01-03T00:00:00Z",
            "last_heard": "2026-01-03T00:00:00Z",
            "app_version": "3.1",
            "license_active": True,
        },
    ]
    asyncio.run(leave())
    connect, forge = sorted(answer("tenants", "list"), key=lambda tenant: tenant["alias"], reverse=True)
    assert (connect["heard"], connect["leaving"], connect["ends"], connect["installations"]) == (None, None, None, [])
    assert (forge["leaving"], forge["heard"]) == ("2026-01-05T00:00:00Z", "2026-01-05T00:00:00Z")
    assert (forge["ends"], forge["purge_due"]) == ("2026-01-08T00:00:00Z", None)
    assert "2026-01-08" in run("tenants", "list", "--text").stdout
    shown = run("tenants", "show", "forge:production:cloud", "--text").stdout
    assert "installation" in shown
    assert "two" in shown


def test_panoramas_are_listed_by_id_and_not_by_name(panorama: str) -> None:
    """Sizes and dates are all that an operator needs."""
    (line,) = answer("panoramas", "list", TENANT)
    assert (line["panorama"], line["version"], line["nodes"], line["archived"]) == (panorama, 2, 1, False)
    shown = run("panoramas", "list", TENANT, "--text").stdout
    assert panorama in shown
    assert NAME not in shown


@pytest.mark.parametrize(("form", "ending"), [("json", "json"), ("csv", "csv"), ("reference", "ndjson")])
def test_an_export_writes_private_files_and_replaces_none(panorama: str, form: str, ending: str) -> None:
    """One file for each panorama, for the operator alone; a second export into the same place is refused."""
    file = Path("out") / f"{panorama}.{ending}"
    command = ("panoramas", "export", TENANT, "--to", "out", "--form", form)
    assert answer(*command) == [{"panorama": panorama, "file": str(file)}]
    assert file.stat().st_mode & 0o777 == 0o600
    assert TITLE in file.read_text(encoding="utf-8")
    assert problem(*command)["problems"] == [f"{file} is there already"]


def test_a_table_is_written_for_a_spreadsheet(panorama: str) -> None:
    """With a byte order mark unless told otherwise; ids as texts for Excel; other forms are for no program."""
    command = ("panoramas", "export", TENANT, "--form", "csv", "--to")
    for folder, flags, begins in (
        ("one", (), b"\xef\xbb\xbfdepth,"),
        ("two", ("--no-bom",), b"depth,"),
        ("three", ("--for", "excel"), b"\xef\xbb\xbfdepth,"),
    ):
        answer(*command, folder, *flags)
        content = (Path(folder) / f"{panorama}.csv").read_bytes()
        assert content.startswith(begins)
        assert (b'"=""' in content) is ("excel" in flags)
    assert run("panoramas", "export", TENANT, "--for", "excel").exit_code == Exit.USAGE


@pytest.mark.parametrize("wanted", ["0" * 24 + "\n", "0" * 23, "../x"])
def test_what_is_no_id_is_refused_before_anything_is_looked_for(panorama: str, wanted: str) -> None:
    """The message says what an id is, and not what was written."""
    assert panorama
    assert "24 hex characters" in problem("panoramas", "export", TENANT, wanted)["problems"][0]


def test_only_the_panoramas_that_are_named_are_exported(panorama: str) -> None:
    """An id that is not there is refused by the service's own words."""
    assert "out" in run("panoramas", "export", TENANT, panorama, "--to", "out", "--text").stdout
    assert problem("panoramas", "export", TENANT, "0" * 24, "--to", "other")["kind"] == "panorama-missing"


def test_an_import_makes_what_an_export_wrote_and_a_repeat_doubles_nothing(panorama: str) -> None:
    """Out and in again: an equal panorama with another id."""
    answer("panoramas", "export", TENANT, "--to", "out")
    command = ("panoramas", "import", TENANT, f"out/{panorama}.json", "--user", "account")
    (imported,) = answer(*command)
    assert imported["count"] == 1
    assert answer(*command) == [imported]
    sizes = {line["panorama"]: line["nodes"] for line in answer("panoramas", "list", TENANT)}
    assert sizes == {panorama: 1, imported["panoramas"][0]: 1}


def test_a_dry_run_checks_and_keeps_nothing(panorama: str) -> None:
    """The count is told, and no panorama is there afterwards; notes on what would be left out are shown."""
    Path("old.txt").write_bytes(reference_documents("one"))
    command = ("panoramas", "import", TENANT, "old.txt", "--user", "account", "--dry-run")
    (checked,) = answer(*command)
    assert (checked["count"], checked["panoramas"]) == (1, [])
    shown = run(*command, "--text").stdout
    assert "would be made of it" in shown
    assert all(note in shown for note in checked["notes"])
    assert len(answer("panoramas", "list", TENANT)) == 1


def test_a_broken_file_keeps_the_others_out_too(panorama: str) -> None:
    """Every file is checked before the first is brought in; each defect is told."""
    Path("good.txt").write_bytes(reference_documents("one"))
    Path("foreign.txt").write_bytes(reference_documents("another"))
    told = problem("panoramas", "import", TENANT, "good.txt", "foreign.txt", "--user", "account")
    assert told["kind"] == "import-refused"
    assert len(told["problems"]) > 1
    assert len(answer("panoramas", "list", TENANT)) == 1


def test_a_file_that_cannot_be_read_is_named(panorama: str) -> None:
    """So that a typing error is found at once."""
    told = problem("panoramas", "import", TENANT, "missing.txt", "--user", "account")
    assert told["problems"] == ["missing.txt cannot be read (No such file or directory)"]


def test_nothing_is_imported_for_a_site_that_has_removed_the_app(panorama: str, data: Path) -> None:
    """Its grace period has begun."""
    test_the_day_of_a_removal_is_listed(panorama, data)
    assert problem("panoramas", "import", TENANT, "x", "--user", "account")["kind"] == "not-installed"


@pytest.mark.parametrize("command", [("tenants", "show"), ("panoramas", "list"), ("panoramas", "export")])
def test_an_unknown_tenant_is_refused_with_a_way_out(data: Path, command: tuple[str, ...]) -> None:
    """The message tells how to find the right one."""
    told = problem(*command, "jira:nobody")
    assert told["problems"] == ["there is no tenant jira:nobody"]
    assert "panorama tenants list" in told["remedy"]


def test_a_check_can_open_every_part(data: Path) -> None:
    """With --connect, what does not open is named by its key, and what does not answer by its name: exit code 4."""
    parts = ["storage", "vault", "keys 1", "blobs 1", "secrets", "control 1"]
    assert answer("config", "check", "--connect")["answered"] == parts
    assert "vault answers." in run("config", "check", "--connect", "--text").stdout
    (data / "keyring").chmod(0o644)
    result = run("config", "check", "--connect", "--json")
    assert result.exit_code == Exit.UNAVAILABLE
    assert "sites.local.keys" in json.loads(result.stderr)["error"]["problems"][0]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Machine]:
    """Yield a machine that a service can run on."""
    with machine(tmp_path) as one:
        yield one


def test_a_service_that_is_told_to_stop_closes_everything(home: Machine) -> None:
    """SIGTERM ends it with exit code 0; SQLite's journals are gone, as after every proper closing."""
    process = home.start()
    assert list(home.data.glob("*-wal"))
    assert process.stop() == Exit.DONE
    assert list(home.data.glob("*-wal")) == []


def test_a_port_that_is_taken_is_told_as_such(home: Machine) -> None:
    """Exit code 4 and a way out, instead of a stack of uvicorn's."""
    process = home.start()
    taken = {"PANORAMA_DATA": str(home.data), "PANORAMA_SERVER__PORT": str(process.port)}
    program = Path(sys.executable).with_name("panorama")
    result = subprocess.run([program, "serve"], env=os.environ | taken, capture_output=True, text=True, check=False)
    assert result.returncode == Exit.UNAVAILABLE
    assert f"127.0.0.1:{process.port} is taken" in result.stderr
    assert "PANORAMA_SERVER__PORT" in result.stderr
