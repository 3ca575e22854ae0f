"""Who may read counters: the networks of operators, as far as it is known where a request comes from."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

from litestar.types import Scope

from entrypoints.http.headers import values_of
from entrypoints.http.peers import peer_of
from entrypoints.http.settings import UNIX_SOCKET
from entrypoints.loopback import is_loopback

_EVERY_PROXY: Final = "*"
_FORWARDED: Final = b"x-forwarded-for"
_PASSED_ON: Final = frozenset(
    {_FORWARDED, b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip", b"forwarded", b"via"}
)
"""Fields that a request has which a proxy passed on."""

Networks: TypeAlias = Sequence[IPv4Network | IPv6Network]


class Operators:
    """The networks that may read `/metrics`, and the proxies whose own address says nothing about a client.

    A request over a Unix socket has no address: whatever listens before the socket would make the counters public. So
    has, in effect, one of a proxy that forwards no address. Both are refused, the first unless `networks` has `unix`.
    So is whatever a proxy that is not named gives away to have passed on, since its address is no client's either.
    """

    def __init__(self, networks: Iterable[str], proxies: Collection[str] = ()) -> None:
        names = set(networks)
        self._over_unix_socket = UNIX_SOCKET in names
        self._networks = [ip_network(name) for name in names - {UNIX_SOCKET}]
        self._proxies = list(_networks_among(proxies))
        self._believes_everybody = _EVERY_PROXY in proxies

    def includes(self, scope: Scope) -> bool:
        """Whether a request is an operator's; the address that a trusted proxy forwarded is in the scope by now."""
        client, peer = scope["client"], peer_of(scope)
        if self._believes_everybody:
            return False  # Any client may have written the address.
        if client is None or peer is None:
            return client is peer and self._over_unix_socket
        if not _is_in(client[0], self._networks):
            return False
        fields = {name for name, _ in scope["headers"]}
        if _is_in(peer[0], self._proxies):
            return _FORWARDED in fields
        return not fields & _PASSED_ON and (not is_loopback(peer[0]) or _asks_this_machine(scope))


def _asks_this_machine(scope: Scope) -> bool:
    """Whether no other host was asked for; a proxy on this machine may pass on no more of a request than that."""
    return all(is_loopback(_name(host)) for host in values_of(scope["headers"], b"host"))


def _networks_among(proxies: Iterable[str]) -> Iterator[IPv4Network | IPv6Network]:
    """Yield what of the names of proxies is a network; uvicorn takes others as names, and no address is one."""
    for name in proxies:
        with suppress(ValueError):
            yield ip_network(name)


def _name(host: str) -> str:
    """Return a `Host` without its port."""
    return host.partition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]


def _is_in(host: str, networks: Networks) -> bool:
    """Whether an address is in any of the networks; what is no address is in none."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in networks)
