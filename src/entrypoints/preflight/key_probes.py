"""What a key manager must do, tried on keys that seal nothing, and what the vault holds of real ones."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from application.keys.vault import HOLDER
from domain.ids import SYSTEM, TenantId
from domain.keys import DATA_KEY, Generation, State, wrap_context
from entrypoints.preflight.findings import Probe
from ports.key_checks import PLAIN_SIZE
from ports.keys import Capability, KeyManager
from ports.sources import Random
from ports.storage import SCAN_LIMIT, Storage

_CONTEXT: Final = b"panorama-v1 purpose=preflight"
_TENANTS: Final = 100
"""The data keys of how many tenants are opened; those of the service itself always are."""


class KeyProbes:
    """Probes that lean on those before them, on one key manager."""

    def __init__(self, manager: KeyManager, random: Random, permissions: Mapping[str, str]) -> None:
        self._manager = manager
        self._plain = random(PLAIN_SIZE)
        self._permissions = permissions
        self._wrap = b""

    def probes(self) -> list[Probe]:
        """Return the probes in their order."""
        wrap, unwrap = self._permissions.get("wrap", ""), self._permissions.get("unwrap", "")
        rewrap, describe = self._permissions.get("rewrap", ""), self._permissions.get("describe", "")
        by_itself = Capability.ROTATES_BY_ITSELF in self._manager.capabilities
        return [
            Probe("describes its key", self._described, "rotates" if by_itself else "rotated by hand", describe),
            Probe("wraps a key, never twice alike", self._wrapped, permission=wrap),
            Probe("opens its wrap", self._unwrapped, permission=unwrap),
            Probe("refuses a wrap under another context", self._misplaced, "corrupt", unwrap),
            Probe("refuses a damaged wrap", self._damaged, "corrupt", unwrap),
            Probe("renews a wrap", self._rewrapped, permission=rewrap),
        ]

    async def _described(self) -> str:
        return "rotates" if (await self._manager.describe()).rotation is not None else "rotated by hand"

    async def _wrapped(self) -> str | None:
        self._wrap = await self._manager.wrap(self._plain, _CONTEXT)
        another = await self._manager.wrap(self._plain, _CONTEXT)
        return None if another != self._wrap and self._plain not in self._wrap else "wraps alike"

    async def _unwrapped(self) -> str | None:
        return self._verdict(await self._manager.unwrap(self._wrap, _CONTEXT))

    async def _misplaced(self) -> str:
        await self._manager.unwrap(self._wrap, _CONTEXT + b"-other")
        return "opened"

    async def _damaged(self) -> str:
        await self._manager.unwrap(self._wrap[:-1] + bytes([self._wrap[-1] ^ 1]), _CONTEXT)
        return "opened"

    async def _rewrapped(self) -> str | None:
        return self._verdict(await self._manager.unwrap(await self._manager.rewrap(self._wrap, _CONTEXT), _CONTEXT))

    def _verdict(self, opened: bytes) -> str | None:
        return None if opened == self._plain else "another key came back"


class VaultProbes:
    """Whether any key manager alone would do: each opens every data key, and all get the same."""

    def __init__(self, vault: Storage, managers: Sequence[KeyManager], permission: str) -> None:
        self._vault = vault
        self._managers = managers
        self._permission = permission

    def probes(self) -> list[Probe]:
        """Return the one probe."""
        return [Probe("every key manager opens every data key", self._opened, permission=self._permission)]

    async def _opened(self) -> str | None:
        holders = await self._vault.scan(SYSTEM, HOLDER, limit=_TENANTS)
        unopened = 0
        for tenant in dict.fromkeys((SYSTEM, *(TenantId(record.ref.key) for record in holders))):
            for record in await self._vault.scan(tenant, DATA_KEY, limit=SCAN_LIMIT):
                generation = msgspec.msgpack.decode(record.body or b"", type=Generation)
                if generation.state is not State.DESTROYED:
                    context = wrap_context(tenant, generation.number, DATA_KEY)
                    unopened += not await self._all_agree(generation.wraps, context)
        return f"{unopened} not opened by every one" if unopened else None

    async def _all_agree(self, wraps: Mapping[str, bytes], context: bytes) -> bool:
        if any(manager.name not in wraps for manager in self._managers):
            return False
        opened = await asyncio.gather(*(manager.unwrap(wraps[manager.name], context) for manager in self._managers))
        return len(set(opened)) == 1
