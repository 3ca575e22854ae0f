"""How the application treats its callers, and where it answers them."""

from typing import Annotated, Final

import msgspec

UNIX_SOCKET: Final = "unix"
"""Stands among the networks of operators for every request over the Unix socket."""

MOST_WORKERS: Final = 64
"""More processes than that are more machines."""


class HttpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the application treats its callers; every value has a default that suits production."""

    requests_per_second: float = 200.0
    """What one tenant may ask for on average."""

    burst: int = 2_000
    """What one tenant may ask for at once after a rest."""

    body_limit: int = 8 * 1024 * 1024
    """The largest request body in bytes."""

    stream_seconds: float = 900.0
    """How long one stream of events lasts; the client resumes where it ended."""

    recheck_seconds: float = 30.0
    """How often a stream asks again whether its caller's tenant is still served."""

    operators: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """The networks that may read `/metrics`, and `unix` where the Unix socket may."""

    keep_alive_seconds: float = 15.0
    """The longest silence on a stream, so that no proxy takes it for dead."""


class Listen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where to answer, and what keeps others from listening: TLS, a proxy with TLS, or the machine itself."""

    host: str = "127.0.0.1"

    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 8080

    socket: str | None = None
    """The path of a Unix socket instead of host and port."""

    certificate: str | None = None
    """The path of the certificate chain in PEM; none: no TLS here."""

    key: str | None = None
    """The path of the certificate's private key in PEM."""

    proxies: tuple[str, ...] = ()
    """Addresses of proxies that speak TLS to the outside and whose forwarding headers are believed."""

    workers: Annotated[int, msgspec.Meta(ge=1, le=MOST_WORKERS)] = 1
    """How many processes serve, each with one core's work and caches of its own."""
