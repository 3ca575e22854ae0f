"""The job that ends Forge tenants that are not heard any more, and never does so because of an outage."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Final, NamedTuple

from msgspec.structs import replace

from application.keys.witness import Witness
from application.maintenance.jobs import Due, Finding, Report, Turn
from application.retention.findings import platform_silent, silence_unknown
from application.tenants.repository import Tenants
from domain.errors import TooContended
from domain.forge import adopt, is_on_forge
from domain.forge_use import ForgeUse
from domain.ids import TenantId
from domain.retention import RetentionPolicy
from domain.silence import add_silence, earliest_end, end, has_ended, is_no_tenant_heard, is_platform_out, is_quiet
from domain.tenants import Tenant
from ports.errors import PortError
from ports.sources import Clock, Monotonic

LOOK_INTERVAL: Final = 3_600.0
"""How many seconds lie between two looks at all tenants; one that uses the app is heard as often."""

ENDED: Final = "silent sites ended"


class _Silence(NamedTuple):
    """One silence of one tenant as it is recorded: a hearing, and what another process counts, makes another."""

    tenant: TenantId
    hearings: int
    silent: timedelta
    all_silent: timedelta


class _Seen(NamedTuple):
    """A tenant at a look, and for how many seconds this process has seen its silence as it is recorded."""

    tenant: TenantId
    recorded: ForgeUse
    seconds: float

    @property
    def use(self) -> ForgeUse:
        """Return its history with those seconds in it."""
        return add_silence(self.recorded, self.seconds, no_tenant_heard=False)


class EndingSilentTenants:
    """A job: counts the silence of each Forge tenant, and ends those that have been silent for long enough.

    Only time counts that passes by the monotonic clock of one process between two of its looks at the very same
    record: not the time of day, no time in which no process looked on or the record could not be read or written, and,
    as soon as that is seen, no outage of the platform. What is counted is recorded by compare-and-swap upon the tenant,
    so that a token that comes meanwhile wins. A process that stays is needed: one that looks once and ends counts
    nothing.
    """

    name = "end-silent-tenants"

    def __init__(
        self, tenants: Tenants, policy: RetentionPolicy, clock: Clock, monotonic: Monotonic, *, enabled: bool = True
    ) -> None:
        """Do nothing unless `enabled`: where no token of Forge is accepted, silence says nothing."""
        self._tenants = tenants
        self._policy = policy
        self._clock = clock
        self._monotonic = monotonic
        self._enabled = enabled
        self._witness = Witness(monotonic)
        self._known: dict[TenantId, _Silence] = {}
        self._looked = float("-inf")
        self._findings: list[Finding] = []

    async def plan(self) -> list[Due]:
        """Return when each tenant that is silent now ends if it stays so, at the earliest."""
        if not self._enabled:
            return []
        now = self._clock()
        due = [
            Due(at=earliest_end(tenant.forge, self._policy.silence, now), what="end a silent site", tenant=tenant.id)
            async for tenant in self._tenants.everyone()
            if _goes_on(tenant) and tenant.forge is not None and is_quiet(tenant.forge)
        ]
        return sorted(due, key=lambda each: each.at)

    async def run(self, turn: Turn) -> Report:
        """Look at every tenant, at most once an hour; in between, report what was found then."""
        if not self._enabled or self._monotonic() - self._looked < LOOK_INTERVAL:
            return Report(findings=tuple(self._findings))
        began = self._monotonic()
        self._findings = []
        seen = await self._look()
        uses = [each.use for each in seen]
        is_out = is_platform_out(uses, self._policy.silence)
        if is_out:
            self._findings.append(platform_silent(sum(map(is_quiet, uses)), len(uses)))
        ended = await self._count(seen, turn, is_out=is_out, no_tenant_heard=is_no_tenant_heard(uses))
        if not turn.is_over():
            self._looked = began
        return Report(done={ENDED: ended} if ended else {}, findings=tuple(self._findings), unfinished=turn.is_over())

    async def _look(self) -> list[_Seen]:
        seen = []
        async for tenant in self._tenants.every_id():
            with self._one(tenant):
                use = await self._use(tenant)
                if use is not None:
                    seen.append(_Seen(tenant, use, self._see(tenant, use)))
        for gone in self._known.keys() - {each.tenant for each in seen}:
            self._forget(gone)
        return seen

    async def _use(self, tenant: TenantId) -> ForgeUse | None:
        """Return the history of a tenant that uses the app on Forge, as far as is known; None for any other."""
        view = await self._tenants.get(tenant)
        found = None if view is None else view.tenant
        if found is not None and _goes_on(found) and found.forge is None:
            found = await self._tenants.change(tenant, lambda before: before and adopt(before, self._clock()))
        return found.forge if found is not None and _goes_on(found) else None

    async def _count(self, seen: Sequence[_Seen], turn: Turn, *, is_out: bool, no_tenant_heard: bool) -> int:
        ended = 0
        for each in seen:
            if turn.is_over():
                break
            turn.advance()
            # During an outage once, so that every process knows which tenants have fallen silent.
            is_counted = not (is_out and is_quiet(each.recorded))
            if is_counted and each.seconds > 0 and is_quiet(each.use):
                with self._one(each.tenant):
                    ended += await self._record(each, may_end=not is_out, no_tenant_heard=no_tenant_heard)
            elif is_out:
                self._restart(each)
        return ended

    async def _record(self, each: _Seen, *, may_end: bool, no_tenant_heard: bool) -> bool:
        """Add to a tenant's silence what this process has seen of it; return whether that has ended the tenant."""
        policy = self._policy
        use = add_silence(each.recorded, each.seconds, no_tenant_heard=no_tenant_heard)
        ends_now = may_end and has_ended(use, policy.silence)

        def step(before: Tenant | None) -> Tenant | None:
            if before is None or before.forge != each.recorded or not _goes_on(before):
                return before
            if ends_now:
                return end(before, use, policy.silence, policy.grace, self._clock())
            return replace(before, forge=use)

        after = await self._tenants.change(each.tenant, step)
        if after is not None and after.forge is not None:
            self._see(each.tenant, after.forge)
        return ends_now and after is not None and after.uninstalled is not None

    def _see(self, tenant: TenantId, use: ForgeUse) -> float:
        """Return for how many seconds this process has seen a tenant's silence as it is recorded."""
        silence = _Silence(tenant, use.hearings, use.silent, use.all_silent)
        if self._known.get(tenant) != silence:
            self._forget(tenant)
        self._known[tenant] = silence
        return self._witness.saw(silence)

    def _restart(self, each: _Seen) -> None:
        """What has passed so far does not count."""
        self._forget(each.tenant)
        self._see(each.tenant, each.recorded)

    def _forget(self, tenant: TenantId) -> None:
        self._witness.forget(self._known.pop(tenant, None))

    @contextmanager
    def _one(self, tenant: TenantId) -> Iterator[None]:
        """Turn what goes wrong with one tenant into a finding; nor could a token of it be recorded meanwhile."""
        try:
            yield
        except (PortError, TooContended) as error:
            self._forget(tenant)
            self._findings.append(silence_unknown(tenant, error.code))


def _goes_on(tenant: Tenant) -> bool:
    return is_on_forge(tenant) and tenant.uninstalled is None and tenant.purging is None
