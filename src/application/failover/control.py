"""The control stores: a few blob stores, no majority of them in one cloud, that say which site may write."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Final, NamedTuple, TypeVar

import msgspec

from domain.epochs import Word, in_force, majority, supersedes
from ports.blobs import BlobStore
from ports.edges import port_errors_only
from ports.errors import AlreadyExists, Conflict, Corrupt, DeadlineExceeded, NotFound, PortError, Unavailable

T = TypeVar("T")

NAME: Final = "control/epoch.json"
"""The one object, in every control store."""

PATIENCE: Final = 4.0
"""How many seconds a control store has to answer; the others go on without it."""

_LARGEST: Final = 1_024
"""No word is longer, in bytes."""

_TRIES: Final = 5


class Held(NamedTuple):
    """What one store holds, and the tag to replace exactly that."""

    word: Word | None
    tag: str = ""


class ControlStores:
    """Reads and replaces the word in every store at once; goes on without a store that does not answer."""

    def __init__(self, stores: Sequence[BlobStore], patience: float = PATIENCE) -> None:
        self._stores = tuple(stores)
        self._patience = patience

    async def answers(self) -> list[Held | PortError]:
        """Ask every store; in the place of one that has no answer in time stands its error."""
        return await self._all(_read(store) for store in self._stores)

    async def words(self) -> list[Word | None]:
        """Return every store's word, None for a store that is empty or was not reached."""
        return [answer.word if isinstance(answer, Held) else None for answer in await self.answers()]

    async def propose(self, word: Word) -> list[Word | None]:
        """Put the word wherever it supersedes what is held, and return what every store holds afterwards.

        All are read again, so that neither a lost answer nor a faster rival is taken for what it is not.
        """
        await self._all(_write(store, word) for store in self._stores)
        return await self.words()

    async def begin(self, word: Word) -> Word | None:
        """Put the very first word if every store answers that it is empty; return what is in force then.

        While a store is out nobody can know that there has never been a word.
        """
        answers = await self.answers()
        if all(isinstance(answer, Held) and answer.word is None for answer in answers):
            return in_force(await self.propose(word))
        return in_force([answer.word if isinstance(answer, Held) else None for answer in answers])

    async def majority_words(self) -> list[Word | None]:
        """Return every store's word as `words` does; raises Unavailable where no majority answers."""
        answers = await self.answers()
        failures = [answer for answer in answers if isinstance(answer, PortError)]
        found = len(answers) - len(failures)
        if found < majority(len(answers)):
            raise Unavailable(f"{found} of {len(answers)} control stores answer, which is no majority") from failures[0]
        return [answer.word if isinstance(answer, Held) else None for answer in answers]

    async def _all(self, calls: Iterable[Awaitable[T]]) -> list[T | PortError]:
        return list(await asyncio.gather(*(self._in_time(call) for call in calls)))

    async def _in_time(self, call: Awaitable[T]) -> T | PortError:
        try:
            async with asyncio.timeout(self._patience):
                with port_errors_only():
                    return await call
        except TimeoutError:
            return DeadlineExceeded("a control store does not answer in time")
        except PortError as error:
            return error


async def _read(store: BlobStore) -> Held:
    """Read between two looks at the tag, so that it belongs to what was read."""
    for _ in range(_TRIES):
        try:
            tag = (await store.info(NAME)).tag
            content = b"".join([chunk async for chunk in store.read(NAME, length=_LARGEST)])
            if (await store.info(NAME)).tag == tag:
                return Held(_decoded(content), tag)
        except NotFound:
            await store.check()  # A bucket that is missing is not an empty one.
            return Held(None)
    raise Conflict(NAME)


async def _write(store: BlobStore, word: Word) -> None:
    """Put the word unless what is held forbids it. Losing a race says nothing: what counts is read afterwards."""
    held = await _read(store)
    if not supersedes(word, held.word):
        return
    content = msgspec.json.encode(word)
    with suppress(AlreadyExists, Conflict, NotFound):
        if held.word is None:
            await store.create(NAME, _once(content), sha256=sha256(content).digest())
        else:
            await store.replace(NAME, content, tag=held.tag)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _decoded(content: bytes) -> Word:
    try:
        return msgspec.json.decode(content, type=Word)
    except msgspec.DecodeError as exc:
        raise Corrupt("a control store holds something else than a word on epochs") from exc
