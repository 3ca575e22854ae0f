"""How often things are tried: the same few rounds in every run, many and different ones in a soak."""

import os
from typing import Final

from hypothesis import Phase, settings

VARIABLE: Final = "PANORAMA_SOAK"
"""Multiplies all rounds; `make soak` sets it."""

DEFAULT_EXAMPLES: Final = 100


def soak() -> int:
    """The factor by which rounds are multiplied; 1 in an ordinary run."""
    return int(os.environ.get(VARIABLE) or 1)


def rounds(count: int) -> int:
    """How many rounds to run where an ordinary run takes `count`."""
    return count * soak()


def load_profile() -> None:
    """Have Hypothesis repeat itself exactly in an ordinary run, and search at random in a soak. No deadlines.

    An ordinary run reports the first counterexample as it was found: to shrink one that lasts for seconds can outlast
    the test's timeout, and then nothing of it is told. `--hypothesis-profile=shrink` finds the same and shrinks it.
    """
    found = settings(derandomize=True, database=None, deadline=None, max_examples=DEFAULT_EXAMPLES)
    settings.register_profile("shrink", found)
    settings.register_profile("fixed", found, phases=[Phase.explicit, Phase.generate])
    settings.register_profile(
        "soak", database=None, deadline=None, max_examples=rounds(DEFAULT_EXAMPLES), print_blob=True
    )
    settings.load_profile("soak" if soak() > 1 else "fixed")
