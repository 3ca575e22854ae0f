"""What all blob stores of a site hold together: what is missing or damaged in one is taken from another."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import msgspec

from application.backups.names import MANIFESTS, named, numbered
from application.backups.reading import ALL, Among, Damaged, copies_in, manifests_in, positions_in
from application.backups.stores import Store, fetched
from application.faults import described
from application.restore.refusals import RestoreRefused
from domain.backups.chains import Chained, altered, arranged
from domain.backups.manifests import Piece, Position, VaultCopy
from ports.blobs import KeepsVersions
from ports.edges import port_errors_only
from ports.errors import Corrupt, NotFound, PortError

_VERIFY: Final = "`panorama backup verify` names all that is wrong; bring back a store that has it whole"

_OTHER_MOMENT: Final = f"{_VERIFY}, or restore a moment that does not need it, with --at"


class Flaw(msgspec.Struct, frozen=True):
    """Something that a store should have and did not give."""

    store: str
    what: str
    """The object's name, or what else was asked for."""

    code: str
    """The code of the error: `not-found`, `corrupt`, or why the store does not answer."""

    def __str__(self) -> str:
        """Say it to an operator."""
        return f"{self.what} in {self.store}: {self.code}"


class Stores:
    """Reads from all stores, and tells `told` of each flaw, once."""

    def __init__(
        self,
        stores: Sequence[Store],
        told: Callable[[Flaw], None] = lambda _: None,
        written_before: datetime | None = None,
    ) -> None:
        """Take nothing for a manifest, or for a copy of the key vault, that was not there by `written_before`.

        Of a store that keeps what was put over, everything is read as it was then.
        """
        self._today = tuple(stores)
        self._stores = self._today if written_before is None else tuple(_past(each, written_before) for each in stores)
        self._told = told
        self._written_before = written_before
        self._flaws: dict[Flaw, None] = {}
        self._unreadable: set[Position] = set()

    @property
    def flaws(self) -> tuple[Flaw, ...]:
        """Return all that was found wrong."""
        return tuple(self._flaws)

    async def line(self, beyond: Position | None = None) -> list[Chained]:
        """Return the manifests that lead to the newest one that any store holds, oldest first; all, or those beyond.

        Where two stores say different things of one manifest, the one counts that the next manifest names. Raises
        RestoreRefused where that cannot be told, Unavailable and the like where no store answers.
        """
        found: dict[Position, dict[str, Chained]] = defaultdict(dict)
        failures: list[PortError] = []
        for store in self._stores:
            try:
                with port_errors_only():
                    async for each in manifests_in(store, Among(beyond, self._written_before)):
                        if isinstance(each, Damaged):
                            self._note(store, each.name, Corrupt())
                            self._unreadable.add(each.position)
                        else:
                            found[each.position][each.sha256] = each
            except PortError as exc:
                self._note(store, "its manifests", exc)
                failures.append(exc)
        if not found and failures and (beyond is None or len(failures) == len(self._stores)):
            raise failures[0]
        return _agreed(found)

    async def highest_epoch(self) -> int:
        """Return the highest epoch of which any store holds a manifest, whoever made it and when; 0 where none does."""
        last, _ = await self._last(self._today, ALL)
        return 0 if last is None else last.epoch

    async def newest(self, beyond: Position | None = None) -> Chained | None:
        """Return the last manifest that any store holds, None where there is none beyond; raises as `line` does.

        Raises RestoreRefused where it is damaged in every store that has it.
        """
        last, failures = await self._last(self._stores, Among(beyond, self._written_before))
        if last is None and len(failures) == len(self._stores):
            raise failures[0]
        if last is None:
            return None
        line = await self.line(Position(last.epoch, last.number - 1))
        if not line:
            raise RestoreRefused(f"the newest manifest, {last}, is damaged in every store that has it", _OTHER_MOMENT)
        return line[-1]

    async def _last(self, stores: Sequence[Store], among: Among) -> tuple[Position | None, list[PortError]]:
        """Return where the last manifest stands by its name, and why stores do not answer."""
        found: list[Position] = []
        failures: list[PortError] = []
        for store in stores:
            try:
                with port_errors_only():
                    found += [position async for position in positions_in(store, MANIFESTS, among)][-1:]
            except PortError as exc:
                self._note(store, "its manifests", exc)
                failures.append(exc)
        return max(found, default=None), failures

    def unreadable_after(self, line: Sequence[Chained]) -> list[Position]:
        """Return which manifests there are beyond a line that no store has as they were made."""
        return sorted(each for each in self._unreadable if not line or each > line[-1].position)

    async def copies(self, beyond: Position | None = None) -> list[VaultCopy]:
        """Return the lists of all copies of the key vault that any store holds, oldest first; all, or those beyond.

        Raises RestoreRefused where the newest can be read from no store, or there must be one and is none.
        """
        found: dict[Position, VaultCopy] = {}
        positions: set[Position] = set()
        for store in self._stores:
            try:
                with port_errors_only():
                    async for each in copies_in(store, Among(beyond, self._written_before)):
                        positions.add(each.position)
                        if isinstance(each, Damaged):
                            self._note(store, each.name, Corrupt())
                        else:
                            found[each.position] = each
            except PortError as exc:
                self._note(store, "its copies of the key vault", exc)
        if beyond is not None and not positions:
            return []
        if not found or max(found) < max(positions):
            raise RestoreRefused("the newest copy of the key vault can be read from no store", _VERIFY)
        return [found[position] for position in sorted(found)]

    async def content(self, prefix: str, piece: Piece) -> bytes:
        """Return an object from the first store that has it whole; raises RestoreRefused where none has."""
        name = named(prefix, piece)
        codes = []
        for store in self._stores:
            try:
                with port_errors_only():
                    return await fetched(store, name, piece)
            except PortError as exc:
                self._note(store, name, exc)
                codes.append(exc)
        unreachable = [exc for exc in codes if not isinstance(exc, NotFound | Corrupt)]
        if unreachable:
            raise unreachable[0]
        raise RestoreRefused(f"the object {name} is whole in no store", _OTHER_MOMENT)

    def _note(self, store: Store, what: str, error: PortError) -> None:
        flaw = Flaw(store.name, what, described(error))
        if flaw not in self._flaws:
            self._told(flaw)
        self._flaws[flaw] = None


def _past(store: Store, moment: datetime) -> Store:
    return replace(store, blobs=store.blobs.as_of(moment)) if isinstance(store.blobs, KeepsVersions) else store


def _agreed(found: dict[Position, dict[str, Chained]]) -> list[Chained]:
    """Return the line that the manifests make, one at each position."""
    named_by_next = {
        (said.position, said.sha256)
        for versions in found.values()
        for each in versions.values()
        if (said := each.manifest.predecessor) is not None
    }
    chosen: list[Chained] = []
    for position, versions in found.items():
        right = [each for sha256, each in versions.items() if (position, sha256) in named_by_next]
        candidates = right or list(versions.values())
        if len(candidates) > 1:
            raise _altered(position)
        chosen += candidates
    line = arranged(chosen).line
    for position in altered(line):
        raise _altered(position)
    return list(line)


def _altered(position: Position) -> RestoreRefused:
    return RestoreRefused(
        f"{numbered(MANIFESTS, position)} is not what it was when the next one was made", _OTHER_MOMENT
    )
