"""What an operator sees and does of removed sites, on real files, with a clock that can be moved."""

import asyncio
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dependency_injector import providers
from typer.testing import CliRunner, Result

from application.retention.purge import CONFIRMATION
from application.tenants.lifecycle import install_app, uninstall_app
from domain.tenants import Installation
from entrypoints.cli.app import app
from entrypoints.cli.exits import Exit
from entrypoints.configuration_file import embedded
from entrypoints.container import Sources, opened

SITE, OTHER = "jira:one", "jira:other"
START = datetime(2026, 1, 1, tzinfo=UTC)


class MovedClock:
    """The time of day, as a test moves it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Iterator[MovedClock]:
    """Put a clock that can be moved in the place of the real one."""
    moved = MovedClock()
    with Sources.clock.override(providers.Object(moved)):
        yield moved


@pytest.fixture
def data(tmp_path: Path, clock: MovedClock, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name the data directory that the commands work on."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PANORAMA_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def tenant(data: Path, clock: MovedClock) -> str:
    """Return the id of a site that has removed the app, beside one that has it."""
    clock.now += timedelta(seconds=1)

    async def furnish() -> str:
        async with opened(embedded({"PANORAMA_DATA": str(data)})) as services:
            installed = [
                await install_app(
                    Installation(alias=alias, issued=START, secret="s" * 48), services.tenants, services.clock
                )
                for alias in (SITE, OTHER)
            ]
            await uninstall_app(SITE, clock.now, services.tenants)
            return str(installed[0])

    return asyncio.run(furnish())


def run(*arguments: str, typed: str | None = None) -> Result:
    """Run a command as a program whose output is no terminal."""
    return CliRunner().invoke(app, list(arguments), input=typed)


def answer(*arguments: str) -> Any:
    """Run a command that succeeds and return the JSON that it prints."""
    result = run(*arguments)
    assert result.exit_code == Exit.DONE, result.stdout
    return json.loads(result.stdout)


def refused(*arguments: str, typed: str | None = None) -> str:
    """Run a command that is refused and return what it says."""
    result = run(*arguments, "--json", typed=typed)
    assert result.exit_code == Exit.REFUSED, result.stdout
    told = json.loads(result.stderr.splitlines()[-1])["error"]
    return f"{told['problems'][0]}; {told['remedy']}"


def stages() -> dict[str, str]:
    """Return where each site stands."""
    return {each["alias"] or each["tenant"]: each["stage"] for each in answer("retention", "status")}


def dated(data: Path, clock: MovedClock) -> None:
    """Have the files of the backups say that they were written at the time that the clock shows."""
    now = clock.now.timestamp()
    for path in (data / "blobs").rglob("*@"):
        if path.stat().st_mtime > now:
            os.utime(path, (now, now))


def backed_up(data: Path, clock: MovedClock) -> None:
    """Let a day go by, with a copy of the vault and maintenance at its end."""
    dated(data, clock)
    clock.now += timedelta(days=1)
    answer("backup", "now")
    dated(data, clock)
    answer("maintain")


def test_maintenance_purges_when_the_time_has_come(tenant: str, clock: MovedClock, data: Path) -> None:
    """Status, plan and receipt from the removal to the end; nothing is left, and the other site is untouched."""
    assert stages() == {SITE: "grace"}
    (due,) = [each for each in answer("maintain", "--plan")["due"] if each["job"] == "purge-tenants"]
    assert due["at"] == "2026-01-15T00:00:01Z"
    answer("maintain")
    assert stages() == {SITE: "grace"}
    clock.now += timedelta(days=15)
    assert stages() == {SITE: "purge due"}
    done = {job["job"]: job["done"] for job in answer("maintain")["jobs"]}
    assert done["purge-tenants"] == {"sites purged": 1}
    assert stages() == {tenant: "purged"}
    clock.now += CONFIRMATION
    done = {job["job"]: job["done"] for job in answer("maintain")["jobs"]}
    assert done["purge-tenants"] == {"purges confirmed": 1}
    for _ in range(11):
        assert stages() == {tenant: "confirmed"}
        backed_up(data, clock)
    receipt = answer("retention", "receipt", tenant)
    assert (receipt["state"], receipt["shredded"]) == ("shredded", "2026-01-27T00:15:01Z")
    assert (receipt["records"], receipt["generations"]) == ({"tenant": 1}, [1])
    assert tenant not in json.dumps(receipt)
    residue = answer("audit", "residue", "--tenant", tenant)
    assert residue["found"] == []
    assert residue["copied"] == []
    assert {trace["what"] for trace in residue["kept"]} == {
        "named by: erasure",
        "named by: receipt",
        "named by: backup-manifest",
    }
    assert [each["alias"] for each in answer("tenants", "list")] == [OTHER]
    vault = (data / "vault.db").read_bytes()
    assert tenant.encode() not in vault


def test_an_early_purge_is_asked_about(tenant: str) -> None:
    """Only with --now, and only when the alias is typed, or --yes says that nobody has to."""
    assert "the grace period has not ended; wait, or purge it early with --now" in refused("retention", "purge", SITE)
    assert "that is not its alias" in refused("retention", "purge", SITE, "--now", typed="jira:two\n")
    assert stages() == {SITE: "grace"}
    result = run("retention", "purge", SITE, "--now", typed=f"{SITE}\n")
    assert result.exit_code == Exit.DONE
    assert "1 records of jira:one will be destroyed for good" in result.stderr
    assert json.loads(result.stdout)["state"] == "purged"
    assert stages() == {tenant: "purged"}
    assert "it has been purged" in refused("retention", "purge", tenant, "--now")


def test_an_early_purge_need_not_be_asked_about(tenant: str) -> None:
    """For scripts."""
    assert answer("retention", "purge", tenant, "--now", "--yes")["records_in_all"] == 1


def test_a_dry_run_destroys_nothing(tenant: str, clock: MovedClock) -> None:
    """It counts, and says what is in the way."""
    assert answer("retention", "purge", SITE, "--dry-run")["obstacle"] == "the grace period has not ended"
    shown = run("retention", "purge", SITE, "--dry-run", "--text").stdout
    assert "Nothing would be destroyed: the grace period has not ended" in shown
    clock.now += timedelta(days=15)
    assert "All of that would be destroyed now." in run("retention", "purge", SITE, "--dry-run", "--text").stdout
    assert stages() == {SITE: "purge due"}


def test_a_site_that_has_the_app_is_never_purged(tenant: str) -> None:
    """Whatever is asked for."""
    for options in ((), ("--now", "--yes")):
        assert "nothing is purged: the app is installed" in refused("retention", "purge", OTHER, *options)
    assert "there is no tenant jira:nobody" in refused("retention", "purge", "jira:nobody")


def test_a_hold_needs_a_reason_and_stops_everything(tenant: str, clock: MovedClock) -> None:
    """It is recorded as a single operator's; the report is red while it keeps what was due; its release lets it go."""
    assert run("retention", "hold", SITE).exit_code == Exit.USAGE
    assert answer("retention", "hold", SITE, "--reason", "court order")["standing"] == "single operator, unapproved"
    assert "in force already" in refused("retention", "hold", SITE, "--reason", "again")
    assert "a legal hold is in force" in refused("retention", "purge", SITE, "--now", "--yes")
    shown = run("retention", "status", "--text")
    assert "unapproved" in " ".join(shown.stdout.split())
    clock.now += timedelta(days=31)
    result = run("maintain", "--job", "purge-tenants")
    assert result.exit_code == Exit.REFUSED
    (job,) = json.loads(result.stdout)["jobs"]
    assert [finding["code"] for finding in job["findings"]] == ["legal-hold", "erasure-overdue"]
    assert "court order" not in result.stdout
    assert "held" in run("tenants", "list", "--text").stdout
    assert "released" in run("retention", "hold", SITE, "--release", "--text").stdout
    assert "no legal hold is in force" in refused("retention", "hold", SITE, "--release")
    assert stages() == {SITE: "purge due"}


def test_a_receipt_can_be_printed(tenant: str) -> None:
    """A page that is whole in itself, private, and never in the place of another file; or a table."""
    assert "there is no receipt" in refused("retention", "receipt", tenant)
    answer("retention", "purge", SITE, "--now", "--yes")
    receipt = answer("retention", "receipt", tenant, "--page", "receipt.html")
    page = Path("receipt.html")
    assert page.stat().st_mode & 0o777 == 0o600
    text = page.read_text(encoding="utf-8")
    assert receipt["tenant_hash"] in text
    assert "@media print" in text
    assert not any(word in text for word in ("<script", "http:", "https:", "src=", tenant, SITE))
    assert "receipt.html is there already" in refused("retention", "receipt", tenant, "--page", "receipt.html")
    shown = run("retention", "receipt", tenant, "--text").stdout
    assert "Generations of the data key destroyed" in shown
    assert "the purge is not confirmed on this site" in " ".join(shown.split())


def test_residue_of_a_site_that_is_there_is_all_that_it_has(tenant: str) -> None:
    """Exit code 1, because something was found."""
    result = run("audit", "residue", "--tenant", OTHER, "--text")
    assert result.exit_code == Exit.REFUSED
    assert "records: data-key" in result.stdout
    assert "Something of it is there." in result.stdout
    answer("retention", "purge", SITE, "--now", "--yes")
    shown = run("audit", "residue", "--tenant", tenant, "--text")
    assert shown.exit_code == Exit.DONE
    assert "kept by design" in shown.stdout
    assert "Nothing is left but in copies of the vault that are kept for days" in shown.stdout
