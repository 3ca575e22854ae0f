"""What the HTTP application is given by the composition root."""

import asyncio
from dataclasses import dataclass, field

from litestar import Router

from application.panoramas.watch import Watches
from entrypoints.core_services import CoreServices
from entrypoints.http.settings import HttpSettings
from entrypoints.http.tokens import TokenVerifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Services(CoreServices):
    """Everything that a request may need, opened before the first request and closed after the last."""

    watches: Watches
    tokens: TokenVerifier
    lifecycle: Router
    """The routes that Jira calls when the app is installed and removed."""

    forge: Router
    """The routes that Forge calls of its own accord."""

    settings: HttpSettings = field(default_factory=HttpSettings)
    ending: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the process is about to stop, so that nothing that could go on for long does."""
