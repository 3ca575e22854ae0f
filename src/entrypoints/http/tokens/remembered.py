"""Tokens that have been verified, for as long as nothing has changed that they were verified against."""

from datetime import datetime
from typing import Final, NamedTuple

from application.tenants.views import TenantView
from entrypoints.http.tokens.requests import Caller
from ports.sources import Clock, Monotonic

REMEMBERED: Final = 10_000
"""Of how many tokens, at the most; beyond it the oldest are forgotten, which expire first anyway."""


class _Verified(NamedTuple):
    caller: Caller
    view: TenantView
    until: float


class RememberedTokens:
    """Answers without cryptography, under the whole header that a token came in."""

    def __init__(self, clock: Clock, monotonic: Monotonic, *, most: int = REMEMBERED) -> None:
        self._most = most
        self._clock = clock
        self._monotonic = monotonic
        self._verified: dict[str, _Verified] = {}

    def caller(self, authorization: str) -> Caller | None:
        """Return who it speaks for, unless it has expired or the tenant may have changed."""
        found = self._verified.get(authorization)
        if found is None or found.view.fresh_until <= self._monotonic() or found.until <= self._clock().timestamp():
            return None
        return found.caller

    def view(self, authorization: str) -> TenantView | None:
        """Return the tenant that it was verified against, fresh or not, for somebody who can refresh it."""
        found = self._verified.get(authorization)
        return None if found is None else found.view

    def remember(self, authorization: str, caller: Caller, view: TenantView, until: datetime) -> None:
        """Keep what was found of a token that is good until `until`."""
        self._verified.pop(authorization, None)
        self._verified[authorization] = _Verified(caller, view, until.timestamp())
        if len(self._verified) > self._most:
            del self._verified[next(iter(self._verified))]
