"""Every measurement by its name, with the figures that it declares."""

from typing import Final

from bench import adapters, backups, events, failover, lag, moving, reading, resealing, rotation, sizes, start, trees
from bench.running import Measurement

_ADAPTERS: Final = {
    f"adapter-{name}": Measurement(adapters.measure_one(name), adapters.targets_of(name)) for name in adapters.LABELS
}

MEASUREMENTS: Final = {
    "start": Measurement(start.measure_start, start.TARGETS),
    "reading": Measurement(reading.measure_reading, reading.TARGETS),
    "moving": Measurement(moving.measure_moving, moving.TARGETS),
    "trees": Measurement(trees.measure_trees, trees.TARGETS),
    "sizes": Measurement(sizes.measure_sizes, sizes.TARGETS),
    "events": Measurement(events.measure_events, events.TARGETS),
    "resealing": Measurement(resealing.measure_resealing, resealing.TARGETS),
    "rotation": Measurement(rotation.measure_rotation, rotation.TARGETS),
    **_ADAPTERS,
    "backups": Measurement(backups.measure_backups, backups.TARGETS),
    "lag": Measurement(lag.measure_lag, lag.TARGETS),
    "failover": Measurement(failover.measure_failover, failover.TARGETS),
}

GROUPS: Final = {"adapters": tuple(_ADAPTERS)}
"""Names that stand for several measurements."""


def select(words: list[str]) -> list[str]:
    """Return the measurements that words name, all of them for none; raises KeyError of a word that names none."""
    names = [name for word in words for name in GROUPS.get(word, (word,))]
    for name in names:
        MEASUREMENTS[name]
    return names or list(MEASUREMENTS)
