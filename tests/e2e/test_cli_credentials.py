"""An operator sees who logs in where and how old passwords are, and has them replaced; nothing shows one."""

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from adapters.mongo import prepare_mongo
from domain.epochs import Word
from entrypoints.cli.app import app
from entrypoints.cli.exits import Exit
from entrypoints.configuration_file import embedded
from entrypoints.container import opened_control
from tests.patience import patience
from tests.servers.mongo.scram import Who
from tests.servers.mongo.starting import mongo_memory
from tests.servers.mongo.users import Role, User

FIRST = "hunter2-first"
KEEPER = "hunter2-keeper"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have the embedded default keep everything in a folder of the test's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PANORAMA_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def roles() -> list[Role]:
    """What each of the two users may besides reading and writing."""
    return [("userAdminAnyDatabase", "admin")]


@pytest.fixture
def address(roles: list[Role], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A storage in MongoDB at which the first of two users logs in, kept among the secrets."""
    database = f"panorama_{uuid4().hex[:8]}"
    users = {Who(database, f"panorama-{end}"): User(FIRST, [("readWrite", database), *roles]) for end in "ab"} | {
        Who("admin", "keeper"): User(KEEPER, [("userAdminAnyDatabase", "admin")])
    }
    with mongo_memory(users=users) as server:
        made = f"mongodb://panorama-a:{FIRST}@127.0.0.1:{server.port}/{database}"
        asyncio.run(prepare_mongo(made, deadline=patience(10)))
        monkeypatch.setenv("PANORAMA_SITES__LOCAL__REGION", "us-east-1")
        monkeypatch.setenv("PANORAMA_SITES__LOCAL__STORAGE", "secret:storage")
        monkeypatch.setenv("PANORAMA_CREDENTIALS__POLL_SECONDS", "0.1")
        monkeypatch.setenv("PANORAMA_CREDENTIALS__SETTLE_SECONDS", "0.2")
        put("storage", made)
        yield made


def put(name: str, value: str) -> None:
    """Make a new version of a secret."""
    assert CliRunner().invoke(app, ["secrets", "put", name], input=value).exit_code == Exit.DONE


def run(*arguments: str) -> Result:
    """Run a command of the group; it shows no password."""
    result = CliRunner().invoke(app, ["credentials", *arguments])
    assert "hunter2" not in result.output
    assert "-Aa0" not in result.output
    return result


def test_where_nobody_logs_in_there_is_nothing_to_see_or_to_do() -> None:
    """The embedded default has no password."""
    assert json.loads(run("status").stdout) == {"credentials": []}
    assert "Nobody logs in anywhere" in run("status", "--text").stdout
    assert json.loads(run("rotate", "--now").stdout) == {"done": {}, "findings": []}
    assert "Nothing was due." in run("rotate", "--text").stdout
    assert "Nothing is due now." in run("rotate", "--dry-run", "--text").stdout


def test_passwords_are_replaced_at_once(address: str) -> None:
    """The command returns when the user before is disabled."""
    (before,) = json.loads(run("status").stdout)["credentials"]
    assert (before["part"], before["by"], before["user"], before["days"]) == ("storage", "password", "panorama-a", 0)
    replaced = {"passwords replaced": 1, "users disabled": 2}
    assert json.loads(run("rotate", "--now").stdout)["done"] == replaced
    (after,) = json.loads(run("status").stdout)["credentials"]
    assert (after["user"], after["version"], after["next"]) == ("panorama-b", "2", "replace the password")
    told = run("rotate", "--now", "--text").stdout
    assert "passwords replaced: 1" in told
    assert "users disabled: 1" in told
    assert "Nothing was due." in run("rotate", "--text").stdout
    status = run("status", "--text").stdout
    assert "panorama-a" in status
    assert "0 days" in status


def test_a_dry_run_does_nothing(address: str) -> None:
    """And says what would be done."""
    would = json.loads(run("rotate", "--now", "--dry-run").stdout)["would"]
    assert would[-1] == "replace the password (storage)"
    assert "Would replace the password (storage)." in run("rotate", "--now", "--dry-run", "--text").stdout
    (after,) = json.loads(run("status").stdout)["credentials"]
    assert after["version"] == "1"


@pytest.mark.parametrize("roles", [[]])
def test_what_is_in_the_way_is_told_with_the_way_out(address: str) -> None:
    """By the exit code too, and it does not wait for what does not come."""
    result = run("rotate", "--now", "--text")
    assert result.exit_code == Exit.REFUSED
    assert "does not let the password of the storage be changed" in " ".join(result.stdout.split())
    assert "docs/mongodb.md" in result.stdout


def test_a_password_outside_of_the_secrets_is_told(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the exit code of something that is not as it should be."""
    monkeypatch.setenv("PANORAMA_SITES__LOCAL__STORAGE", address)
    result = run("status")
    assert result.exit_code == Exit.REFUSED
    (told,) = json.loads(result.stdout)["credentials"]
    assert [finding["code"] for finding in told["findings"]] == ["credential-unmanaged"]
    assert run("status", "--text").exit_code == Exit.REFUSED


def write_elsewhere() -> None:
    """Let the control store say that another site writes."""

    async def propose() -> None:
        async with opened_control(embedded(os.environ)) as control:
            await control.propose(Word(7, "elsewhere", open=True))

    asyncio.run(propose())


def test_a_site_that_may_not_write_replaces_its_own_passwords(address: str) -> None:
    """They are no other site's business. What it seals agreements under has come from the site that writes."""
    run("rotate", "--now")
    write_elsewhere()
    done = json.loads(run("rotate", "--now").stdout)["done"]
    assert (done["passwords replaced"], done["users disabled"]) == (1, 1)


def test_a_site_that_may_not_write_makes_no_data_key(address: str) -> None:
    """It would be another one than that of the site that writes."""
    write_elsewhere()
    assert run("rotate", "--now").exit_code == Exit.UNAVAILABLE
    assert json.loads(run("status").stdout)["credentials"][0]["version"] == "1"


def probes() -> dict[str, tuple[str, str, str]]:
    """Run a preflight, and return what it has found of passwords: expected, found and missing, by part."""
    result = CliRunner().invoke(app, ["preflight"])
    assert "hunter2" not in result.output
    found = [each for each in json.loads(result.stdout)["findings"] if "password" in each["capability"]]
    return {each["part"]: (each["expected"], each["found"], each["missing"]) for each in found}


def test_the_preflight_tries_whether_the_password_could_be_changed(address: str) -> None:
    """By the user himself."""
    assert probes() == {"storage": ("ok", "ok", "")}


@pytest.mark.parametrize("roles", [[]])
def test_the_preflight_tries_the_administrator(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one, the permission that is missing is named; with one, his own password is tried too."""
    missing = "changePassword on the database that keeps the users"
    assert probes() == {"storage": ("ok", "permission-denied", missing)}
    place = address.rpartition("@")[2].partition("/")[0]
    put("keeper", f"mongodb://keeper:{KEEPER}@{place}/admin")
    monkeypatch.setenv("PANORAMA_SITES__LOCAL__STORAGE_ADMINISTRATOR", "secret:keeper")
    assert probes() == {"storage": ("ok", "ok", ""), "storage-administrator": ("ok", "ok", "")}
    done = json.loads(run("rotate", "--now").stdout)["done"]
    assert done["passwords replaced"] == 2
