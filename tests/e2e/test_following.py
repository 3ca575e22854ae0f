"""A site whose addresses are kept among its secrets follows them while it is open."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from adapters.mongo import prepare_mongo
from entrypoints.configuration_file import Settings, embedded
from entrypoints.container import opened_secrets, opened_site
from entrypoints.core_services import Check
from ports.errors import InvalidArgument, PermissionDenied, PortError
from tests.patience import Deadline, patience
from tests.servers.mongo.starting import Server, mongo_memory

PASSWORDS = {"panorama-a": "hunter2-a", "panorama-b": "hunter2-b"}
POLL = 0.05


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server with two users."""
    with mongo_memory(PASSWORDS) as made:
        yield made


@pytest.fixture
def database() -> str:
    """A name that no test has used."""
    return f"panorama_{uuid4().hex[:8]}"


def address(server: Server, database: str, user: str, password: str | None = None) -> str:
    """Return where the database is, for one of the users."""
    login = f"{user}:{password or PASSWORDS[user]}"
    return server.uri(database).replace("mongodb://", f"mongodb://{login}@")


@pytest.fixture
async def settings(tmp_path: Path, server: Server, database: str) -> Settings:
    """A site whose storage is kept among its secrets; at first the first user logs in."""
    await prepare_mongo(address(server, database, "panorama-a"), deadline=patience(10))
    environ = {
        "PANORAMA_DATA": str(tmp_path / "data"),
        "PANORAMA_SITES__LOCAL__REGION": "us-east-1",
        "PANORAMA_SITES__LOCAL__STORAGE": "secret:storage",
        "PANORAMA_CREDENTIALS__POLL_SECONDS": str(POLL),
    }
    (tmp_path / "data").mkdir(mode=0o700)
    settings = embedded(environ)
    await put(settings, address(server, database, "panorama-a"))
    return settings


async def put(settings: Settings, value: str) -> None:
    """Make a newer version of the storage's address."""
    async with opened_secrets(settings) as secrets:
        assert secrets is not None
        await secrets.put("storage", value.encode())


async def assert_comes_to(check: Check, error: type[PortError] | None) -> None:
    """Return when the check raises such an error, or none."""
    deadline = Deadline(10)
    while True:
        try:
            await check()
        except PortError as exc:
            if error is not None and isinstance(exc, error):
                return
        else:
            if error is None:
                return
        assert not deadline.has_passed(), "it comes to something else"
        await asyncio.sleep(POLL)


async def test_a_newer_version_is_followed_and_a_wrong_one_is_told(
    settings: Settings, server: Server, database: str
) -> None:
    """`/readyz` names the login that could not be followed to; the one in use serves on."""
    async with opened_site(settings) as outside:
        check = outside.spares["storage login"]
        await check()
        await put(settings, address(server, database, "panorama-b", "wrong"))
        await assert_comes_to(check, PermissionDenied)
        await outside.storage.check()
        await put(settings, address(server, database, "panorama-b"))
        await assert_comes_to(check, None)
        await put(settings, address(server, "elsewhere", "panorama-b"))
        await assert_comes_to(check, InvalidArgument)
        await outside.storage.check()


async def test_a_start_between_two_steps_of_a_change_succeeds(
    settings: Settings, server: Server, database: str
) -> None:
    """Where the newest version is refused, the one before it is used."""
    await put(settings, address(server, database, "panorama-b", "wrong"))
    async with opened_site(settings) as outside:
        assert await outside.storage.unshipped(1) == []


async def test_a_start_without_any_way_in_names_the_key(settings: Settings, server: Server, database: str) -> None:
    """And says nothing of the address."""
    for _ in range(2):
        await put(settings, address(server, database, "panorama-b", "wrong"))
    with pytest.raises(PermissionDenied) as caught:
        async with opened_site(settings):
            raise AssertionError
    assert caught.value.__notes__ == ["sites.local.storage"]
    assert "wrong" not in str(caught.value)
