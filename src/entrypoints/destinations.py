"""Where an address leads, in words for an operator, and whether nothing has been there yet."""

from urllib.parse import unquote, urlsplit

from entrypoints.configuration_addresses import Address, masked
from entrypoints.schemes import scheme_of


def destination(address: Address) -> str | None:
    """Return what the address opens: a path, or a database and its hosts; None for a reference that is not followed."""
    scheme = scheme_of(address)
    if scheme is None:
        return None
    if scheme.is_local:
        return str(address.path.absolute())
    if not address.scheme.startswith("mongodb"):
        return address.place
    parts = urlsplit(masked(address.url))
    return f"{unquote(parts.path.removeprefix('/'))} at {parts.netloc.rpartition('@')[2]}"


def is_new(address: Address) -> bool | None:
    """Whether opening the address makes something that is not there; None where only its service could tell."""
    scheme = scheme_of(address)
    return not address.path.exists() if scheme is not None and scheme.is_local else None
