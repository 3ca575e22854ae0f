"""One look at one store: what was found wrong, and how much has been read."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from msgspec.structs import replace

from application.backups.names import MANIFESTS, named, numbered
from application.backups.problems import Fault, Part, Problem, Verified
from application.backups.reading import listed
from application.backups.stores import Store, fetched
from domain.backups.manifests import Piece, Position
from domain.ids import TenantId
from ports.blobs import Capability
from ports.errors import Corrupt, NotFound

_ROUNDED: Final = timedelta(seconds=1)
"""Stores tell times in whole seconds or milliseconds."""

Told: TypeAlias = Callable[[int, int], None]
"""Takes how many objects of a store have been looked at, and how many there are."""


class Look:
    """Looks at objects and notes what is wrong; raises what the store raises when it does not answer."""

    def __init__(self, store: Store, part: Part, told: Told) -> None:
        self.store = store
        self._part = part
        self._told = told
        self._total = 0
        self._problems: dict[Problem, None] = {}
        self._erased: set[TenantId] = set()
        self._sizes: dict[str, int] = {}
        self._found = Verified(store=store.name)

    @property
    def verified(self) -> Verified:
        """Return what was found."""
        return replace(self._found, problems=tuple(self._problems), erased=len(self._erased))

    async def begin(self) -> None:
        """Ask whether the store locks objects."""
        await self.store.blobs.check()
        if Capability.RETENTION in self.store.blobs.capabilities:
            self._found = replace(self._found, locked=0)

    async def list(self, prefix: str) -> None:
        """Learn which objects are there and how large they are: a thousand for each question."""
        self._sizes |= {info.name: info.size async for info in listed(self.store, prefix)}

    def expect(self, manifests: int, objects: int) -> None:
        """Take note of how much there is to look at."""
        self._found = replace(self._found, manifests=manifests)
        self._total = objects

    def problem(self, fault: Fault, what: str) -> None:
        """Note a problem, once."""
        self._problems[Problem(self.store.name, fault, what)] = None

    def lacks(self, what: str, position: Position | None, fault: Fault = Fault.MISSING) -> None:
        """Note what can be given again: something of this manifest, or of the newest copy of the vault for None."""
        self.problem(fault, what)
        if position is None:
            self._found = replace(self._found, lacks_copy=True)
        elif self._found.lacks_from is None or position < self._found.lacks_from:
            self._found = replace(self._found, lacks_from=position)

    def erased(self, tenant: TenantId) -> None:
        """Note that nobody can open anything of a tenant."""
        self._erased.add(tenant)

    async def manifest(self, position: Position, until: datetime | None) -> None:
        """Look at the lock of a manifest that has been read, if it is one of those whose turn it is."""
        if self._part.takes(position.number):
            await self.lock(numbered(MANIFESTS, position), position, until)

    async def lock(self, name: str, position: Position | None, until: datetime | None) -> None:
        """Note where an object is not locked `until` then; nothing is asked for None, or of a store without locks."""
        if self._found.locked is None or until is None:
            return
        try:
            locked = (await self.store.blobs.info(name)).retained_until
        except NotFound:
            self.lacks(name, position)
            return
        if locked is None or locked < until - _ROUNDED:
            self.lacks(name, position, Fault.UNLOCKED)
        else:
            self._found = replace(self._found, locked=self._found.locked + 1)

    async def read(
        self,
        prefix: str,
        piece: Piece,
        position: Position | None,
        *,
        whole: bool = False,
        until: datetime | None = None,
    ) -> bytes | None:
        """Look at an object, and return its bytes if it is one of those that are read, and is what it should be.

        `whole`: read it whichever part it is in. It must be locked `until` then. What cannot be read is noted.
        """
        name = named(prefix, piece)
        self._found = replace(self._found, objects=self._found.objects + 1, stored=self._found.stored + piece.size)
        content: bytes | None = None
        if name not in self._sizes:
            self.lacks(name, position)
        elif self._sizes[name] != piece.size:
            self.problem(Fault.DAMAGED, name)
        elif whole or self._part.holds(piece):
            content = await self._fetched(name, piece, position)
        if content is not None:
            await self.lock(name, position, until)
        self._told(self._found.objects, max(self._total, self._found.objects))
        return content

    async def _fetched(self, name: str, piece: Piece, position: Position | None) -> bytes | None:
        try:
            content = await fetched(self.store, name, piece)
        except NotFound:
            self.lacks(name, position)
            return None
        except Corrupt:
            self.problem(Fault.DAMAGED, name)
            return None
        self._found = replace(self._found, read=self._found.read + 1, size=self._found.size + piece.size)
        return content
