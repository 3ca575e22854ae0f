"""Who may come in, and whom the adapter believes."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from adapters.mongo import open_mongo, prepare_mongo
from ports.errors import PermissionDenied, Unavailable
from tests.contract.storage.conftest import ENGINE, new_database
from tests.contract.storage.samples import ref, sample
from tests.patience import patience
from tests.report import not_proven
from tests.servers.chroot import NotHere
from tests.servers.mongo.certificates import Authority
from tests.servers.mongo.starting import Server, mongo_documentdb, mongo_memory

PASSWORD = "Correct-Horse-1"
DEADLINE = 5.0


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Whoever signs the server's certificate."""
    return Authority(tmp_path)


@pytest.fixture
def user() -> str:
    """A user that nobody else has made."""
    return new_database()


@pytest.fixture(params=["mongo-memory", ENGINE])
def locked(request: pytest.FixtureRequest, authority: Authority, user: str) -> Iterator[Server]:
    """A server that speaks TLS alone and lets in one user alone."""
    with ExitStack() as stack:
        try:
            tls: ssl.SSLContext = authority.server()
            if request.param == "mongo-memory":
                server = stack.enter_context(mongo_memory({user: PASSWORD}, tls))
            else:
                server = stack.enter_context(mongo_documentdb(tls, user=(user, PASSWORD)))
        except NotHere as absent:
            not_proven("authentication by the DocumentDB engine", str(absent))
            pytest.skip("the engine cannot be had on this machine")
        yield server


def uri(server: Server, database: str, login: str, options: str) -> str:
    """Return where the database is, for somebody who says to be somebody."""
    return server.uri(database, options).replace("mongodb://", f"mongodb://{login}@", 1)


async def test_the_right_password_over_tls_comes_in(locked: Server, authority: Authority, user: str) -> None:
    """SCRAM-SHA-256 over TLS, with the server's certificate checked, is how a store is reached."""
    database = new_database()
    address = uri(locked, database, f"{user}:{PASSWORD}", f"tls=true&tlsCAFile={authority.file}")
    await prepare_mongo(address, deadline=patience(DEADLINE))
    store = await open_mongo(address, deadline=patience(DEADLINE))
    await store.put(sample("a"))
    assert await store.get(ref("a")) == sample("a")
    await store.close()
    locked.drop(database)


@pytest.mark.parametrize("login", ["{user}:Wrong-Horse-1", "nobody:Correct-Horse-1"])
async def test_wrong_credentials_are_refused(locked: Server, authority: Authority, user: str, login: str) -> None:
    """A wrong password and an unknown user are PermissionDenied, and no password is in the message."""
    address = uri(locked, "panorama", login.format(user=user), f"tls=true&tlsCAFile={authority.file}")
    with pytest.raises(PermissionDenied) as refused:
        await open_mongo(address, deadline=patience(DEADLINE))
    assert "Horse" not in str(refused.value)


async def test_nobody_comes_in_without_credentials(locked: Server, authority: Authority) -> None:
    """Saying nothing about oneself is not enough."""
    with pytest.raises(PermissionDenied):
        await open_mongo(locked.uri("panorama", f"tls=true&tlsCAFile={authority.file}"), deadline=patience(DEADLINE))


@pytest.mark.parametrize("options", ["tls=true", "tls=false"])
async def test_a_server_that_cannot_be_believed_is_not_spoken_to(locked: Server, user: str, options: str) -> None:
    """An unknown authority's certificate, or speaking in clear to who speaks TLS, is no connection."""
    with pytest.raises(Unavailable):
        await open_mongo(uri(locked, "panorama", f"{user}:{PASSWORD}", options), deadline=patience(1))
