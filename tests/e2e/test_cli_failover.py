"""An operator has one site of a machine take over from another, and back."""

import json
from pathlib import Path

import pytest

from application.failover import takeover
from entrypoints.cli.exits import Exit
from entrypoints.configuration_file import read
from tests.e2e.commands import run, told
from tests.e2e.people import ALIAS, People

SITES = """
[control]
stores = ["dir:control-one", "dir:control-two", "dir:control-three"]

[sites.east]
storage = "sqlite:east/storage.db"
vault = "sqlite:east-vault/vault.db"
keys = ["file:keyring"]
blobs = ["dir:east-blobs", "dir:shared-blobs"]

[sites.west]
storage = "sqlite:west/storage.db"
vault = "sqlite:west-vault/vault.db"
keys = ["file:keyring"]
blobs = ["dir:west-blobs", "dir:shared-blobs"]
"""


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name a configuration of two sites; nobody has written a moment ago, so that nobody need be waited for."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setenv("PANORAMA_ACTIVE", "east")
    monkeypatch.setattr(takeover, "FENCE_WAIT", 0.0)
    file = tmp_path / "panorama.toml"
    file.write_text(SITES, encoding="utf-8")
    for folder in ("east", "east-vault", "west", "west-vault"):
        (tmp_path / "data" / folder).mkdir(parents=True, mode=0o700)
    return file


@pytest.fixture
def people(config: Path) -> People:
    """Return the users of a Jira site."""
    return People(lambda site: read(config, {"PANORAMA_ACTIVE": site}))


@pytest.fixture
def shipped(config: Path, people: People) -> Path:
    """Return the data directory of a site that has shipped one panorama."""
    people.begin("east", "one")
    told("backup", "now")
    return config.parent / "data"


def test_a_site_that_lives_is_taken_over_from_without_a_loss(shipped: Path, people: People) -> None:
    """What it had not shipped is fetched from it, each record is looked for, and a report is left."""
    people.begin("east", "not shipped")
    report = told("failover", "run", "--to", "west")
    assert (report["former"], report["site"], report["epoch"]) == ("east", "west", 2)
    assert (report["nothing_lost"], report["lost_seconds"], report["flaws"]) == (True, 0.0, [])
    assert [step["outcome"] for step in report["steps"]] == ["done"] * len(report["steps"])
    assert people.names("west") == ["not shipped", "one"]
    assert told("failover", "status")["in_force"] == {"epoch": 2, "site": "west", "open": True}
    (document,) = (shipped / "reports").glob("failover-*-west.json")
    assert json.loads(document.read_text()) == report
    assert "Nothing was lost" in document.with_suffix(".md").read_text()
    assert run("failover", "run", "--to", "west", "--text").exit_code == Exit.DONE


def test_a_site_that_is_gone_is_taken_over_from_with_what_was_shipped(shipped: Path, people: People) -> None:
    """Its files are gone, and so is one of the stores: the report says up to when everything is there."""
    people.begin("east", "lost")
    for part in ("east", "east-vault", "east-blobs"):
        for path in (shipped / part).rglob("*"):
            if path.is_file():
                path.unlink()
    report = told("failover", "run", "--to", "west")
    assert (report["nothing_lost"], report["lost_seconds"] > 0, report["epoch"]) == (False, True, 2)
    assert people.names("west") == ["one"]


def test_a_standby_follows_and_takes_over_and_the_way_back_is_the_same(
    shipped: Path, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each turn takes what is new; the former site is emptied, and follows in its turn."""
    first = told("follow", "--site", "west", "--once")["caught"]
    assert first["began"] is True
    assert told("follow", "--site", "west", "--once")["caught"]["manifests"] == 0
    people.begin("east", "two")
    told("backup", "now", "--snapshot")
    assert told("follow", "--site", "west", "--once")["caught"]["manifests"] > 1
    waiting = run("panoramas", "list", ALIAS, "--text")
    assert waiting.exit_code == Exit.DONE
    planned = told("failover", "plan", "--to", "west")
    assert planned["seconds_to_first_write"] is None
    assert "standby" in [step["name"] for step in planned["steps"]]
    told("failover", "run", "--to", "west")
    assert people.names("west") == ["one", "two"]
    people.begin("west", "three")
    refused = run("storage", "empty", "--site", "west", "--text")
    assert (refused.exit_code, "is the one that writes" in refused.output) == (Exit.REFUSED, True)
    assert told("storage", "empty", "--site", "east", "--dry-run")["would"]["unshipped"] == []
    assert told("storage", "empty", "--site", "east")["emptied"]["removed"] > 5
    monkeypatch.setenv("PANORAMA_ACTIVE", "west")
    told("backup", "now")
    told("follow", "--site", "east", "--once")
    report = told("failover", "run", "--to", "east")
    assert (report["nothing_lost"], report["epoch"]) == (True, 3)
    assert people.names("east") == ["one", "three", "two"]
    assert shipped.exists()


def test_a_standby_serves_nobody(shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it is the one that writes."""
    told("follow", "--site", "west", "--once")
    monkeypatch.setenv("PANORAMA_ACTIVE", "west")
    refused = run("panoramas", "list", ALIAS, "--text")
    assert (refused.exit_code, "the site is a standby" in refused.output) == (Exit.UNAVAILABLE, True)
    assert shipped.exists()


def test_people_are_told_of_each_step_in_sentences(shipped: Path, people: People) -> None:
    """While it goes on, and at the end."""
    followed = run("follow", "--site", "west", "--once", "--text")
    assert (followed.exit_code, "Up to manifest 1.1" in followed.stdout) == (Exit.DONE, True)
    assert "would" in run("failover", "run", "--to", "west", "--dry-run", "--text").stdout
    came = run("failover", "run", "--to", "west", "--text")
    assert came.exit_code == Exit.DONE
    assert "Nothing was lost: site east was stopped" in came.stdout
    assert "Site west writes in epoch 2: the first write was acknowledged" in came.stdout
    assert "report: " in came.output
    emptied = run("storage", "empty", "--site", "east", "--text")
    assert "Site east is empty" in emptied.stdout
    assert "Nothing is in no backup" in run("storage", "empty", "--site", "east", "--dry-run", "--text").stdout
    assert people.names("west") == ["one"]
    assert shipped.exists()


def test_what_a_lost_site_had_not_shipped_is_told_before_it_is_emptied(shipped: Path, people: People) -> None:
    """It comes back after another has taken over without it."""
    people.begin("east", "not shipped")
    away = shipped / "away"
    (shipped / "east").rename(away)
    (shipped / "east").mkdir(mode=0o700)
    report = told("failover", "run", "--to", "west", "--reports", str(shipped / "elsewhere"))
    assert report["nothing_lost"] is False
    assert len(list((shipped / "elsewhere").iterdir())) == 2
    for path in (shipped / "east").iterdir():
        path.unlink()
    (shipped / "east").rmdir()
    away.rename(shipped / "east")
    refused = run("storage", "empty", "--site", "east", "--text")
    assert (refused.exit_code, "records that no backup holds" in refused.output) == (Exit.REFUSED, True)
    shown = run("storage", "empty", "--site", "east", "--dry-run", "--text")
    assert "The above is in no backup" in shown.stdout
    assert told("storage", "empty", "--site", "east", "--lose-unshipped")["emptied"]["unshipped"]


def test_without_control_stores_word_of_a_person_is_the_only_fence(shipped: Path) -> None:
    """They are all lost, and new ones are named: whoever goes on must have revoked what the former site writes with."""
    for number in ("one", "two", "three"):
        for path in (shipped / f"control-{number}").rglob("*"):
            if path.is_file():
                path.unlink()
    refused = run("failover", "run", "--to", "west", "--text")
    assert (refused.exit_code, "no control store knows of epoch 1" in refused.output) == (Exit.REFUSED, True)
    assert run("failover", "run", "--to", "west", "--assume-dead").exit_code == Exit.USAGE
    came = run("failover", "run", "--to", "west", "--assume-dead", "--revoked", "the user east", "--text")
    assert came.exit_code == Exit.DONE
    assert "The only fence against site east is that this has been revoked: the user east." in came.stdout


def test_a_follower_ends_when_its_site_writes_or_it_is_told_to(shipped: Path) -> None:
    """Each turn is a line for machines."""
    told("follow", "--site", "west", "--once")
    told("failover", "run", "--to", "west")
    came = run("follow", "--site", "west", "--from", "east", "--text")
    assert (came.exit_code, "there is nothing more to follow" in came.output) == (Exit.DONE, True)
    assert shipped.exists()


def test_who_cannot_be_followed_is_refused(shipped: Path, config: Path) -> None:
    """A site of that name, oneself, and where nobody can tell whom."""
    assert "there is no site north" in run("follow", "--site", "north", "--text").output
    assert "cannot follow itself" in run("follow", "--site", "west", "--from", "west", "--text").output
    full = run("follow", "--site", "east", "--once", "--text")
    assert (full.exit_code, "Cannot go on: the storage is not empty" in full.output) == (Exit.REFUSED, True)
    text = config.read_text(encoding="utf-8")
    config.write_text(text + text.partition("[sites.west]")[2].join(["[sites.north]", ""]), encoding="utf-8")
    for folder in ("control-one", "control-two", "control-three"):
        for path in (shipped / folder).rglob("*"):
            if path.is_file():
                path.unlink()
    unknown = run("follow", "--site", "north", "--once", "--text")
    assert (unknown.exit_code, "name it with --from: east, west" in unknown.output) == (Exit.REFUSED, True)
