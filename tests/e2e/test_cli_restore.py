"""An operator restores a site of the embedded default that has lost its storage and its vault."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from application.failover import takeover
from entrypoints.cli.exits import Exit
from tests.e2e.commands import run, told
from tests.e2e.test_cli import TENANT, furnish


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have the embedded default keep everything in a folder of the test's; nobody has written a moment ago."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PANORAMA_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(takeover, "FENCE_WAIT", 0.0)
    return tmp_path / "data"


@pytest.fixture
def listed(data: Path) -> Any:
    """Return what is listed of a site with one panorama."""
    asyncio.run(furnish(data))
    return told("panoramas", "list", TENANT)


@pytest.fixture
def lost(data: Path, listed: Any) -> Path:
    """Return the folder of a site that has backups, and neither storage nor vault any more."""
    assert len(listed) == 1
    told("backup", "now", "--snapshot")
    for part in ("storage", "vault"):
        for path in data.glob(f"{part}.db*"):
            path.unlink()
    return data


def test_a_site_is_restored_and_goes_on(lost: Path, listed: Any) -> None:
    """In the next epoch; its chain goes on, and is whole."""
    would = told("restore", "--dry-run")["would"]
    assert (would["to"], would["begun"], would["gaps"]) == ("local", False, [])
    restored = told("restore")["restored"]
    assert (restored["flaws"], restored["erased"]) == ([], 0)
    assert restored["position"] == would["position"]
    assert restored["checked"]["panoramas"] == 1
    assert told("panoramas", "list", TENANT) == listed
    assert told("failover", "status")["in_force"] == {"epoch": 2, "site": "local", "open": True}
    assert told("backup", "now")["shipped"]["segments"] >= 1
    assert [each["verified"]["problems"] for each in told("backup", "verify")] == [[]]
    assert (lost / "storage.db").exists()


def test_people_are_told_in_sentences(lost: Path) -> None:
    """What would be restored, what was, and how it is refused over what is there."""
    assert "would be restored to site local: the snapshot 1.4" in run("restore", "--dry-run", "--text").stdout
    assert "Site local is restored up to manifest" in run("restore", "--text").stdout
    again = run("restore", "--text")
    assert again.exit_code == Exit.REFUSED
    assert "storage is not empty" in again.output
    assert lost.exists()


def test_a_moment_is_restored(lost: Path) -> None:
    """A later one than the newest is the newest; one before the first is refused with those that there are."""
    refused = run("restore", "--at", "2020-01-01T00:00:00Z", "--text")
    assert (refused.exit_code, "choose a moment from" in refused.output) == (Exit.REFUSED, True)
    assert told("restore", "--at", "2999-01-01T00:00:00+01:00")["restored"]["flaws"] == []
    assert lost.exists()


@pytest.mark.parametrize("at", ["yesterday", "2026-01-01T00:00:00"])
def test_a_moment_that_is_none_is_wrong_usage(at: str) -> None:
    """And so is one that does not say the offset from UTC."""
    assert run("restore", "--at", at).exit_code == Exit.USAGE


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A site that is not there, and one without blob stores."""
    unknown = run("restore", "--to", "elsewhere", "--text")
    assert (unknown.exit_code, "there is no site elsewhere" in unknown.output) == (Exit.REFUSED, True)
    monkeypatch.setenv("PANORAMA_SITES__LOCAL__BLOBS", "")
    assert "names no blob stores" in run("restore", "--text").output


def test_what_another_store_makes_up_for_is_told(lost: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And without control stores the newest moment is restored in the first epoch."""
    (lost / "panorama.toml").write_text(
        'data = "."\n[sites.local]\nstorage = "sqlite:storage.db"\nvault = "sqlite:vault.db"\n'
        'keys = ["file:keyring"]\n'
        'blobs = ["dir:empty", "dir:blobs"]\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("PANORAMA_CONFIG", str(lost / "panorama.toml"))
    shown = run("restore", "--site", "local", "--to", "local", "--text")
    assert shown.exit_code == Exit.DONE, shown.output
    assert "not-found" in shown.stdout


def test_panoramas_are_brought_back_into_a_site_that_goes_on(listed: Any) -> None:
    """All of a tenant's or one; a dry run says which, and a repeat doubles none."""
    told("backup", "now")
    (original,) = [each["panorama"] for each in listed]
    would = told("restore", "--tenant", TENANT, "--dry-run")["brought"]["panoramas"]
    assert [(each["original"], each["nodes"], each["panorama"]) for each in would] == [(original, 1, None)]
    shown = run("restore", "--tenant", TENANT, "--panorama", original, "--text")
    assert (shown.exit_code, original in shown.stdout) == (Exit.DONE, True)
    again = told("restore", "--tenant", TENANT)["brought"]["panoramas"]
    assert {each["panorama"] for each in told("panoramas", "list", TENANT)} == {original, again[0]["panorama"]}
    nobody = run("restore", "--tenant", "jira:nobody", "--text")
    assert (nobody.exit_code, "there is no tenant jira:nobody" in nobody.output) == (Exit.REFUSED, True)


def test_a_panorama_needs_its_tenant() -> None:
    """Or nobody knows whose it is."""
    assert run("restore", "--panorama", "f" * 24).exit_code == Exit.USAGE


def test_half_a_site_is_not_served(lost: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever opens it is told to wait; the restore that is repeated makes it whole."""

    async def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("application.restore.site.write_book", die)
        assert run("restore", "--text").exit_code == Exit.INTERRUPTED
    half = run("tenants", "list", "--text")
    assert (half.exit_code, "repeat `panorama restore`" in half.output) == (Exit.UNAVAILABLE, True)
    assert told("restore", "--dry-run")["would"]["begun"] is True
    told("restore")
    assert len(told("tenants", "list")) == 1
    assert lost.exists()
