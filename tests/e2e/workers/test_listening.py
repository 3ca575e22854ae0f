"""What the workers share to listen at."""

import socket
from pathlib import Path

import pytest

from entrypoints.http.settings import Listen
from entrypoints.workers.listening import bind


def test_a_bound_address_refuses_connections_until_it_is_listened_at(free: int) -> None:
    """The parent only binds, and a worker listens when it is ready."""
    (bound,) = bind(Listen(port=free))
    with bound:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", free))
        bound.listen()
        with socket.create_connection(("127.0.0.1", free)) as client:
            assert client.getpeername() == ("127.0.0.1", free)


def test_every_address_of_a_name_is_bound(free: int) -> None:
    """As one process does it: `localhost` may be two addresses."""
    found = {info[4][0] for info in socket.getaddrinfo("localhost", free, type=socket.SOCK_STREAM)}
    sockets = bind(Listen(host="localhost", port=free))
    try:
        assert {each.getsockname()[0] for each in sockets} == found
    finally:
        for each in sockets:
            each.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_address_that_is_listened_at_is_taken(host: str) -> None:
    """It is not shared with another service."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as taken, pytest.raises(OSError, match="in use"):
        bind(Listen(host=host, port=taken.getsockname()[1]))


def test_a_socket_that_was_left_behind_is_replaced(tmp_path: Path) -> None:
    """Nothing listens there. Everybody may connect, as to one that uvicorn makes; its folder says who can."""
    path = tmp_path / "panorama.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    (bound,) = bind(Listen(socket=str(path)))
    with bound:
        assert path.stat().st_mode & 0o777 == 0o666
        bound.listen()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            assert client.getpeername() == str(path)


def test_a_socket_that_is_served_is_taken(tmp_path: Path) -> None:
    """It stays, and is served on."""
    path = tmp_path / "panorama.sock"
    with socket.socket(socket.AF_UNIX) as served:
        served.bind(str(path))
        served.listen()
        with pytest.raises(OSError, match="in use"):
            bind(Listen(socket=str(path)))
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            assert client.getpeername() == str(path)


def test_what_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    """A file that the configuration names by mistake is not removed."""
    path = tmp_path / "notes.txt"
    path.write_text("precious", encoding="utf-8")
    with pytest.raises(OSError, match="in use"):
        bind(Listen(socket=str(path)))
    assert path.read_text(encoding="utf-8") == "precious"
