"""Reads documents in MongoDB's extended JSON, relaxed or canonical, and as its shells print them."""

from collections.abc import Iterator, Mapping
from typing import Final

from application.exchange.escapes import unquoted
from application.exchange.extended_types import OPAQUE, call, special
from application.exchange.tokens import Tokens, Unreadable

DEPTH: Final = 100
"""How deep values may lie within one another, as in BSON itself; each level takes three frames of the stack."""

VALUES: Final = 250_000
"""How many values one document may hold: more than a node with all the children that a panorama can have."""

_TOO_MUCH: Final = "the document is too deep or too large"

_NUMBER: Final = 32
"""Characters of the longest number that is read; a longer one is OPAQUE, as no shell prints one."""

_CONSTANTS: Final[Mapping[str, object]] = {
    "null": None,
    "undefined": None,
    "true": True,
    "false": False,
    "Infinity": float("inf"),
    "NaN": float("nan"),
    "MinKey": OPAQUE,
    "MaxKey": OPAQUE,
}
"""Words that are values; a call is none of them, whatever it is called."""


def documents(content: bytes) -> Iterator[object]:
    """Yield each document: as many as stand behind one another, or those of one array.

    A document is a dict if it is one; object ids, dates, references and what is OPAQUE are those of `extended_types`,
    whole numbers without a point or an exponent are ints. As in JavaScript there may be comments, a comma behind the
    last value, other quotation marks, and none around names. Raises Unreadable, once it gets there, where the text is
    anything else.
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
    while not tokens.take("]"):
        yield _Document(tokens).value(DEPTH)
        tokens.separate("]")
    if tokens.kind != "end":
        raise tokens.unreadable("nothing may follow the array")


class _Document:
    """Reads one document, and counts its values."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._left = VALUES

    def value(self, depth: int) -> object:
        tokens = self._tokens
        self._count()
        if depth == 0:
            raise tokens.unreadable(_TOO_MUCH)
        if tokens.kind == "text":
            return self._text()
        if tokens.kind == "number":
            return self._number()
        if tokens.kind == "word":
            return self._word(depth)
        if tokens.kind == "expression":
            tokens.advance()
            return OPAQUE
        if tokens.take("{"):
            return self._object(depth)
        if tokens.take("["):
            return self._values("]", depth)
        raise tokens.unreadable("a value is missing")

    def _count(self) -> None:
        """Count a value, or a further part of a text."""
        self._left -= 1
        if self._left < 0:
            raise self._tokens.unreadable(_TOO_MUCH)

    def _text(self) -> str:
        parts = [self._part()]
        # mongosh prints a text of several lines in parts.
        while self._tokens.take("+"):
            if self._tokens.kind != "text":
                raise self._tokens.unreadable("a text is missing")
            self._count()
            parts.append(self._part())
        # Joined once: with each part copied into the next text, the time would grow with the square of their number.
        return "".join(parts)

    def _part(self) -> str:
        text = unquoted(self._tokens.text)
        if text is None:
            raise self._tokens.unreadable("the text has an escape that JSON has not")
        self._tokens.advance()
        return text

    def _number(self) -> object:
        token = self._tokens.text
        self._tokens.advance()
        if len(token) > _NUMBER:
            return OPAQUE
        return float(token) if any(map(token.__contains__, ".eEI")) else int(token)

    def _word(self, depth: int) -> object:
        tokens = self._tokens
        word = tokens.text
        tokens.advance()
        if word == "new" and tokens.kind == "word":
            word = tokens.text
            tokens.advance()
        if tokens.take("("):
            return call(word, self._values(")", depth))
        if word not in _CONSTANTS:
            raise tokens.unreadable("the word before this has no meaning here")
        return _CONSTANTS[word]

    def _values(self, closing: str, depth: int) -> list[object]:
        values: list[object] = []
        while not self._tokens.take(closing):
            values.append(self.value(depth - 1))
            self._tokens.separate(closing)
        return values

    def _object(self, depth: int) -> object:
        members: dict[str, object] = {}
        while not self._tokens.take("}"):
            self._member(members, depth)
            self._tokens.separate("}")
        return special(members) if next(iter(members), "").startswith("$") else members

    def _name(self) -> str:
        if self._tokens.kind == "text":
            return self._text()
        name = self._tokens.text
        self._tokens.advance()
        return name

    def _member(self, members: dict[str, object], depth: int) -> None:
        if self._tokens.kind not in {"text", "word"}:
            raise self._tokens.unreadable("a name is missing")
        name = self._name()
        if name in members:
            raise self._tokens.unreadable("the name before this stands twice in one object")
        self._tokens.expect(":")
        members[name] = self.value(depth - 1)
