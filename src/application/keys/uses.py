"""Who else may still need a generation of a data key: backups."""

from typing import Protocol

from domain.ids import TenantId


class GenerationUses(Protocol):
    """Knows which generations something outside the live storage is sealed under."""

    async def needed(self, tenant: TenantId) -> frozenset[int]:
        """Return the generations that a snapshot or segment in flight needs, or a manifest in any store lists.

        Raises Unavailable, or another port error, where it cannot tell: then nothing is destroyed.
        """


class NobodyElse:
    """The answer of a site that keeps no backups."""

    async def needed(self, tenant: TenantId) -> frozenset[int]:  # noqa: ARG002 - it is the same for every tenant.
        """Return that nothing else needs any."""
        return frozenset()
