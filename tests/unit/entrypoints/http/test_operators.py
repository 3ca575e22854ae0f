"""Who may read counters."""

from typing import Any, cast

import pytest
from litestar.types import Scope

from entrypoints.http.operators import Operators

LOCAL = ("127.0.0.0/8", "::1/128")


def scope(address: str | None, **fields: str) -> Scope:
    """Return a request from an address, or over a Unix socket."""
    headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()]
    made: dict[str, Any] = {"type": "http", "client": address and (address, 1), "headers": headers}
    return cast("Scope", made)


@pytest.mark.parametrize(
    ("operators", "request_", "expected"),
    [
        (Operators(LOCAL), scope("127.0.0.1", host="127.0.0.1:8080"), True),
        (Operators(LOCAL), scope("::1", host="[::1]:8080"), True),
        (Operators(LOCAL), scope("127.0.0.1", host="localhost"), True),
        (Operators(LOCAL), scope("127.0.0.1"), True),
        (Operators(LOCAL), scope("10.0.0.1", host="10.0.0.9"), False),
        (Operators(LOCAL), scope("unknown"), False),
        (Operators(("10.0.0.0/8",)), scope("10.0.0.1", host="panorama.internal"), True),
        (Operators(("10.0.0.0/8",)), scope("127.0.0.1", host="localhost"), False),
    ],
)
def test_networks_of_operators_may(operators: Operators, request_: Scope, expected: bool) -> None:  # noqa: FBT001 - pytest passes it by name
    """By address, as far as there is one."""
    assert operators.includes(request_) is expected


def test_a_unix_socket_is_public_unless_it_is_said_not_to_be() -> None:
    """Nothing over it tells who asks."""
    assert not Operators(LOCAL).includes(scope(None, host="localhost"))
    assert not Operators(LOCAL, ("127.0.0.1",)).includes(scope(None, x_forwarded_for="127.0.0.1"))
    assert Operators((*LOCAL, "unix")).includes(scope(None))


def test_a_proxys_own_address_is_no_clients() -> None:
    """A proxy that is named, and forwards no address, stands for everybody; what it forwards is in the scope."""
    behind = Operators((*LOCAL, "10.0.0.0/8"), ("127.0.0.1", "10.1.0.0/16"))
    assert not behind.includes(scope("127.0.0.1", host="localhost"))
    assert not behind.includes(scope("10.1.2.3"))
    assert not behind.includes(scope("203.0.113.9", x_forwarded_for="203.0.113.9"))
    assert behind.includes(scope("127.0.0.1", x_forwarded_for="127.0.0.1"))
    assert behind.includes(scope("10.2.0.1", x_forwarded_for="10.2.0.1"))


def test_a_sidecar_reads_beside_a_balancer() -> None:
    """The proxies are elsewhere, so that this machine's own address is one."""
    assert Operators(LOCAL, ("10.1.0.0/16",)).includes(scope("127.0.0.1", host="panorama"))


@pytest.mark.parametrize(
    "fields",
    [
        {"host": "panorama.example.com"},
        {"host": "203.0.113.1"},
        {"host": "localhost", "x_forwarded_for": "203.0.113.9"},
        {"host": "localhost", "forwarded": "for=203.0.113.9"},
        {"host": "localhost", "via": "1.1 proxy"},
        {"host": "localhost", "x_real_ip": "203.0.113.9"},
    ],
)
def test_a_proxy_on_this_machine_that_is_not_named_gives_itself_away(fields: dict[str, str]) -> None:
    """By the host that its client asked for, or by what it adds."""
    assert not Operators(LOCAL).includes(scope("127.0.0.1", **fields))


def test_where_everybody_may_forward_an_address_nobody_is_known() -> None:
    """With `*`, a client writes the address itself; names that are no networks are passed over."""
    assert not Operators((*LOCAL, "unix"), ("*",)).includes(scope("127.0.0.1", x_forwarded_for="127.0.0.1"))
    assert Operators(LOCAL, ("proxy.internal",)).includes(scope("127.0.0.1", host="localhost"))
