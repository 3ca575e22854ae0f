"""The words of JSON and of the MongoDB shell's form of it, in linear time whatever the text is."""

import re
from typing import Final, Literal, TypeAlias

TokenKind: TypeAlias = Literal["text", "number", "word", "mark", "end"]

_SPACE: Final = re.compile(r"[ \t\r\n]*+")

# Every repetition is possessive and every alternative begins with a character of its own: nothing is tried twice.
_TOKEN: Final = re.compile(
    r'(?P<text>"[^"\\\x00-\x1f]*+(?:\\[^\x00-\x1f][^"\\\x00-\x1f]*+)*+")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?+[0-9]++)?+)"
    r"|(?P<word>[A-Za-z]++)"
    r"|(?P<mark>[{}\[\]():,])"
)


class Unreadable(Exception):
    """The text is no sequence of documents; says where that shows, and never what stands there."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(where, what)
        self.where = where
        self.what = what


class Tokens:
    """A text, read word by word; `kind` and `text` are those of the word it stands at."""

    kind: TokenKind
    text: str

    def __init__(self, content: str) -> None:
        self._content = content
        self._start = 0
        self._end = 0
        self.advance()

    def advance(self) -> None:
        """Go on to the next word, or to the end; raises Unreadable where there is neither."""
        space = _SPACE.match(self._content, self._end)
        self._start = space.end() if space else self._end
        found = _TOKEN.match(self._content, self._start)
        if found:
            self.kind = found.lastgroup  # type: ignore[assignment]  # the groups are named after the kinds
            self.text = found.group()
            self._end = found.end()
        elif self._start == len(self._content):
            self.kind, self.text = "end", ""
        else:
            raise self.unreadable("this begins no value")

    def take(self, mark: str) -> bool:
        """Step over `mark` if that is what comes next."""
        if self.text != mark or self.kind != "mark":
            return False
        self.advance()
        return True

    def expect(self, mark: str) -> None:
        """Step over `mark`; raises Unreadable if something else comes next."""
        if not self.take(mark):
            raise self.unreadable(f"{mark} is missing")

    def unreadable(self, what: str) -> Unreadable:
        """Say that the text cannot be read from the word it stands at."""
        line = self._content.count("\n", 0, self._start) + 1
        column = self._start - self._content.rfind("\n", 0, self._start)
        return Unreadable(f"line {line}, column {column}", what)
