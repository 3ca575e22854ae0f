"""Which site may write: epochs, and what a majority of the control stores says of them.

No site decides this for itself. Each control store holds one word, which is only ever replaced by a later one. A word
that a majority holds is in force: any two majorities share a store, and a store holds one word at a time, so no two
words are in force at once.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

FIRST: Final = 1
"""The epoch of a site that nobody has failed over from."""

NOBODYS: Final = 0
"""The epoch of what a site tells that is not, or not surely, the one that writes."""

CONFIRMED_FOR: Final = 15.0
"""For how many seconds, from when somebody began to ask a majority, its answer lets a site write."""

FENCE_WAIT: Final = 20.0
"""How many seconds pass between a new epoch and its first write.

More than any older confirmation lasts, by a margin for clocks that run at different speeds.
"""


class Word(msgspec.Struct, frozen=True):
    """What a control store holds."""

    epoch: int
    site: str
    """The name of the site that may write."""

    open: bool = True
    """Whether the wait of the fence is over. Until then not even the new site writes."""


def majority(stores: int) -> int:
    """Return how many of that many control stores are more than half."""
    return stores // 2 + 1


def in_force(answers: Sequence[Word | None]) -> Word | None:
    """Return the word that a majority of all stores holds; None stands for a store that is empty or was not reached."""
    words = [word for word in answers if word is not None]
    return next((word for word in words if words.count(word) >= majority(len(answers))), None)


def newest_epoch(answers: Sequence[Word | None]) -> int:
    """Return the greatest epoch that any store has seen, in force or not; 0 where there is none."""
    return max((word.epoch for word in answers if word is not None), default=0)


def may_write(word: Word | None, site: str) -> bool:
    """Whether the word in force lets that site write."""
    return word is not None and word.open and word.site == site


def supersedes(later: Word, held: Word | None) -> bool:
    """Whether a store that holds `held` may come to hold `later`: a greater epoch, or the opening of the same one."""
    if held is None or later.epoch > held.epoch:
        return True
    return (later.epoch, later.site) == (held.epoch, held.site) and later.open and not held.open
