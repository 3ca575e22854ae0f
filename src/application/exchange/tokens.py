"""The words of JSON and of the MongoDB shell's form of it, in linear time whatever the text is."""

import re
from typing import Final

# Every repetition is possessive and every alternative begins with a character of its own: nothing is tried twice. One
# of them always matches, so that the words lie side by side.
_TOKEN: Final = re.compile(
    r"[ \t\r\n]*+(?:"
    r'(?P<text>"[^"\\\x00-\x1f]*+(?:\\[^\x00-\x1f][^"\\\x00-\x1f]*+)*+")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?+[0-9]++)?+)"
    r"|(?P<word>[A-Za-z]++)"
    r"|(?P<mark>[{}\[\]():,])"
    r"|(?P<end>\Z)"
    r"|(?P<other>(?s:.)))"
)


class Unreadable(Exception):
    """The text is no sequence of documents; says where that shows, and never what stands there."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(where, what)
        self.where = where
        self.what = what


class Tokens:
    """A text, read word by word; `kind` and `text` are those of the word it stands at."""

    kind: str
    """text, number, word, mark, or end."""

    text: str

    def __init__(self, content: str) -> None:
        self._content = content
        self._words = _TOKEN.finditer(content)
        self.advance()

    def advance(self) -> None:
        """Go on to the next word, or to the end; raises Unreadable where there is neither."""
        self._word = next(self._words)
        self.kind = self._word.lastgroup or "other"
        self.text = self._word[self.kind]
        if self.kind == "other":
            raise self.unreadable("this begins no value")

    def take(self, mark: str) -> bool:
        """Step over `mark` if that is what comes next."""
        if self.text != mark:
            return False
        self.advance()
        return True

    def expect(self, mark: str) -> None:
        """Step over `mark`; raises Unreadable if something else comes next."""
        if not self.take(mark):
            raise self.unreadable(f"{mark} is missing")

    def unreadable(self, what: str) -> Unreadable:
        """Say that the text cannot be read from the word it stands at."""
        start = self._word.start(self.kind)
        line = self._content.count("\n", 0, start) + 1
        column = start - self._content.rfind("\n", 0, start)
        return Unreadable(f"line {line}, column {column}", what)
