"""Connections of the HTTP server: what uvicorn's parser leaves unbounded is bounded here."""

from entrypoints.http.connections.limits import ConnectionLimits
from entrypoints.http.connections.protocol import BoundedProtocol

__all__ = ["BoundedProtocol", "ConnectionLimits"]
