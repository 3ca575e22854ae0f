"""An operator, or the night, restores the newest backup where it harms nobody."""

from pathlib import Path

import pytest

from entrypoints.cli.exits import Exit
from entrypoints.configuration_file import read
from tests.e2e.commands import run, told
from tests.e2e.people import People
from tests.e2e.two_clouds import TwoClouds


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name the data directory that the commands work on."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setenv("PANORAMA_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def people(data: Path) -> People:
    """Return the users of a Jira site."""
    return People(lambda _: read(None, {"PANORAMA_DATA": str(data)}))


def rot(data: Path) -> None:
    """Turn a bit of every object of a backup."""
    for path in (data / "blobs").rglob("*"):
        if path.is_file() and "objects" in str(path):
            content = path.read_bytes()
            path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def test_a_drill_is_held_told_and_leaves_nothing(data: Path, people: People) -> None:
    """Its result is in the status and in what is told of the last drills; its files are gone."""
    assert "No drill yet" in run("drill", "--dry-run", "--text").stdout
    people.begin("local", "one")
    told("backup", "now")
    result = told("drill")
    assert (result["problems"], result["panoramas"], result["elsewhere"]) == ([], 1, False)
    assert told("backup", "status")["drills"] == [result]
    assert told("drill", "--dry-run") == result
    shown = run("drill", "--text")
    assert (shown.exit_code, "1 panoramas are whole" in shown.stdout) == (Exit.DONE, True)
    assert "none is known to be outside the site's own cloud" in shown.stdout
    assert "went well. Of the last 2, 0 failed." in run("backup", "status", "--text").stdout
    assert not [each for each in data.iterdir() if each.is_dir() and each.name.startswith("restore-")]


def test_a_drill_that_fails_is_loud(data: Path, people: People) -> None:
    """The command, the status and the job say so, with the reason."""
    people.begin("local", "one")
    told("backup", "now")
    rot(data)
    failed = run("drill", "--text")
    assert (failed.exit_code, "is whole in no store" in failed.stdout) == (Exit.REFUSED, True)
    status = run("backup", "status", "--text")
    assert (status.exit_code, "Last drill" in status.stdout, "! failed" in status.stdout) == (Exit.REFUSED, True, True)
    assert run("maintain", "--job", "drill").exit_code == Exit.REFUSED


def test_deep_verification_opens_what_each_store_holds(data: Path, people: People) -> None:
    """And names what does not open."""
    people.begin("local", "one")
    told("backup", "now")
    (looked,) = told("backup", "verify", "--deep")
    assert (looked["opened"]["panoramas"], looked["opened"]["problems"]) == (1, [])
    assert "Every store is whole" in run("backup", "verify", "--deep", "--text").stdout
    rot(data)
    rotten = run("backup", "verify", "--deep", "--text")
    assert (rotten.exit_code, "is whole in no store" in rotten.stdout) == (Exit.REFUSED, True)


def test_a_drill_needs_nothing_of_the_sites_own_cloud(clouds: TwoClouds) -> None:
    """It opens with the other cloud's keys alone, and reads what the own cloud's buckets do not give elsewhere.

    Here all buckets are taken to be outside: what stands for a cloud on this machine is nobody's.
    """
    people = People(lambda site: read(clouds.configuration, {"PANORAMA_ACTIVE": site}))
    people.begin("aws", "one")
    told("backup", "now")
    clouds.lose_keys_of_aws()
    clouds.lose_buckets_of_aws()
    result = told("drill")
    assert (result["problems"], result["panoramas"], result["elsewhere"]) == ([], 1, True)
    assert [each.partition(":")[0] for each in result["keys"]] == ["gcp-kms"]
    assert "Nothing of the site's own cloud was used" in run("drill", "--text").stdout
