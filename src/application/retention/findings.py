"""What may go wrong with an erasure, told to operators by stable codes."""

from application.maintenance.jobs import Finding
from domain.ids import TenantId
from domain.retention import LIMIT


def not_shipped(tenant: TenantId) -> Finding:
    """A purge waits for its entry in the ledger to be in every store."""
    return Finding(
        code="ledger-not-shipped",
        what="the purge waits: a store has not received the entry of the erasure ledger; bring the store back",
        tenant=tenant,
    )


def residue_found(tenant: TenantId) -> Finding:
    """Something is left of a purged tenant, or has come back."""
    return Finding(
        code="residue",
        what="something is left of a purged site; `panorama audit residue` shows what, the next run destroys it again",
        tenant=tenant,
    )


def held_back(tenant: TenantId) -> Finding:
    """A legal hold keeps data beyond the day on which they were to be purged."""
    return Finding(
        code="legal-hold",
        what="a legal hold keeps the data of a removed site beyond the day on which they were to be purged; "
        "`panorama retention hold --release` ends it",
        tenant=tenant,
    )


def overdue(tenant: TenantId) -> Finding:
    """The promise to a removed site has not been kept."""
    return Finding(
        code="erasure-overdue",
        what=f"a site was removed more than {LIMIT.days} days ago and is not shredded; "
        "`panorama retention status` shows what is outstanding",
        tenant=tenant,
    )


def failed(tenant: TenantId, code: str) -> Finding:
    """One site's purge does not go on, and the others' do."""
    return Finding(
        code="purge-failed",
        what=f"a purge could not go on ({code}); the next run tries again, "
        "`panorama config check --connect` tells what is out",
        tenant=tenant,
    )


def platform_silent(quiet: int, known: int) -> Finding:
    """So many sites fell silent together that no end is inferred from silence."""
    return Finding(
        code="platform-silent",
        what=f"{quiet} of {known} sites of Forge are silent, and more than `retention.outage_share` of all fell silent "
        "together: no site ends, and silence does not count, until they are heard; see whether Forge reaches this "
        "service. `panorama tenants list` tells when each was heard; if they have all left, set that key to 1 until "
        "they have ended",
    )


def no_tenant_heard(known: int) -> Finding:
    """Of all sites none is heard, and they are few, or left one by one: their ends are inferred all the same."""
    return Finding(
        code="no-tenant-heard",
        what=f"none of the sites of Forge is heard ({known} in all): either all have left, or no call reaches this "
        "service; see whether Forge does. After `retention.silence_days` they end, and a call brings them back only "
        "until their data are purged",
    )


def silence_overdue(tenant: TenantId) -> Finding:
    """One site is silent for longer than data may be kept, and has not ended."""
    return Finding(
        code="silence-overdue",
        what=f"a site of Forge was heard last more than {LIMIT.days} days ago, and its silence has not been counted to "
        "its end; see that one process with maintenance stays up, and what other findings there are",
        tenant=tenant,
    )


def environment_not_accepted(tenant: TenantId) -> Finding:
    """One site uses the app in an environment of which no token is accepted: its silence says nothing."""
    return Finding(
        code="environment-not-accepted",
        what="a site of Forge uses the app in an environment that `app.forge_environments` leaves out: its calls are "
        "refused, and as its silence says nothing it does not end, and its data are kept; accept the environment again",
        tenant=tenant,
    )


def silence_unknown(tenant: TenantId, code: str) -> Finding:
    """How long one site has been silent cannot be told."""
    return Finding(
        code="silence-unknown",
        what=f"whether a site of Forge is silent could not be seen ({code}), the others' could; it is tried again",
        tenant=tenant,
    )
