"""A life that has ended for good: its entry in the erasure ledger, its receipt, and when it may be called shredded."""

from datetime import datetime
from hashlib import sha256

import msgspec
from msgspec.structs import replace

from domain.ids import TenantId
from domain.retention import Stage
from domain.tenants import Tenant


class Period(msgspec.Struct, frozen=True):
    """From when to when something was so."""

    begin: datetime
    end: datetime


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the erasure ledger: whatever comes back of this tenant, from a backup or elsewhere, is erased."""

    tenant: TenantId
    began: datetime
    """When the site's life with the app began."""

    removed: datetime
    """When the removal was issued that the grace period counted from."""

    ended: datetime
    """When the newest callback of this life was issued; what was issued by then begins no other life."""

    decided: datetime
    """When the purge was decided; from then on nothing brought the tenant back."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What was destroyed and when, for whoever has to prove it. Holds ids, numbers and dates only."""

    erasure: Erasure
    records: dict[str, int]
    """How many records and tombstones of each kind there were before anything was destroyed."""

    generations: tuple[int, ...]
    """The generations of the data key that were destroyed, by their numbers."""

    held: tuple[Period, ...] = ()
    """From when to when each legal hold kept the data."""

    purged: datetime | None = None
    """When every wrap, every record and the alias were gone from this site for the first time."""

    confirmed: datetime | None = None
    """When, with no process left that could remember a data key, nothing more was found."""

    stragglers: int = 0
    """How many records were found and destroyed between the two: written by processes that still remembered a key."""

    shredded: datetime | None = None
    """When the last copy of the vault that held a wrap was gone from every store."""


class VaultCopies(msgspec.Struct, frozen=True, kw_only=True):
    """What a blob store holds of copies of the vault."""

    store: str
    """The key of the configuration that the store stands under."""

    verified: datetime | None
    """When the newest copy was begun that has been verified in this store; None where there is none."""

    oldest: datetime | None
    """When the oldest was begun of which anything is left, noncurrent versions and soft-deleted objects included."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the places, other than this site itself, that may still hold a tenant's keys."""

    unconfirmed: tuple[str, ...] = ()
    """The sites and standbys that have not confirmed the erasure."""

    copies: tuple[VaultCopies, ...] = ()
    """One for each store that copies of the vault go to."""


def end_of(tenant: Tenant, decided: datetime) -> Erasure:
    """Return the ledger's entry for a removed tenant whose purge was decided then."""
    return Erasure(
        tenant=tenant.id,
        began=tenant.created,
        removed=tenant.uninstalled or decided,
        ended=tenant.present_since,
        decided=decided,
    )


def held_periods(tenant: Tenant) -> tuple[Period, ...]:
    """Return how long each of a tenant's released holds was in force, without anybody's reasons."""
    return tuple(Period(hold.placed.at, hold.released.at) for hold in tenant.holds if hold.released is not None)


def purged(receipt: Receipt, at: datetime) -> Receipt:
    """The first time that everything was gone is noted once."""
    return receipt if receipt.purged is not None else replace(receipt, purged=at)


def confirmed(receipt: Receipt, at: datetime, stragglers: int) -> Receipt:
    """Everything was destroyed a second time, and is gone, after nobody could remember a key any more."""
    return replace(receipt, confirmed=at, stragglers=receipt.stragglers + stragglers)


def reopened(receipt: Receipt) -> Receipt:
    """Where something is found again, nothing is confirmed any more, and no copy of the vault counts as clean."""
    return replace(receipt, confirmed=None)


def shredded(receipt: Receipt, at: datetime) -> Receipt:
    """Nobody, nowhere, can read anything of the tenant any more."""
    return replace(receipt, shredded=at)


def outstanding(receipt: Receipt, evidence: Evidence) -> tuple[str, ...]:
    """Return what still keeps a tenant from being called shredded, each as a phrase for an operator.

    It is shredded when every site and standby has confirmed, a copy of the vault that was begun afterwards is verified
    in every store, and all older copies are gone.
    """
    if receipt.confirmed is None:
        return ("the purge is not confirmed on this site",)
    after = receipt.confirmed
    sites = [f"{site} has not confirmed the erasure" for site in evidence.unconfirmed]
    unverified = [
        f"{copies.store} has no verified copy of the vault that was begun after the purge"
        for copies in evidence.copies
        if copies.verified is None or copies.verified <= after
    ]
    older = [
        f"{copies.store} still holds a copy of the vault from before"
        for copies in evidence.copies
        if copies.oldest is not None and copies.oldest <= after
    ]
    return (*sites, *unverified, *older)


def stage(receipt: Receipt) -> Stage:
    """A purge goes on from destroying to its confirmation, and from there to the end of all copies of the keys."""
    if receipt.shredded is not None:
        return Stage.SHREDDED
    if receipt.confirmed is not None:
        return Stage.CONFIRMED
    return Stage.PURGING if receipt.purged is None else Stage.PURGED


def tenant_hash(tenant: TenantId) -> str:
    """Return the SHA-256 of a tenant's id in hex: what a receipt calls it, as nobody else's list shows ids."""
    return sha256(tenant.encode("ascii")).hexdigest()
