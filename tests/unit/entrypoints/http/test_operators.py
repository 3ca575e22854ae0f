"""Who may read counters."""

from typing import Any, cast

import pytest
from litestar.types import Receive, Scope, Send

from entrypoints.http.operators import Operators
from entrypoints.http.peers import Peers

LOCAL = ("127.0.0.0/8", "::1/128")


def scope(address: str | None, **fields: str) -> Scope:
    """Return a request from an address, or over a Unix socket."""
    headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()]
    made: dict[str, Any] = {"type": "http", "client": address and (address, 1), "headers": headers}
    return cast("Scope", made)


async def forwarded(peer: str | None, request: Scope) -> Scope:
    """Return a request whose address was forwarded over a connection from a peer."""
    noted: list[Scope] = []

    async def forwarding(scope: Scope, _receive: Receive, _send: Send) -> None:
        cast("dict[str, Any]", scope)["client"] = request["client"]
        noted.append(scope)

    connection = cast("Scope", {**request, "client": peer and (peer, 1)})
    await Peers(forwarding)(connection, cast("Receive", None), cast("Send", None))
    return noted[0]


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


async def test_a_proxys_own_address_is_no_clients() -> None:
    """A proxy that is named, and forwards no address, stands for everybody; what it forwards is in the scope."""
    behind = Operators((*LOCAL, "10.0.0.0/8"), ("127.0.0.1", "10.1.0.0/16"))
    assert not behind.includes(scope("127.0.0.1", host="localhost"))
    assert not behind.includes(scope("10.1.2.3"))
    assert not behind.includes(scope("203.0.113.9", x_forwarded_for="203.0.113.9"))
    assert behind.includes(scope("127.0.0.1", x_forwarded_for="127.0.0.1"))
    assert behind.includes(await forwarded("127.0.0.1", scope("10.2.0.1", x_forwarded_for="10.2.0.1")))


async def test_a_sidecar_reads_beside_a_balancer() -> None:
    """The proxies are elsewhere, so that this machine's own address is one."""
    beside = Operators(LOCAL, ("10.1.0.0/16",))
    assert beside.includes(scope("127.0.0.1", host="localhost:8080"))
    assert beside.includes(await forwarded("10.1.2.3", scope("127.0.0.1", x_forwarded_for="127.0.0.1")))


@pytest.mark.parametrize("name", ["x_forwarded_for", "x_forwarded_proto", "x_real_ip", "forwarded", "via"])
@pytest.mark.parametrize("proxies", [(), ("10.9.0.1",)])
def test_a_balancer_that_is_not_named_gives_itself_away(name: str, proxies: tuple[str, ...]) -> None:
    """Its address is among the operators', and the client may be anywhere."""
    operators = Operators(("10.0.0.0/8",), proxies)
    assert operators.includes(scope("10.0.1.5", host="panorama.internal"))
    assert not operators.includes(scope("10.0.1.5", **{name: "203.0.113.9"}))


async def test_what_a_proxy_forwards_counts_by_whom_it_comes_from() -> None:
    """An address that nobody named has forwarded is never that of an operator."""
    operators = Operators((*LOCAL, "10.0.0.0/8"), ("10.9.0.1",))
    asked = scope("10.2.0.1", x_forwarded_for="10.2.0.1")
    assert operators.includes(await forwarded("10.9.0.1", asked))
    assert not operators.includes(await forwarded("10.9.0.2", asked))
    assert not operators.includes(await forwarded("127.0.0.1", asked))
    assert not operators.includes(await forwarded(None, asked))


@pytest.mark.parametrize("proxies", [(), ("10.0.0.1",)])
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
def test_a_proxy_on_this_machine_that_is_not_named_gives_itself_away(
    fields: dict[str, str], proxies: tuple[str, ...]
) -> None:
    """By the host that its client asked for, or by what it adds; whether or not there are others that are named."""
    assert not Operators(LOCAL, proxies).includes(scope("127.0.0.1", **fields))


def test_where_everybody_may_forward_an_address_nobody_is_known() -> None:
    """With `*`, a client writes the address itself; names that are no networks are passed over."""
    assert not Operators((*LOCAL, "unix"), ("*",)).includes(scope("127.0.0.1", x_forwarded_for="127.0.0.1"))
    assert Operators(LOCAL, ("proxy.internal",)).includes(scope("127.0.0.1", host="localhost"))
