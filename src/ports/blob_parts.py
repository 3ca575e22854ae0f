"""Content cut into the parts that a provider takes, so that no more than one of them is held at a time."""

from collections.abc import AsyncIterable, AsyncIterator


class Parts:
    """Yields all parts but the last, of exactly `size` bytes each, and then has the last, which is not larger."""

    def __init__(self, content: AsyncIterable[bytes], size: int) -> None:
        self.are_several = False
        """Whether a part has been yielded."""

        self.last = b""
        """Set when the others have been taken; empty only where there is no content at all."""

        self._content = content
        self._size = size

    async def __aiter__(self) -> AsyncIterator[bytes]:
        held: list[bytes | memoryview] = []
        room = self._size
        async for chunk in self._content:
            rest = memoryview(chunk)
            while len(rest) > room:
                self.are_several = True
                yield b"".join((*held, rest[:room]))
                rest, held, room = rest[room:], [], self._size
            # A chunk that has not been cut is kept as it is: joined alone it is not even copied.
            held.append(chunk if len(rest) == len(chunk) else rest)
            room -= len(rest)
        self.last = b"".join(held)
