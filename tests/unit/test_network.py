"""Unit tests cannot depend on a network, because they have none."""

import asyncio
import socket

import pytest
import pytest_socket


def test_a_unit_test_cannot_open_a_network_socket() -> None:
    """A unit test that reaches for a network fails, and a warning that it did cannot be overlooked either."""
    with pytest.warns(UserWarning, match="socket"), pytest.raises(pytest_socket.SocketBlockedError):
        socket.socket(socket.AF_INET, socket.SOCK_STREAM)


async def test_a_unit_test_can_run_an_event_loop() -> None:
    """The loop's own wake-up, over a pair of Unix sockets, still works."""
    assert await asyncio.to_thread(lambda: "woken") == "woken"
