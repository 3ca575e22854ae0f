"""What the HTTP application is given by the composition root."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec
from litestar import Router

from application.panoramas.repository import Panoramas
from application.panoramas.watch import Watches
from application.tenants.repository import Tenants
from application.users import Users
from entrypoints.http.tokens import TokenVerifier
from ports.sources import Clock, Monotonic, Sleep

Check: TypeAlias = Callable[[], Awaitable[None]]
"""Returns when a part of the service is ready; raises a port error otherwise."""


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

    keep_alive_seconds: float = 15.0
    """The longest silence on a stream, so that no proxy takes it for dead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that a request may need, opened before the first request and closed after the last."""

    panoramas: Panoramas
    watches: Watches
    tenants: Tenants
    users: Users
    tokens: TokenVerifier
    lifecycle: Router
    """The routes that Jira calls when the app is installed and removed."""

    checks: Mapping[str, Check]
    """What `/readyz` asks, by name: storage, vault, keys."""

    clock: Clock
    monotonic: Monotonic
    sleep: Sleep
    settings: HttpSettings = field(default_factory=HttpSettings)
