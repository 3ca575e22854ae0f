"""The laws of names: which there are, and that each is a name of its own everywhere."""

from typing import Final

import pytest

from ports.blobs import NAME_LIMIT, Capability
from ports.errors import InvalidArgument
from tests.contract.blobs.content import calls, content_of, names_in, put
from tests.contract.blobs.worlds import World

_WORDS: Final = r"""
... .a a. a..b .../a a/.../b ..a/b.. .well-known/a index.html CON nul.txt
a a/b a/b/c/d/e/f/g/h/i/j/k/l/m b/a/b/a a\b \ ..\b C:\a
' " ` 'a'"b" <a>&amp;</a> ]]> %s {0} $HOME $(a) a;b a|b * -r !
a?b=c&d a#b a+b % %2F %41 a%20b %zz a=b a:b a@b http:b ~a a,b [a] ^
abc ABC aBc ÜBER über ü é ß ẞ 日本語 İ אב
"""
_SPACES: Final = (" ", "  ", " a", "a ", "a  b", " / ", "a/ b", "a /b", "'a b'")
_ESCAPED: Final = ("e\u0301", "\ufb01", "\u0131", "\u212a", "\U0001f600", "\U0001f1e6/\U0001f1fa")
_LONG: Final = ("x" * 255, "x" * 256 + "/y", "ü" * 127 + "/" + "y" * 200, "/".join("ab" * 40))

AWKWARD: Final = sorted({*_WORDS.split(), *_SPACES, *_ESCAPED, *_LONG}, key=str.encode)
"""Printable names on which something somewhere has stumbled: as a path, a URL, a shell word, XML, or a sort key."""

CONTROLLED: Final = (
    *("\0", "a\0b", "a\nb", "a\rb", "a\tb", "\x1b[0m", "\x7f", "a\x85b", "a\u2028b"),
    *("\ufeff", "a\u202eb", "\u200b", "a\u00a0b", "\ufffe", "\U000e0041"),
)
"""Names that do not print."""


async def a_name_is_made_of_segments(world: World) -> None:
    """What cannot be a path in some store is no name anywhere; the longest name is one."""
    refused = ["", "/", "a/", "/a", "a//b", ".", "..", "a/../b", "./a", "a/.", "x" * (NAME_LIMIT + 1), "\ud800"]
    for name in [*refused, "ü" * (NAME_LIMIT // 2) + "x"]:
        for call in calls(world.store, name):
            with pytest.raises(InvalidArgument):
                await call()
        with pytest.raises(InvalidArgument):
            await put(world.store, name, b"1")
    for name in ("x" * NAME_LIMIT, "ü" * (NAME_LIMIT // 2), "/".join("x" * (NAME_LIMIT // 2)) + "y"):
        await put(world.store, name, name.encode())
        assert await content_of(world.again, name) == name.encode()


async def an_awkward_name_is_a_name(world: World) -> None:
    """Every printable name is a name of its own for every call, and is listed as it was given."""
    tags = {name: await put(world.store, name, name.encode()) for name in AWKWARD}
    assert await names_in(world.again) == AWKWARD
    for name in AWKWARD:
        info = await world.again.info(name)
        assert (info.name, info.tag) == (name, tags[name])
        assert await content_of(world.again, name) == name.encode()
        assert [name] == [found for found in await names_in(world.store, name) if found == name]
        await world.again.replace(name, b"replaced", tag=tags[name])
    for name in AWKWARD[::2]:
        await world.store.delete(name)
    assert await names_in(world.again) == AWKWARD[1::2]


async def any_text_is_a_name(world: World) -> None:
    """Where it is declared, names may hold what does not print; where it is not, that is refused by every call."""
    if Capability.ANY_UNICODE_NAME in world.store.capabilities:
        for name in CONTROLLED:
            tag = await put(world.store, name, name.encode())
            assert await content_of(world.again, name) == name.encode()
            await world.again.replace(name, b"replaced", tag=tag)
        assert await names_in(world.again) == sorted(CONTROLLED, key=str.encode)
        for name in CONTROLLED:
            await world.store.delete(name)
        return
    for name in CONTROLLED:
        for call in calls(world.store, name):
            with pytest.raises(InvalidArgument):
                await call()
        with pytest.raises(InvalidArgument):
            await put(world.store, name, b"1")
