"""The commands that the documentation tells people to give."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from tests.shared_material import REPOSITORY

PAGES: Final = sorted([REPOSITORY / "README.md", *(REPOSITORY / "docs").rglob("*.md")])

_FENCED: Final = re.compile(r"^ *```(?:sh|bash|shell|text|console)?\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_INDENTED: Final = re.compile(r"(?<=\n\n)(?: {4}[^\n]*\n)+")
_INLINE: Final = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_CONTINUED: Final = re.compile(r"\\\n\s*")
_ASSIGNMENT: Final = r"(?:[A-Z_]+=\S* +)*"
_SHELL_ENDS: Final = re.compile(r"\s+(?:\|\|?|&&|;|#|2?>>?|<)\s.*")


class Documented(NamedTuple):
    """One command, as a page has it."""

    page: str
    """By its path from the root of the repository."""

    line: str
    """From the program's name on, in one line, without what a shell would do around it."""

    whole: bool
    """Whether it can be given as it stands: it is from a block, and no word within a sentence."""


def documented(program: str) -> Iterator[Documented]:
    """Yield each command of the program that a page has, in blocks first and then within sentences."""
    for path in PAGES:
        text, page = path.read_text(encoding="utf-8"), str(path.relative_to(REPOSITORY))
        yield from (Documented(page, line, whole=True) for line in in_blocks(text, program))
        yield from (Documented(page, line, whole=False) for line in in_sentences(text, program))


def in_blocks(text: str, program: str) -> Iterator[str]:
    """Yield each command in a block of code, with its continuation lines."""
    begins = re.compile(rf"^\s*(?:\$ )?(?:sudo (?:-u \w+ )?)?{_ASSIGNMENT}(?:/\S*/)?({program} .*)$", re.MULTILINE)
    for block in [*_FENCED.findall(text), *_INDENTED.findall(text)]:
        yield from (
            " ".join(_SHELL_ENDS.sub("", found).split()) for found in begins.findall(_CONTINUED.sub(" ", block))
        )


def in_sentences(text: str, program: str) -> Iterator[str]:
    """Yield each command between single backticks, wherever its sentence was broken into lines."""
    prose = _INDENTED.sub("", _FENCED.sub("", text))
    for span in _INLINE.findall(prose):
        if found := re.fullmatch(rf"{_ASSIGNMENT}({program} .+)", " ".join(span.split())):
            yield found[1]
