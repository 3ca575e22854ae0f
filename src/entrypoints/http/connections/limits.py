"""Limits of one connection, in bytes and seconds."""

import msgspec


class ConnectionLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one connection may take of the server; the defaults suit production, tests use shorter ones."""

    head_bytes: int = 64 * 1024
    """The largest request line with header fields. A Forge token of 48 KiB fits in beside what proxies add."""

    head_seconds: float = 20.0
    """How long the request line and the header fields may take, from their first byte or the connection's."""

    stall_seconds: float = 20.0
    """The longest silence in a request body, and the time for which `slowest` is not asked for."""

    drain_seconds: float = 20.0
    """How often a client that takes an answer slowly is looked at; it must have taken what `slowest` asks for."""

    slowest: float = 500.0
    """Bytes per second below which a body that comes in, or an answer that goes out, is given up."""

    write_buffer: int = 64 * 1024
    """How many bytes of an answer wait for a client before the application waits too."""

    send_buffer: int = 128 * 1024
    """How many bytes the kernel holds for a client, which it would let grow to megabytes."""

    unacknowledged_seconds: float = 60.0
    """How long the kernel waits for a client to acknowledge or to make room; what it holds is less than it can hold."""

    pipelined: int = 100
    """How many requests of one connection wait for the answer to another; what follows them is not read."""

    linger_seconds: float = 2.0
    """How long what still arrives is discarded after a refusal, because a reset would take the answer with it."""
