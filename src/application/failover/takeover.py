"""Taking over: from which moment on another site writes, and no older one any more."""

from collections.abc import Callable

from application.failover.control import ControlStores
from domain.epochs import FENCE_WAIT, Word, in_force, newest_epoch
from ports.errors import Conflict
from ports.sources import Sleep

Told = Callable[[str], None]


async def take_over(control: ControlStores, site: str, sleep: Sleep, told: Told = lambda _: None) -> Word:
    """Make `site` the one that writes, in a greater epoch than any before; return the word that is in force then.

    When it returns, no other site acknowledges a write any more. Begun again after a crash it goes on, where a majority
    knew of the new epoch already, or takes a greater one. It changes nothing where the site writes already. Raises
    Unavailable where no majority answers, Conflict where another takeover was faster.
    """
    words = await control.majority_words()
    current = in_force(words)
    if current is not None and current.site == site and current.open:
        return current
    if current is None or current.site != site:
        current = await _in_force(control, Word(newest_epoch(words) + 1, site, open=False))
    told(f"epoch {current.epoch} is in force; waiting {FENCE_WAIT:.0f} s until nobody may write in an older one")
    await sleep(FENCE_WAIT)
    return await _in_force(control, Word(current.epoch, site))


async def begin_closed(
    control: ControlStores, site: str, beyond: int, sleep: Sleep, told: Told = lambda _: None
) -> Word:
    """Begin an epoch after `beyond` that is to be the site's, in which nobody writes until `open_up`.

    When it returns, no site acknowledges a write any more. Begun again after a crash it goes on in the same epoch.
    Raises what `take_over` raises.
    """
    words = await control.majority_words()
    current = in_force(words)
    if current is None or current.site != site or current.open or current.epoch <= beyond:
        current = await _in_force(control, Word(max(newest_epoch(words), beyond) + 1, site, open=False))
    told(f"epoch {current.epoch} is in force; waiting {FENCE_WAIT:.0f} s until nobody may write in an older one")
    await sleep(FENCE_WAIT)
    return current


async def open_up(control: ControlStores, closed: Word) -> Word:
    """Let the site write whose epoch was begun by `begin_closed`; raises what `take_over` raises."""
    return await _in_force(control, Word(closed.epoch, closed.site))


async def _in_force(control: ControlStores, word: Word) -> Word:
    """Bring a word into force; raises Conflict where a majority does not take it."""
    if in_force(await control.propose(word)) != word:
        await control.majority_words()
        raise Conflict(f"epoch {word.epoch}")
    return word
