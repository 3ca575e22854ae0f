"""Texts as JSON and JavaScript write them, between quotation marks and with escapes."""

import re
from typing import Final

_ESCAPE: Final = re.compile(
    r"\\(?:u(?P<four>[0-9a-fA-F]{4})|u\{0*(?P<any>[0-9a-fA-F]{1,6})\}|x(?P<two>[0-9a-fA-F]{2})|(?P<one>(?s:.)))"
)
_ONES: Final = {
    **{mark: mark for mark in "\"'`\\/$"},
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "0": "\0",
}
_LAST: Final = 0x10FFFF


def unquoted(text: str) -> str | None:
    """Return what a text between quotation marks says; None if it has an escape that neither language has.

    Two escaped halves of a character become that character; a half alone stays what it is.
    """
    inner = text[1:-1]
    if "\\" not in inner:
        return inner
    try:
        plain = _ESCAPE.sub(_meant, inner)
    except KeyError:
        return None
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _meant(escape: re.Match[str]) -> str:
    """Return one character; raises KeyError."""
    if (digits := escape["four"] or escape["any"] or escape["two"]) is None:
        return _ONES[escape["one"]]
    number = int(digits, 16)
    if number > _LAST:
        raise KeyError(number)
    return chr(number)
