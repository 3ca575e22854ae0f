"""The edge of a port: what comes through it is an error of the port, whatever a driver raises.

Drivers raise more than they document: an answer that is cut short ends in a decoder's error, a connection in one of the
TLS library. An adapter maps what it knows; this is for the rest.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from ports.errors import PortError, Unexpected


def port_error_of(error: Exception) -> PortError:
    """Return an error of a port as it is, and Unexpected, caused by it, for any other.

    Only the class is told, since the text may hold a name or content.
    """
    if isinstance(error, PortError):
        return error
    unexpected = Unexpected(f"the driver raised {type(error).__name__}, which is not expected of it")
    unexpected.__cause__ = error
    return unexpected


@contextmanager
def port_errors_only() -> Iterator[None]:
    """Let no error but a port's out of the block; cancellation and what ends the process pass.

    For an adapter around its driver, and for the application around one of several members that must not fail together.
    """
    try:
        yield
    except PortError:
        raise
    except Exception as error:
        raise port_error_of(error) from error
