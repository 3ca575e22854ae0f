"""What the HTTP application is given by the composition root."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from litestar import Router

from application.backups.backups import Backups
from application.failover.fence import AnyFence, NoFence
from application.keys.care import KeyCare
from application.maintenance.loop import Maintenance
from application.panoramas.repository import Panoramas
from application.panoramas.watch import Watches
from application.restore.copies import PastCopies
from application.retention.operations import Retention
from application.tenants.repository import Tenants
from application.users import Users
from entrypoints.http.settings import HttpSettings
from entrypoints.http.tokens import TokenVerifier
from ports.sources import Clock, Monotonic

Check: TypeAlias = Callable[[], Awaitable[object]]
"""Returns when a part of the service is ready; raises a port error otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that a request may need, opened before the first request and closed after the last."""

    panoramas: Panoramas
    copies: PastCopies
    watches: Watches
    tenants: Tenants
    users: Users
    tokens: TokenVerifier
    maintenance: Maintenance
    keys: KeyCare
    retention: Retention
    backups: Backups | None = None
    """None where the site names no blob stores, and so has no backups."""

    lifecycle: Router
    """The routes that Jira calls when the app is installed and removed."""

    personal_data: Router
    """The route that Forge calls so that accounts are reported."""

    checks: Mapping[str, Check]
    """What `/readyz` asks, by name, and without which nothing is served: the storage, and a way to the data keys."""

    spares: Mapping[str, Check] = field(default_factory=dict)
    """What `/readyz` asks besides, by name, and can be done without for a while: each key manager and blob store."""

    fence: AnyFence = field(default_factory=NoFence)
    """Says whether this site may acknowledge changes at this moment."""

    clock: Clock
    monotonic: Monotonic
    settings: HttpSettings = field(default_factory=HttpSettings)
    ending: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the process is about to stop, so that nothing that could go on for long does."""
