"""The job that ends Forge tenants that are not heard any more, and never does so because of an outage."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final, NamedTuple

from msgspec.structs import replace

from application.keys.witness import Witness
from application.maintenance.jobs import Due, Finding, Report, Turn
from application.retention.findings import (
    environment_not_accepted,
    no_tenant_heard,
    platform_silent,
    silence_overdue,
    silence_unknown,
)
from application.tenants.repository import Tenants
from domain.errors import TooContended
from domain.forge import adopt, environment_of, is_on_forge
from domain.forge_use import ForgeUse
from domain.ids import TenantId
from domain.retention import RetentionPolicy, is_overdue
from domain.silence import (
    COUNTED,
    add_silence,
    earliest_end,
    end,
    has_ended,
    is_no_tenant_heard,
    is_platform_out,
    is_quiet,
    total_silence,
)
from domain.tenants import Tenant
from ports.errors import PortError
from ports.sources import Clock, Monotonic

LOOK_INTERVAL: Final = 3_600.0
"""How many seconds lie between two looks at all tenants; one that uses the app is heard as often.

A look that has had no turn for so long is begun anew: what it saw first says nothing of now.
"""

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


class _Look:
    """One look at every tenant, which takes as many turns as it needs: first all are seen, then what was seen counts.

    Only when all are seen is it known whether the platform is out.
    """

    def __init__(self, tenants: list[TenantId], began: float) -> None:
        self.began = began
        self.touched = began
        """When it last had a turn."""

        self.unseen = tenants
        self.seen: list[_Seen] = []
        self.uncounted: list[_Seen] | None = None
        """None until all are seen; then what is not counted yet, the longest silence last."""

        self.is_out = False
        self.no_tenant_heard = False
        self.ended = 0
        """How many tenants ended in this turn."""

        self.findings: list[Finding] = []


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
        self,
        tenants: Tenants,
        policy: RetentionPolicy,
        clock: Clock,
        monotonic: Monotonic,
        *,
        environments: Collection[str],
        enabled: bool = True,
    ) -> None:
        """Do nothing unless `enabled`: where no token of Forge is accepted, silence says nothing.

        Nor does that of a tenant in any but the accepted `environments` of the app.
        """
        self._tenants = tenants
        self._policy = policy
        self._clock = clock
        self._monotonic = monotonic
        self._environments = environments
        self._enabled = enabled
        self._witness = Witness(monotonic)
        self._known: dict[TenantId, ForgeUse] = {}
        """The history of each tenant, as this process has seen it last."""

        self._others: set[TenantId] = set()
        """Tenants that are not on Forge, and never will be; none is opened twice."""

        self._look: _Look | None = None
        self._has_looked = False
        self._looked = float("-inf")
        self._findings: list[Finding] = []

    async def plan(self) -> list[Due]:
        """Return when each tenant that is silent now ends if it stays so, at the earliest.

        A process that has its turns tells what it has seen in them: to open every tenant takes longer than a plan may.
        """
        if not self._enabled:
            return []
        now = self._clock()
        uses = self._known if self._has_looked else await self._stored()
        due = [
            Due(at=earliest_end(use, self._policy.silence, now), what="end a silent site", tenant=tenant)
            for tenant, use in uses.items()
            if is_quiet(use)
        ]
        return sorted(due, key=lambda each: each.at)

    async def run(self, turn: Turn) -> Report:
        """Look at every tenant, at most once an hour; in between, report what was found then."""
        if not self._enabled or (self._look is None and self._monotonic() - self._looked < LOOK_INTERVAL):
            return Report(findings=tuple(self._findings))
        look = await self._begun()
        await self._see_all(look, turn)
        if not look.unseen:
            await self._count_all(look, turn)
        look.touched = self._monotonic()
        if not look.unseen and not look.uncounted:
            self._look, self._looked = None, look.began
        done = {ENDED: look.ended} if look.ended else {}
        return Report(done=done, findings=tuple(self._findings), unfinished=self._look is not None)

    async def _begun(self) -> _Look:
        """Return the look that is under way, or begin one."""
        now = self._monotonic()
        if self._look is None or now - self._look.touched >= LOOK_INTERVAL:
            self._look = _Look([tenant async for tenant in self._tenants.every_id()], now)
            for gone in self._known.keys() - set(self._look.unseen):
                self._forget(gone)
            self._others &= set(self._look.unseen)
            self._has_looked = True
        self._look.ended = 0
        return self._look

    async def _stored(self) -> dict[TenantId, ForgeUse]:
        everyone = [tenant async for tenant in self._tenants.everyone() if self._is_counted(tenant)]
        return {tenant.id: tenant.forge for tenant in everyone if tenant.forge is not None}

    async def _see_all(self, look: _Look, turn: Turn) -> None:
        while look.unseen and turn.goes_on():
            tenant = look.unseen.pop()
            if tenant not in self._others:
                with self._one(tenant, look):
                    await self._see_one(tenant, look)
            turn.advance()

    async def _see_one(self, tenant: TenantId, look: _Look) -> None:
        use = await self._use(tenant, look)
        if use is None:
            self._forget(tenant)
        else:
            look.seen.append(_Seen(tenant, use, self._see(tenant, use)))

    async def _count_all(self, look: _Look, turn: Turn) -> None:
        if look.uncounted is None:
            self._judge(look)
            look.uncounted = sorted(look.seen, key=lambda each: total_silence(each.use))
        while look.uncounted and turn.goes_on():
            await self._count(look.uncounted.pop(), look)
            turn.advance()

    def _judge(self, look: _Look) -> None:
        """Say of all tenants together whether their silence says anything."""
        uses = [each.use for each in look.seen]
        look.is_out = is_platform_out(uses, self._policy.silence)
        look.no_tenant_heard = is_no_tenant_heard(uses)
        if look.is_out:
            look.findings.append(platform_silent(sum(map(is_quiet, uses)), len(uses)))
        elif uses and all(map(is_quiet, uses)):
            look.findings.append(no_tenant_heard(len(uses)))
        now = self._clock()
        look.findings += [
            silence_overdue(each.tenant) for each in look.seen if is_overdue(each.recorded.last_heard, now)
        ]
        self._findings = look.findings

    async def _use(self, tenant: TenantId, look: _Look) -> ForgeUse | None:
        """Return the history of a tenant whose silence counts, as far as is known; None for any other."""
        view = await self._tenants.get(tenant)
        found = None if view is None else view.tenant
        if found is not None and not is_on_forge(found):
            self._others.add(tenant)
        if found is not None and _goes_on(found) and not self._is_counted(found):
            look.findings.append(environment_not_accepted(tenant))
            return None
        if found is not None and _goes_on(found) and found.forge is None:
            found = await self._tenants.change(tenant, lambda before: before and adopt(before, self._clock()))
        return found.forge if found is not None and _goes_on(found) else None

    def _is_counted(self, tenant: Tenant) -> bool:
        """Whether a token of the tenant would be accepted, so that its silence says something."""
        return _goes_on(tenant) and environment_of(tenant) in {None, *self._environments}

    async def _count(self, each: _Seen, look: _Look) -> None:
        # During an outage once, so that every process knows which tenants have fallen silent.
        is_counted = not (look.is_out and is_quiet(each.recorded))
        if is_counted and each.seconds > 0 and total_silence(each.use) >= COUNTED:
            with self._one(each.tenant, look):
                look.ended += await self._record(each, look)
        elif look.is_out:
            self._restart(each)

    async def _record(self, each: _Seen, look: _Look) -> bool:
        """Add to a tenant's silence what this process has seen of it; return whether that has ended the tenant."""
        policy = self._policy
        # It is recorded only if it still stands as it was seen, so that what has passed since then counts as well.
        seconds = self._witness.saw(_silence(each.tenant, each.recorded))
        use = add_silence(each.recorded, seconds, no_tenant_heard=look.no_tenant_heard)
        ends_now = not look.is_out and has_ended(use, policy.silence)

        def step(before: Tenant | None) -> Tenant | None:
            if before is None or before.forge != each.recorded or not _goes_on(before):
                return before
            if ends_now:
                return end(before, use, policy.silence, policy.grace, self._clock())
            return replace(before, forge=use)

        after = await self._tenants.change(each.tenant, step)
        if after is None or after.forge is None or not _goes_on(after):
            self._forget(each.tenant)
        else:
            self._see(each.tenant, after.forge)
        return ends_now and after is not None and after.uninstalled is not None

    def _see(self, tenant: TenantId, use: ForgeUse) -> float:
        """Return for how many seconds this process has seen a tenant's silence as it is recorded."""
        before, silence = self._known.get(tenant), _silence(tenant, use)
        if before is not None and _silence(tenant, before) != silence:
            self._forget(tenant)
        self._known[tenant] = use
        return self._witness.saw(silence)

    def _restart(self, each: _Seen) -> None:
        """What has passed so far does not count."""
        self._forget(each.tenant)
        self._see(each.tenant, each.recorded)

    def _forget(self, tenant: TenantId) -> None:
        use = self._known.pop(tenant, None)
        if use is not None:
            self._witness.forget(_silence(tenant, use))

    @contextmanager
    def _one(self, tenant: TenantId, look: _Look) -> Iterator[None]:
        """Turn what goes wrong with one tenant into a finding; nor could a token of it be recorded meanwhile."""
        try:
            yield
        except (PortError, TooContended) as error:
            self._forget(tenant)
            look.findings.append(silence_unknown(tenant, error.code))


def _silence(tenant: TenantId, use: ForgeUse) -> _Silence:
    return _Silence(tenant, use.hearings, use.silent, use.all_silent)


def _goes_on(tenant: Tenant) -> bool:
    return is_on_forge(tenant) and tenant.uninstalled is None and tenant.purging is None
