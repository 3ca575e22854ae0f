"""An operator ships, looks at, reads back and prunes the backups of the embedded default."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from entrypoints.cli.app import app
from entrypoints.cli.exits import Exit


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have the embedded default keep everything in a folder of the test's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PANORAMA_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "data"


def run(*arguments: str) -> Result:
    """Run a command of the group."""
    result = CliRunner().invoke(app, ["backup", *arguments])
    assert "Traceback" not in result.output
    return result


def told(*arguments: str) -> Any:
    """Run a command and return what it tells machines."""
    return json.loads(run(*arguments, "--json").stdout)


def objects(data: Path) -> list[Path]:
    """Return the files of all objects that manifests name."""
    return sorted(path for path in (data / "blobs" / "blobs" / "objects+").rglob("*@") if path.is_file())


def test_what_has_changed_is_shipped_now() -> None:
    """And is told for machines and for people."""
    first = told("now")
    assert (first["shipped"]["segments"], first["status"]["lag"]) == (1, "P0D")
    assert "Shipped 1 records in 1 segments" in run("now", "--text").stdout


def test_a_snapshot_is_taken_and_listed() -> None:
    """With the moments that can be restored."""
    assert "Nothing can be restored yet." in run("list", "--text").stdout
    assert told("now", "--snapshot")["snapshot"]["done"]["snapshots taken"] == 1
    listed = told("list")
    assert [each["snapshot"] for each in listed["manifests"]] == [True]
    assert len(listed["windows"]) == 1
    assert [each["snapshot"] for each in told("list", "--segments")["manifests"]] == [False, False, False, True]
    shown = run("list", "--segments", "--text").stdout
    assert "snapshot" in shown
    assert "segment" in shown
    assert "Any moment from" in shown or "Can be restored to" in shown
    assert "The snapshot is taken." in run("now", "--snapshot", "--text").stdout


def test_the_status_tells_of_each_store() -> None:
    """A site that has just been made has shipped nothing yet, and nothing is lost."""
    assert "not tried yet" in run("status", "--text").stdout
    run("now")
    status = told("status")
    assert status["fine"] is True
    assert [(store["name"], store["cloud"], store["counts"]) for store in status["status"]["stores"]] == [
        ("dir:blobs", "local", True)
    ]
    assert "none of which is outside the site's cloud" in run("status", "--text").stdout


def test_a_store_that_cannot_be_given_everything_is_told(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With exit code 1, and so is the status from then on."""
    monkeypatch.setenv("PANORAMA_SITES__LOCAL__BLOBS", "dir:blobs,dir:more")
    run("now")
    (data / "more" / "blobs" / "manifests+").rename(data / "away")
    (data / "more" / "blobs" / "manifests+").write_text("in the way", encoding="utf-8")
    failed = run("now", "--text")
    assert failed.exit_code == Exit.REFUSED
    assert "! dir:more could not be given everything" in failed.stdout
    status = run("status", "--text")
    assert status.exit_code == Exit.REFUSED
    (data / "more" / "blobs" / "manifests+").unlink()
    (data / "away").rename(data / "more" / "blobs" / "manifests+")
    assert run("now").exit_code == Exit.DONE
    assert run("status").exit_code == Exit.DONE


def test_backups_are_read_back(data: Path) -> None:
    """All of them or a part; what is damaged is named."""
    run("now", "--snapshot")
    assert "Every store is whole" in run("verify", "--text").stdout
    assert told("verify", "--part", "1/1")[0]["verified"]["problems"] == []
    path = objects(data)[0]
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes((content[-1] ^ 1,)))
    found = run("verify", "--text")
    assert found.exit_code == Exit.REFUSED
    assert path.name.removesuffix("@") in found.stdout.replace("\n", "")


def test_what_is_missing_is_put_back(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the other store, when it is asked for."""
    monkeypatch.setenv("PANORAMA_SITES__LOCAL__BLOBS", "dir:blobs,dir:more")
    run("now")
    path = objects(data)[0]
    path.unlink()
    repaired = run("verify", "--repair", "--text")
    assert repaired.exit_code == Exit.REFUSED
    assert "dir:blobs is being given once more what it lacks." in repaired.stdout
    assert path.exists()
    assert run("verify").exit_code == Exit.DONE


@pytest.mark.parametrize("part", ["0/3", "4/3", "x/3", "3", "1/"])
def test_a_part_that_is_none_is_wrong_usage(part: str) -> None:
    """The message says how one is written."""
    assert run("verify", "--part", part).exit_code == Exit.USAGE


def test_pruning_says_what_would_go() -> None:
    """Of a young backup nothing."""
    run("now")
    assert told("prune", "--dry-run") == []
    assert "0 objects would be deleted." in run("prune", "--dry-run", "--text").stdout
    assert told("prune") == {"done": {}, "findings": []}
    assert "There was nothing to delete." in run("prune", "--text").stdout


def test_a_store_that_cannot_be_planned_for_is_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan of the others is printed all the same; the exit code is that of pruning itself."""
    monkeypatch.setenv("PANORAMA_SITES__LOCAL__BLOBS", "dir:blobs,dir:more")
    run("now")
    manifests = data / "more" / "blobs" / "manifests+"
    shutil.rmtree(manifests)
    manifests.write_text("no folder")
    planned = run("prune", "--dry-run", "--json")
    assert planned.exit_code == Exit.REFUSED
    assert json.loads(planned.stdout) == []
    assert planned.stderr.startswith("! dir:more cannot be pruned (")


def test_what_is_odd_is_told(data: Path) -> None:
    """A manifest that the book does not know is left, and told with exit code 1."""
    run("now")
    source = next((data / "blobs" / "blobs" / "manifests+").rglob("*@"))
    (source.parent / source.name.replace("01.json", "09.json")).write_bytes(source.read_bytes())
    pruned = run("prune", "--text")
    assert pruned.exit_code == Exit.REFUSED
    assert "1 manifests that the site's own book does not know" in pruned.stdout.replace("\n", " ")


@pytest.mark.parametrize("command", ["now", "status", "list", "verify", "prune"])
def test_a_site_without_blob_stores_has_no_backups(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says so."""
    monkeypatch.setenv("PANORAMA_SITES__LOCAL__BLOBS", "")
    refused = run(command, "--text")
    assert refused.exit_code == Exit.REFUSED
    assert "the site names no blob stores, so it has no backups" in refused.output
