"""Each misfortune of docs/runbooks happens, and exactly the commands of its page are given."""

import asyncio
import re
import shutil
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest

from adapters.local.blobs import open_directory
from application.backups.names import MANIFESTS, numbered
from domain.backups.manifests import Position
from entrypoints.configuration_file import read
from tests.e2e.clouds import KeyServers
from tests.e2e.people import ALIAS, People
from tests.e2e.runbooks import FOLDER, Shell, sections
from tests.e2e.two_clouds import SITES_DEADLINE, TwoClouds
from tests.patience import patience

CONTROL = ("control-east", "control-west", "control-witness")
OWN = ("storage", "vault", "blobs")


def table(site: str, *more: str) -> str:
    """Return the table of a site: everything that is its own lies in folders of its name."""
    blobs = ", ".join(f'"dir:{each}"' for each in (f"{site}-blobs", *more))
    return f"""
[sites.{site}]
storage = "sqlite:{site}-storage/storage.db"
vault = "sqlite:{site}-vault/vault.db"
keys = ["file:keyring"]
blobs = [{blobs}]
deadline = {min(patience(SITES_DEADLINE), 60.0)}
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return the data directory of three sites: one that writes, one beside it, and one that nobody has used."""
    data = tmp_path / "data"
    folders = [f"{site}-{part}" for site in ("east", "west", "clean") for part in OWN]
    for folder in (*folders, "abroad-blobs"):
        (data / folder).mkdir(parents=True, mode=0o700)
    stores = ", ".join(f'"dir:{name}"' for name in CONTROL)
    tables = "".join(table(site, "abroad-blobs") for site in ("east", "west", "clean"))
    text = f'active = "east"\n[control]\nstores = [{stores}]\n{tables}'
    (tmp_path / "panorama.toml").write_text(text, encoding="utf-8")
    return data


@pytest.fixture
def shell(tmp_path: Path, data: Path) -> Shell:
    """Return where an operator sits."""
    assert data.exists()
    return Shell(tmp_path, tmp_path / "panorama.toml")


@pytest.fixture
def people(tmp_path: Path, data: Path) -> People:
    """Return the users of a Jira site."""
    assert data.exists()
    return People(lambda site: read(tmp_path / "panorama.toml", {"PANORAMA_ACTIVE": site}))


def lose(data: Path, *folders: str) -> None:
    """Have something be there no more, nor be made anew: what has no permission to be entered does not answer."""
    for folder in folders:
        (data / folder).rename(data / f"{folder}-away")
        (data / folder).touch()


def bring_back(data: Path, *folders: str) -> None:
    """Have it be there again as it was."""
    for folder in folders:
        (data / folder).unlink()
        (data / f"{folder}-away").rename(data / folder)


def now() -> str:
    """Return this moment, and let a little time pass."""
    time.sleep(0.05)
    moment = datetime.now(UTC).isoformat()
    time.sleep(0.05)
    return moment


def test_runbook_pages_are_all_tried() -> None:
    """No page has commands that no test gives."""
    tried = Path(__file__).read_text(encoding="utf-8")
    pages = {page.name for page in FOLDER.glob("*.md")} - {"README.md"}
    assert len(pages) == 6
    assert all(f'sections("{page}")' in tried for page in pages)


def test_runbook_for_a_lost_region(data: Path, shell: Shell, people: People) -> None:
    """Another site takes over with what was shipped; when the region is back, nothing more is lost on the way back."""
    people.begin("east", "one")
    shell.give("panorama backup now", {})
    people.begin("east", "not shipped")
    lost = [f"east-{part}" for part in OWN]
    lose(data, *lost)
    page, variables = sections("region-lost.md"), {"FROM": "east", "TO": "west"}
    told = shell.give(page.pop("To take over"), variables)
    assert '"nothing_lost":false' in told
    assert people.names("west") == ["one"]
    people.begin("west", "two")
    bring_back(data, *lost)
    told = shell.give(page.pop("The way back"), variables)
    assert '"nothing_lost":true' in told
    assert people.names("east") == ["one", "two"]
    assert page == {}


def test_runbook_for_a_lost_cloud(tmp_path: Path, clouds: TwoClouds) -> None:
    """Its key manager and a control store are out, too; the other cloud needs none of it."""
    people = People(lambda site: read(clouds.configuration, {"PANORAMA_ACTIVE": site}))
    shell = Shell(tmp_path, clouds.configuration)
    people.begin("aws", "one")
    shell.give("panorama backup now", {})
    clouds.lose_aws()
    page = sections("cloud-lost.md")
    told = shell.give(page.pop("To take over"), {"FROM": "aws", "TO": "gcp"})
    assert "does without" in told
    assert people.names("gcp") == ["one"]
    assert page == {}


def test_runbook_for_a_lost_key_manager(tmp_path: Path, clouds: TwoClouds, kms: KeyServers) -> None:
    """Everything is wrapped by a new one, which alone opens all of it."""
    people = People(lambda site: read(clouds.configuration, {"PANORAMA_ACTIVE": site}))
    shell = Shell(tmp_path, clouds.configuration)
    people.begin("aws", "one")
    shell.give("panorama backup now", {})
    (lost, *_) = re.findall(r'"(aws-kms:[^"]+)"', clouds.configuration.read_text(encoding="utf-8"))
    clouds.lose_keys_of_aws()
    new = f"gcp-kms:{kms.google.create_key(uuid4().hex)}?endpoint={kms.google.server.endpoint}"
    page = sections("key-manager-lost.md")
    shell.give(page.pop("To replace it"), {"LOST": lost, "NEW": new})
    people.begin("aws", "two")
    alone = read(clouds.configuration, {"PANORAMA_SITES__AWS__KEYS": new})
    assert People(lambda _: alone).names("aws") == ["one", "two"]
    assert page == {}


def test_runbook_for_a_corrupted_database(data: Path, shell: Shell, people: People) -> None:
    """The site goes on elsewhere as it was before the bug, and the spoilt one writes no more."""
    kept = people.begin("east", "kept")
    shell.give("panorama backup now", {})
    at = now()
    people.discard("east", kept)
    people.begin("east", "made by a bug")
    shell.give("panorama backup now", {})
    page = sections("database-corrupted.md")
    told = shell.give(page.pop("To go back"), {"FROM": "east", "TO": "west", "AT": at})
    assert '"in_force":{"epoch":2,"site":"west","open":true}' in told
    assert people.names("west") == ["kept"]
    assert page == {}
    assert data.exists()


def test_runbook_for_yesterday(shell: Shell, people: People) -> None:
    """A panorama that was discarded is there again, beside those that there are."""
    gone = people.begin("east", "gone")
    people.begin("east", "other")
    shell.give("panorama backup now", {})
    at = now()
    people.discard("east", gone)
    shell.give("panorama backup now", {})
    page = sections("yesterday.md")
    shell.give(page.pop("To bring it back"), {"TENANT": ALIAS, "PANORAMA": gone, "AT": at})
    assert people.names("east") == ["gone", "other"]
    assert page == {}


def forge(store: Path) -> None:
    """Add what a manifest of a later epoch would be, with the rights of the service: it may only add."""
    asyncio.run(_forge(store))


async def _forge(store: Path) -> None:
    blobs = await open_directory(store)
    newest = (await blobs.list(prefix=MANIFESTS))[-1].name
    content = b"".join([chunk async for chunk in blobs.read(newest)]).replace(b'"epoch":1', b'"epoch":777')

    async def once() -> AsyncIterator[bytes]:
        yield content

    await blobs.create(numbered(MANIFESTS, Position(777, 1)), once(), sha256=sha256(content).digest())
    await blobs.close()


def test_runbook_for_ransom(data: Path, shell: Shell, people: People) -> None:
    """Live data is deleted, manifests are added that lead nowhere, and a word of the control stores is changed."""
    people.begin("east", "one")
    shell.give("panorama backup now", {})
    at = before = now()
    people.begin("east", "we have your data")
    shell.give("panorama backup now", {})
    for part in ("storage", "vault"):
        shutil.rmtree(data / f"east-{part}")
        (data / f"east-{part}").mkdir(mode=0o700)
    forge(data / "abroad-blobs")
    page = sections("ransom.md")
    variables = {"FROM": "east", "TO": "clean", "AT": at, "BEFORE": before}
    shell.give(page.pop("To come back"), variables)
    assert people.names("clean") == ["one"]
    assert page == {}
