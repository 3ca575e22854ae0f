"""A MongoDB URI as this service uses it: what must be so is put into it, what must not be is refused."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from ports.errors import InvalidArgument

_SCHEMES: Final = ("mongodb", "mongodb+srv")

# What is written is safe on a majority before anybody is told, and what is read cannot be rolled back any more. The
# outcome of a write that failed on its way is looked into by the caller, never tried again behind its back.
_FORCED: Final = {
    "w": "majority",
    "journal": "true",
    "readConcernLevel": "majority",
    "readPreference": "primary",
    "retryWrites": "false",
    "retryReads": "true",
}

# Superseded by timeoutMS, or of no use beside what is forced.
_DROPPED: Final = frozenset(
    {"j", "fsync", "wtimeout", "wtimeoutms", "sockettimeoutms", "waitqueuetimeoutms", "readpreferencetags"}
    | {"maxstalenessseconds", "tz_aware", "unicode_decode_error_handler"}
)

_UNSAFE: Final = frozenset(
    {"tlsinsecure", "tlsallowinvalidcertificates", "tlsallowinvalidhostnames", "tlsdisableocspendpointcheck"}
)


def forced(uri: str, *, reach: float, call: float) -> str:
    """Return the URI with every option that the service's promises rest on, whatever it said of them before.

    `reach` is the most seconds until a server is found and connected to, `call` until a call has its answer.
    TLS is switched on unless all hosts are loopback addresses. Raises InvalidArgument, without quoting the URI, for
    one that is no MongoDB URI, names no database, or would switch TLS or its checks off for another machine.
    """
    try:
        parts = urlsplit(uri)
    except ValueError:
        # Without its cause, which may quote the address.
        raise InvalidArgument("the address is no MongoDB URI") from None
    if parts.scheme not in _SCHEMES or not parts.netloc:
        raise InvalidArgument("the address is no MongoDB URI")
    if not parts.path.strip("/"):
        raise InvalidArgument("the address names no database: mongodb://host/database")
    options = [option for option in parts.query.split("&") if option]
    local = parts.scheme == "mongodb" and all(map(_is_loopback, parts.netloc.rpartition("@")[2].split(",")))
    if not local:
        _check_secure(options)
    times = {"connectTimeoutMS": reach, "serverSelectionTimeoutMS": reach, "timeoutMS": call}
    imposed = _FORCED | {name: str(max(1, int(seconds * 1000))) for name, seconds in times.items()}
    if not local:
        imposed["tls"] = "true"
    replaced = {name.lower() for name in imposed} | _DROPPED | (frozenset() if local else {"ssl"})
    # Values stay as they are written: the driver reads some of them with, and some without, percent-encoding.
    kept = [option for option in options if _name(option) not in replaced]
    return urlunsplit(parts._replace(query="&".join([*kept, *(f"{name}={value}" for name, value in imposed.items())])))


def _check_secure(options: list[str]) -> None:
    for option in options:
        name, value = _name(option), option.partition("=")[2]
        if name in _UNSAFE:
            raise InvalidArgument(f"{name} weakens TLS, which only a loopback address may do")
        if name in {"tls", "ssl"} and value != "true":
            raise InvalidArgument("TLS is switched off, which only a loopback address may do")


def _name(option: str) -> str:
    """Options are called the same in whatever case."""
    return option.partition("=")[0].lower()


def _is_loopback(host: str) -> bool:
    """Whether a host, perhaps with a port, is this machine itself."""
    name = host[1 : host.find("]")] if host.startswith("[") else host.partition(":")[0]
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
