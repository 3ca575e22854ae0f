"""One tenant's hunger must not starve another's: a token bucket for each."""

import math
from typing import Final

from domain.ids import TenantId
from entrypoints.http.problems import ProblemError
from ports.sources import Monotonic

REMEMBERED: Final = 10_000
"""Tenants remembered; beyond it those that have rested long enough to be full again are forgotten."""


class RateLimit:
    """Lets each tenant ask `burst` times at once and `rate` times a second in the long run."""

    def __init__(self, rate: float, burst: int, monotonic: Monotonic, *, remembered: int = REMEMBERED) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._monotonic = monotonic
        self._remembered = remembered
        self._buckets: dict[TenantId, tuple[float, float]] = {}

    @property
    def known(self) -> set[TenantId]:
        """The tenants that are remembered."""
        return set(self._buckets)

    def take(self, tenant: TenantId) -> None:
        """Count one request; raises the problem `rate-limited`, with the time to wait, where the bucket is empty."""
        now = self._monotonic()
        level, since = self._buckets.get(tenant, (self._burst, now))
        level = min(self._burst, level + (now - since) * self._rate)
        if level < 1.0:
            wait = math.ceil((1.0 - level) / self._rate)
            raise ProblemError("rate-limited", headers={"Retry-After": str(wait)})
        if len(self._buckets) >= self._remembered and tenant not in self._buckets:
            self._forget_rested(now)
        self._buckets[tenant] = (level - 1.0, now)

    def _forget_rested(self, now: float) -> None:
        full_after = self._burst / self._rate
        self._buckets = {tenant: bucket for tenant, bucket in self._buckets.items() if now - bucket[1] < full_after}
