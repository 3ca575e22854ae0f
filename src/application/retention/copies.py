"""What a purge has to know of backups, standbys and other sites. Who makes those tells it."""

from typing import Protocol

from domain.erasures import Evidence
from domain.ids import TenantId


class Copies(Protocol):
    """The places, other than this site, that may hold a tenant's keys, or have to learn that it is erased.

    Every call raises Unavailable where one of them cannot be asked.
    """

    async def ledger_is_shipped(self, tenant: TenantId, /) -> bool:
        """Whether the ledger's entry for the tenant is in every store, so that no restore can do without it."""

    async def evidence(self, tenant: TenantId, /) -> Evidence:
        """Return what is known of the erasure elsewhere, and of the copies of the vault that there still are."""


class NoCopies:
    """A site that makes no backups and has no standby: nothing has to be waited for."""

    async def ledger_is_shipped(self, _: TenantId, /) -> bool:
        """There is nowhere to ship it to."""
        return True

    async def evidence(self, _: TenantId, /) -> Evidence:
        """There is nowhere to look."""
        return Evidence()
