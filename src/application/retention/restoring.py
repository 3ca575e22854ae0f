"""What a restore and a follower do last: whoever has been erased stays erased."""

from application.keys.vault import KeyVault
from application.retention.ledger import Ledger
from application.sealing.records import Records
from application.tenants.aliases import empty_aliases


async def apply_ledger(records: Records, vault: KeyVault) -> int:
    """Erase every tenant that the ledger names, from storage and vault; return of how many there was anything.

    The ledger is that of the storage itself: it has to be brought to the newest moment known before. May be repeated
    after any failure. A site that has returned has another tenant, which no entry names. Raises what the ports raise.
    """
    ledger = Ledger(records)
    left = [
        tenant
        async for tenant in ledger.tenants()
        if await vault.holdings(tenant) or await records.storage.holdings(tenant)
    ]
    for tenant in left:
        await vault.erase(tenant)
    if left:
        await records.storage.erase(*left)
    await empty_aliases(records, {entry.tenant: entry.ended async for entry in ledger.entries()})
    return len(left)
