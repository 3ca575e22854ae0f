"""Reading backups back: whether each store alone would do for a restore.

Of every store: each manifest is what the next one and the site's own book say that it is, and none is missing; each
object is there in its size, and of those in the part that has its turn every byte is read; no stream has a gap; and the
newest copy of the key vault, all of which is read each time, opens everything. Where the store locks objects, whatever
is read is locked for as long as it is kept.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from application.backups.ground import Ground
from application.backups.locks import Locks
from application.backups.looking import Look, Told
from application.backups.names import MANIFESTS, OBJECTS, VAULT_COPIES, VAULT_OBJECTS, numbered
from application.backups.packs import unpacked
from application.backups.problems import Fault, Part, Verified
from application.backups.reading import Damaged, contents_of, copies_in, manifests_in
from application.backups.states import State
from application.backups.stores import Store
from application.backups.vault_copies import usable
from application.faults import described
from domain.backups.chains import Chain, Chained, altered, arranged, lost
from domain.backups.manifests import Contents, Manifest, Piece, Position, Span, VaultCopy
from domain.backups.retention import Retention, began_before, kept
from domain.backups.streams import Gap, Holdings
from domain.ids import TenantId
from ports.edges import port_errors_only
from ports.errors import Corrupt, NotFound, PortError
from ports.storage import Row

LASTS: Final = timedelta(hours=6)
"""Longer than a look at one store."""


class Verifier:
    """Looks at the stores of a site; raises what the site's own storage raises."""

    def __init__(self, ground: Ground, retention: Retention) -> None:
        self._ground = ground
        self._retention = retention

    async def verify(self, store: Store, part: Part, told: Told = lambda *_: None) -> Verified:
        """Return what is wrong with one store."""
        book = await self._book()
        state = await self._ground.states.of(store.name)
        look = Look(store, part, told)
        try:
            with port_errors_only():
                await self._look_at(look, book, state)
        except PortError as exc:
            look.problem(Fault.UNREACHABLE, f"the store ({described(exc)})")
        return look.verified

    async def _look_at(self, look: Look, book: dict[Position, str], state: State) -> None:
        locks = Locks(state, self._retention, self._ground.clock())
        await look.begin()
        # Others ship meanwhile: objects and keys are there before the manifest that names them, so they are looked for
        # after it; and a manifest that was added since is in the book by now.
        found = [each async for each in manifests_in(look.store)]
        book |= await self._book()
        wrapped = await _look_at_vault(look, state, locks)
        await look.list(OBJECTS)
        chain = arranged(each for each in found if isinstance(each, Chained))
        _compare_with_one_another(look, found, chain, lost(chain.line, self._retention, self._ground.clock()))
        _compare_with_the_book(look, found, book, state)
        line = self._staying(chain.manifests)
        await _look_at_objects(look, line, locks.of(chain.line, book))
        await _look_at_contents(look, line, wrapped)

    async def _book(self) -> dict[Position, str]:
        return {entry.position: entry.chained.sha256 async for entry in self._ground.book.after(None)}

    def _staying(self, line: Sequence[Manifest]) -> list[Manifest]:
        """Return what is kept for longer than a look takes; the rest may be pruned at any moment."""
        staying = kept(line, self._retention, self._ground.clock() + LASTS)
        return [manifest for manifest in line if manifest.position in staying]

    async def repair(self, verified: Verified) -> bool:
        """Have what is missing in a store, or not locked, given to it once more; return whether there is anything.

        What is damaged cannot be put right by whoever may only add: it must be deleted first.
        """
        if verified.lacks_from is None and not verified.lacks_copy:
            return False
        before: Position | None = None
        if verified.lacks_from is not None:
            async for entry in self._ground.book.after(None):
                if entry.position >= verified.lacks_from:
                    break
                before = entry.position

        def set_back(state: State) -> State:
            head = state.head if verified.lacks_from is None else before
            return replace(state, head=head, vault=None if verified.lacks_copy else state.vault)

        await self._ground.states.change(verified.store, set_back)
        return True


async def _look_at_vault(look: Look, state: State, locks: Locks) -> dict[TenantId, set[int]]:
    """Return the generations of each tenant that the newest copy opens, having read all of it."""
    wrapped: dict[TenantId, set[int]] = {}
    newest: VaultCopy | None = None
    async for copy in copies_in(look.store):
        if isinstance(copy, Damaged):
            look.problem(Fault.DAMAGED, copy.name)
        else:
            newest = copy
    await look.list(VAULT_OBJECTS)
    if state.vault is not None and (newest is None or newest.position < state.vault):
        look.lacks(numbered(VAULT_COPIES, state.vault), None)
    if newest is None:
        return wrapped
    await look.lock(numbered(VAULT_COPIES, newest.position), None, locks.of_copy(newest))
    for piece in newest.pieces:
        content = await look.read(VAULT_OBJECTS, piece, None, whole=True, until=locks.of_objects(newest))
        for row in () if content is None else _rows(look, content, piece):
            number = _opened(look, row, piece)
            if number is not None:
                wrapped.setdefault(TenantId(row.tenant), set()).add(number)
    return wrapped


def _opened(look: Look, row: Row, piece: Piece) -> int | None:
    try:
        return usable(row)
    except Corrupt:
        look.problem(Fault.DAMAGED, f"what the object {piece.sha256} holds")
        return None


def _compare_with_one_another(
    look: Look, found: Sequence[Chained | Damaged], chain: Chain, missing: Sequence[Span]
) -> None:
    damaged = [each for each in found if isinstance(each, Damaged)]
    for each in damaged:
        look.problem(Fault.DAMAGED, each.name)
    for late in chain.aside:
        look.problem(Fault.ASIDE, numbered(MANIFESTS, late.position))
    for position in altered(chain.line):
        look.problem(Fault.ALTERED, numbered(MANIFESTS, position))
    for span in missing:
        if not any(span.first <= each.position <= span.last for each in damaged):
            look.lacks(str(span), span.first)


def _compare_with_the_book(
    look: Look, found: Sequence[Chained | Damaged], book: Mapping[Position, str], state: State
) -> None:
    """What the book does not know anyone may have added; what it knows beyond the newest that is there is missing."""
    for each in found:
        if not book or each.position < min(book):
            continue
        if each.position not in book:
            look.problem(Fault.UNKNOWN, numbered(MANIFESTS, each.position))
        elif isinstance(each, Chained) and book[each.position] != each.sha256:
            look.problem(Fault.ALTERED, numbered(MANIFESTS, each.position))
    newest = max((each.position for each in found), default=None)
    for position in book:
        if state.head is not None and position <= state.head and (newest is None or position > newest):
            look.lacks(numbered(MANIFESTS, position), position)


async def _look_at_objects(look: Look, line: Sequence[Manifest], locks: Mapping[Position, datetime]) -> None:
    look.expect(len(line), sum(len(manifest.objects) for manifest in line))
    for manifest in line:
        until = locks.get(manifest.position)
        await look.manifest(manifest.position, until)
        for piece in manifest.indexes:
            await look.read(OBJECTS, piece, manifest.position, until=until)
        for piece in manifest.pieces:
            content = await look.read(OBJECTS, piece, manifest.position, until=until)
            if content is not None:
                _rows(look, content, piece)


def _rows(look: Look, content: bytes, piece: Piece) -> list[Row]:
    """Return the records of an object that is what it is named by; note where it does not hold what it was said to."""
    try:
        found = [row for rows in unpacked(content) for row in rows]
    except Corrupt:
        found = []
    if len(found) != piece.records:
        look.problem(Fault.DAMAGED, f"what the object {piece.sha256} holds")
    return found


async def _look_at_contents(look: Look, line: Sequence[Manifest], wrapped: Mapping[TenantId, set[int]]) -> None:
    """Follow the streams from the beginning of the chain, or from a snapshot where what was before is not kept."""
    holdings = Holdings() if line and line[0].predecessor is None else None
    last: Position | None = None
    for manifest in line:
        if manifest.predecessor is not None and manifest.predecessor.position != last:
            holdings = None
        last = manifest.position
        contents = await _contents(look, manifest)
        if contents is None:
            holdings = None
            continue
        _look_at_keys(look, contents, wrapped)
        if manifest.is_snapshot:
            whole = await _whole(look, manifest, contents, line)
            holdings = holdings or whole
        elif holdings is not None:
            _tell_gaps(look, manifest, holdings.add(contents.new, contents.again))


async def _whole(look: Look, snapshot: Manifest, contents: Contents, line: Sequence[Manifest]) -> Holdings | None:
    """Return what a snapshot holds together with all that was shipped since its scan began; None where that is lost."""
    parts = [contents]
    for each in line:
        if began_before(snapshot, each.position) and each.position < snapshot.position and not each.is_snapshot:
            more = await _contents(look, each)
            if more is None:
                return None
            parts.append(more)
    holdings = Holdings()
    _tell_gaps(look, snapshot, holdings.add(*(part.new for part in parts), *(part.again for part in parts)))
    return holdings


def _tell_gaps(look: Look, manifest: Manifest, found: Sequence[Gap]) -> None:
    for gap in found:
        look.problem(Fault.GAP, f"{numbered(MANIFESTS, manifest.position)}, where {gap},")


def _look_at_keys(look: Look, contents: Contents, wrapped: Mapping[TenantId, set[int]]) -> None:
    """A tenant of whom no key is left has been erased; of any other each key is needed."""
    for tenant, numbers in contents.keys.items():
        if tenant not in wrapped:
            look.erased(tenant)
            continue
        for number in sorted(set(numbers) - wrapped[tenant]):
            look.problem(Fault.UNWRAPPED, f"tenant {tenant}, generation {number},")


async def _contents(look: Look, manifest: Manifest) -> Contents | None:
    """Return what a manifest's records are of; None where its index is missing or damaged, which has been told."""
    try:
        return await contents_of(manifest, [look.store])
    except (NotFound, Corrupt):
        return None
