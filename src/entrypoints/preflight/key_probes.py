"""What a key manager must do, tried on keys that seal nothing, and what the vault holds of real ones."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Final

import msgspec

from application.keys.generations import HOLDER
from domain.ids import SYSTEM, TenantId
from domain.keys import DATA_KEY, Generation, State, wrap_context
from entrypoints.preflight.findings import Noted, NotTried, Probe
from ports.errors import Corrupt
from ports.key_checks import PLAIN_SIZE
from ports.keys import KeyManager
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

    def first(self) -> Probe:
        """Return what is tried before anything else."""
        return Probe("answers", self._described, permission=self._permissions.get("describe", ""))

    def probes(self) -> list[Probe]:
        """Return the others in their order."""
        wrap, unwrap = self._permissions.get("wrap", ""), self._permissions.get("unwrap", "")
        rewrap = self._permissions.get("rewrap", "")
        return [
            Probe("wraps a key, never twice alike", self._wrapped, permission=wrap),
            Probe("opens its wrap", self._unwrapped, permission=unwrap),
            Probe("refuses a wrap under another context", self._misplaced, "corrupt", unwrap),
            Probe("refuses a damaged wrap", self._damaged, "corrupt", unwrap),
            Probe("renews a wrap", self._rewrapped, permission=rewrap),
        ]

    async def cleaned(self) -> None:
        """Do nothing: a key manager keeps nothing of what it has wrapped."""

    async def _described(self) -> Noted:
        rotation = (await self._manager.describe()).rotation
        return Noted("its key is rotated " + ("by hand" if rotation is None else f"every {rotation.days} days"))

    async def _wrapped(self) -> str | None:
        self._wrap = await self._manager.wrap(self._plain, _CONTEXT)
        another = await self._manager.wrap(self._plain, _CONTEXT)
        return None if another != self._wrap and self._plain not in self._wrap else "wraps alike"

    async def _unwrapped(self) -> str | None:
        return self._verdict(await self._manager.unwrap(self._made(), _CONTEXT))

    async def _misplaced(self) -> str:
        await self._manager.unwrap(self._made(), _CONTEXT + b"-other")
        return "opened"

    async def _damaged(self) -> str:
        wrap = self._made()
        await self._manager.unwrap(wrap[:-1] + bytes([wrap[-1] ^ 1]), _CONTEXT)
        return "opened"

    async def _rewrapped(self) -> str | None:
        return self._verdict(await self._manager.unwrap(await self._manager.rewrap(self._made(), _CONTEXT), _CONTEXT))

    def _made(self) -> bytes:
        if not self._wrap:
            raise NotTried
        return self._wrap

    def _verdict(self, opened: bytes) -> str | None:
        return None if opened == self._plain else "another key came back"


class VaultProbes:
    """Whether any key manager alone would do: each opens every data key, and all get the same."""

    def __init__(self, vault: Storage, managers: Mapping[str, KeyManager], permission: str) -> None:
        self._vault = vault
        self._managers = managers
        self._permission = permission

    def probes(self) -> list[Probe]:
        """Return the one probe."""
        return [Probe("opens every data key in the vault", self._opened, permission=self._permission)]

    async def _opened(self) -> str | Noted:
        total, opened, differing = 0, Counter[str](), 0
        async for wraps, context in self._keys():
            plain = {name: await _plain(manager, wraps, context) for name, manager in self._managers.items()}
            total += 1
            opened.update(name for name, key in plain.items() if key)
            differing += len({key for key in plain.values() if key}) > 1
        lacking = [f"{name} opens {opened[name]} of {total}" for name in self._managers if opened[name] < total]
        if lacking:
            return ", ".join(lacking)
        if differing:
            return f"{differing} of {total} are different keys to different key managers"
        return Noted(f"the vault holds {total or 'no'} data keys")

    async def _keys(self) -> AsyncIterator[tuple[Mapping[str, bytes], bytes]]:
        """Yield wraps and context of each data key that is not destroyed."""
        holders = await self._vault.scan(SYSTEM, HOLDER, limit=_TENANTS)
        for tenant in dict.fromkeys((SYSTEM, *(TenantId(record.ref.key) for record in holders))):
            for record in await self._vault.scan(tenant, DATA_KEY, limit=SCAN_LIMIT):
                generation = msgspec.msgpack.decode(record.body or b"", type=Generation)
                if generation.state is not State.DESTROYED:
                    yield generation.wraps, wrap_context(tenant, generation.number, DATA_KEY)


async def _plain(manager: KeyManager, wraps: Mapping[str, bytes], context: bytes) -> bytes | None:
    """Return the data key; None where the key manager has no wrap of it, or one that it does not open."""
    try:
        return await manager.unwrap(wraps[manager.name], context) if manager.name in wraps else None
    except Corrupt:
        return None
