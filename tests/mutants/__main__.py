"""Makes mistakes at random, for as long as there is time, and names those that no test finds.

`python -m tests.mutants [--count N] [--seed N] [--minutes N] [--workers N] [PART-OF-A-PATH...]`
"""

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.mutants.running import Mutant, Outcome, check_without_mistakes, chosen, every_mutant, tried
from tests.rounds import rounds, soak


def main(arguments: Sequence[str]) -> None:
    """Try some mistakes, the same ones in every ordinary run and other ones in each soak."""
    options = _parser().parse_args(arguments)
    seed: int = options.seed if options.seed is not None else random.randrange(10**6) if soak() > 1 else 0
    mutants = every_mutant(options.only)
    some = chosen(mutants, options.count or rounds(20), seed)
    _say(f"trying {len(some)} of {len(mutants)} mistakes, chosen by --seed {seed}")
    check_without_mistakes(some)
    until = time.monotonic() + 60 * options.minutes
    with ThreadPoolExecutor(options.workers) as threads:
        outcomes = list(threads.map(lambda mutant: _try(mutant, until), some))
    counts = Counter(outcome for outcome in outcomes if outcome is not None)
    survivors = [mutant for mutant, outcome in zip(some, outcomes, strict=True) if outcome is Outcome.SURVIVED]
    for mutant in sorted(survivors):
        _say(f"SURVIVED {mutant}")
    summary = ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome)
    _say(f"{counts.total()} mistakes tried with --seed {seed}: {summary}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("only", nargs="*", help="take modules alone whose path holds one of these")
    parser.add_argument("--count", type=int, default=0, help="how many mistakes to try; 20 by default, 200 in a soak")
    parser.add_argument("--seed", type=int, help="choose the same ones again")
    parser.add_argument("--minutes", type=float, default=15.0, help="begin no further one after so long")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="how many to try at once")
    return parser


def _try(mutant: Mutant, until: float) -> Outcome | None:
    """Return what the tests say; None where the time was over."""
    if time.monotonic() >= until:
        return None
    outcome = tried(mutant)
    _say(f"{outcome.value}: {mutant}")
    return outcome


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
