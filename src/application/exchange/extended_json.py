"""Reads documents in MongoDB's extended JSON, relaxed or canonical, and in the shell's form."""

import json
from collections.abc import Iterator
from typing import Final

from application.exchange.extended_types import call, special
from application.exchange.tokens import Tokens, Unreadable

DEPTH: Final = 16
"""How deep values may lie within one another; a node document needs four."""

VALUES: Final = 250_000
"""How many values one document may hold: more than a node with all the children that a panorama can have."""

_NUMBER: Final = 32
"""Characters of the longest number."""

_CONSTANTS: Final = {"null": None, "true": True, "false": False}


def documents(content: bytes) -> Iterator[object]:
    """Yield each document: as many as stand behind one another, or those of one array.

    A document is a dict if it is one; object ids, dates and references are those of `extended_types`, whole numbers
    are ints. Raises Unreadable, once it gets there, where the text is anything else.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        where = f"byte {error.start + 1}"
        raise Unreadable(where, "this is not UTF-8") from None
    tokens = Tokens(text)
    if tokens.take("["):
        yield from _array(tokens)
    while tokens.kind != "end":
        yield _Document(tokens).value(DEPTH)


def _array(tokens: Tokens) -> Iterator[object]:
    if not tokens.take("]"):
        yield _Document(tokens).value(DEPTH)
        while tokens.take(","):
            yield _Document(tokens).value(DEPTH)
        tokens.expect("]")
    if tokens.kind != "end":
        raise tokens.unreadable("nothing may follow the array")


class _Document:
    """Reads one document, and counts its values."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._left = VALUES

    def value(self, depth: int) -> object:
        tokens = self._tokens
        self._left -= 1
        if depth == 0 or self._left < 0:
            raise tokens.unreadable("the document is too deep or too large")
        if tokens.kind == "text":
            return self._text()
        if tokens.kind == "number":
            return self._number()
        if tokens.kind == "word":
            return self._word(depth)
        if tokens.take("{"):
            return self._object(depth)
        if tokens.take("["):
            return self._values("]", depth)
        raise tokens.unreadable("a value is missing")

    def _text(self) -> str:
        token = self._tokens.text
        if "\\" not in token:
            self._tokens.advance()
            return token[1:-1]
        try:
            text: str = json.loads(token)
        except ValueError:
            # The cause quotes the content.
            raise self._tokens.unreadable("the text has an escape that JSON has not") from None
        self._tokens.advance()
        return text

    def _number(self) -> int | float:
        token = self._tokens.text
        if len(token) > _NUMBER:
            raise self._tokens.unreadable("the number is too long")
        self._tokens.advance()
        return float(token) if any(map(token.__contains__, ".eE")) else int(token)

    def _word(self, depth: int) -> object:
        tokens = self._tokens
        word = tokens.text
        refused = tokens.unreadable
        tokens.advance()
        if word in _CONSTANTS:
            return _CONSTANTS[word]
        if word == "new" and tokens.kind == "word":
            word = tokens.text
            tokens.advance()
        if not tokens.take("("):
            raise refused("this word has no meaning here")
        value = call(word, self._values(")", depth))
        if value is None:
            raise refused("what was called before this has no meaning, or not with these arguments")
        return value

    def _values(self, closing: str, depth: int) -> list[object]:
        values: list[object] = []
        if self._tokens.take(closing):
            return values
        values.append(self.value(depth - 1))
        while self._tokens.take(","):
            values.append(self.value(depth - 1))
        self._tokens.expect(closing)
        return values

    def _object(self, depth: int) -> object:
        tokens = self._tokens
        members: dict[str, object] = {}
        if tokens.take("}"):
            return members
        self._member(members, depth)
        while tokens.take(","):
            self._member(members, depth)
        tokens.expect("}")
        if not next(iter(members)).startswith("$"):
            return members
        value = special(members)
        if value is None:
            raise tokens.unreadable("the object before this has no meaning, or not with these members")
        return value

    def _member(self, members: dict[str, object], depth: int) -> None:
        if self._tokens.kind != "text":
            raise self._tokens.unreadable("a name in quotes is missing")
        name = self._text()
        if name in members:
            raise self._tokens.unreadable("the name before this stands twice in one object")
        self._tokens.expect(":")
        members[name] = self.value(depth - 1)
