"""The bodies of Forge's events: only their kind is looked at, for the log. Who is meant is in the token alone."""

from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

import msgspec


class ForgeEvent(StrEnum):
    """What Forge tells of."""

    INSTALLED = "avi:forge:installed:app"
    UPGRADED = "avi:forge:upgraded:app"
    OTHER = "other"


_RETRY: Final = "retryContext"
"""What a repeated event has and the first one has not."""


def event_kind(body: bytes) -> ForgeEvent:
    """Return what an event tells of, as far as its body says so in a known place."""
    told = _payload(body)
    kind = told.get("eventType") if isinstance(told, dict) else None
    return ForgeEvent(kind) if isinstance(kind, str) and kind in set(ForgeEvent) else ForgeEvent.OTHER


def content_of(body: bytes) -> str:
    """Return a digest of what an event tells, the same for each time that it is repeated."""
    told = _payload(body)
    if isinstance(told, dict):
        told = {name: value for name, value in told.items() if name != _RETRY}
    return sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()


def _payload(body: bytes) -> Any:
    """Return the event itself: it is either the whole body or its member `payload`. A body of no JSON is told as such.

    Objects in one another without end are no JSON either, as far as an event is concerned.
    """
    try:
        told = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return sha256(body).hexdigest()
    inner = told.get("payload") if isinstance(told, dict) else None
    return inner if isinstance(inner, dict) else told
