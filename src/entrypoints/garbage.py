"""What the garbage collector has to do: reference counts free nearly everything, and it looks for cycles alone."""

import gc
from typing import Final

_THRESHOLDS: Final = (50_000, 20, 20)
"""After how many objects it looks through the young ones, and after how many such looks through older ones.

Python looks after 700. A page of records or a tree is thousands of objects without a cycle, which are then looked
through again and again while they are made: a fifth of a snapshot's time.
"""


def collect_seldom() -> None:
    """Have the collector run as seldom as suits a process that makes many records and few cycles."""
    gc.set_threshold(*_THRESHOLDS)


def leave_alone_what_stays() -> None:
    """Keep what was imported and made by now out of garbage collection, which would halt everybody for 100 ms."""
    gc.collect()
    gc.freeze()
