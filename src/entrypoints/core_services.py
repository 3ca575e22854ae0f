"""What the composition root opens for commands and requests alike; nothing of HTTP is in it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from application.backups.backups import Backups
from application.failover.fence import AnyFence, NoFence
from application.keys.care import KeyCare
from application.maintenance.loop import Maintenance
from application.panoramas.repository import Panoramas
from application.restore.copies import PastCopies
from application.retention.operations import Retention
from application.tenants.repository import Tenants
from application.users import Users
from ports.sources import Clock, Monotonic

Check: TypeAlias = Callable[[], Awaitable[object]]
"""Returns when a part of the service is ready; raises a port error otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreServices:
    """Everything that works on the data of the active site, opened before the first use and closed after the last."""

    panoramas: Panoramas
    copies: PastCopies
    tenants: Tenants
    users: Users
    maintenance: Maintenance
    keys: KeyCare
    retention: Retention
    backups: Backups | None = None
    """None where the site names no blob stores, and so has no backups."""

    checks: Mapping[str, Check]
    """What `/readyz` asks, by name, and without which nothing is served: the storage, and a way to the data keys."""

    spares: Mapping[str, Check] = field(default_factory=dict)
    """What `/readyz` asks besides, by name, and can be done without for a while: each key manager and blob store."""

    fence: AnyFence = field(default_factory=NoFence)
    """Says whether this site may acknowledge changes at this moment."""

    clock: Clock
    monotonic: Monotonic
