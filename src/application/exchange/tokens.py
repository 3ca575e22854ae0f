"""The words of JSON and of what MongoDB's shells print, in linear time whatever the text is."""

import re
from typing import Final

QUOTES: Final = "\"'`"
"""What a text may stand between: JSON's own, and those that mongosh chooses from."""

_GAP: Final = r"(?:[ \t\r\n\f\v\u00a0\ufeff\u2028\u2029]++|//[^\r\n]*+|/\*[^*]*+(?:\*(?!/)[^*]*+)*+\*/)*+"
"""JavaScript's blanks, and comments to the end of the line or in between."""

_NAME: Final = r"[A-Za-z_$][A-Za-z0-9_$]*+"


def _quoted(mark: str) -> str:
    return rf"{mark}[^{mark}\\\x00-\x1f]*+(?:\\[^\x00-\x1f][^{mark}\\\x00-\x1f]*+)*+{mark}"


# Every repetition is possessive and every alternative begins with a character of its own, but for comments and regular
# expressions: nothing else is tried twice. One of them always matches, so that the words lie side by side.
_TOKEN: Final = re.compile(
    rf"{_GAP}(?:"
    rf"(?P<text>{'|'.join(map(_quoted, QUOTES))})"
    r"|(?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?+[0-9]++)?+|-Infinity(?![A-Za-z0-9_$.]))"
    rf"|(?P<word>{_NAME}(?:\.{_NAME})*+)"
    r"|(?P<expression>/(?![*/])"
    r"(?:[^/\\\[\x00-\x1f]++|\\[^\x00-\x1f]|\[(?:[^\]\\\x00-\x1f]++|\\[^\x00-\x1f])*+\])++/[a-z]*+)"
    r"|(?P<mark>[{}\[\]():,+])"
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
    """text, number, word, expression (a regular one), mark, or end."""

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

    def separate(self, closing: str) -> None:
        """Step over the comma between two values; none is needed before `closing`. Raises Unreadable without either."""
        if self.text != closing:
            self.expect(",")

    def unreadable(self, what: str) -> Unreadable:
        """Say that the text cannot be read from the word it stands at."""
        start = self._word.start(self.kind)
        line = self._content.count("\n", 0, start) + 1
        column = start - self._content.rfind("\n", 0, start)
        return Unreadable(f"line {line}, column {column}", what)
