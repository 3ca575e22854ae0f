"""Which versions of which streams a backup holds, and whether one is missing."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import msgspec

from domain.ids import PanoramaId, TenantId

Run: TypeAlias = tuple[int, int]
"""Versions without a gap: the first and the last."""

Streams: TypeAlias = dict[TenantId, dict[PanoramaId, tuple[Run, ...]]]
"""The versions of each stream, as runs in order that do not touch."""


class Gap(msgspec.Struct, frozen=True, order=True):
    """Versions of a stream that a backup should hold and does not."""

    tenant: TenantId
    panorama: PanoramaId
    first: int
    last: int

    def __str__(self) -> str:
        """Name it for an operator."""
        versions = f"version {self.first}" if self.first == self.last else f"versions {self.first} to {self.last}"
        return f"panorama {self.panorama} of tenant {self.tenant} lacks {versions}"


def runs_of(versions: Iterable[int]) -> tuple[Run, ...]:
    """Return the runs that these versions make, in whatever order they come."""
    ordered = sorted(set(versions))
    if ordered and ordered[-1] - ordered[0] == len(ordered) - 1:
        return ((ordered[0], ordered[-1]),)
    return joined((version, version) for version in ordered)


def joined(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Return the same versions as runs in order, of which no two touch."""
    whole: list[Run] = []
    for first, last in sorted(runs):
        if whole and first <= whole[-1][1] + 1:
            whole[-1] = (whole[-1][0], max(whole[-1][1], last))
        else:
            whole.append((first, last))
    return tuple(whole)


def together(*all_streams: Streams) -> Streams:
    """Return the versions that any of them holds."""
    whole: Streams = {}
    for streams in all_streams:
        for tenant, panoramas in streams.items():
            held = whole.setdefault(tenant, {})
            for panorama, runs in panoramas.items():
                held[panorama] = joined((*held.get(panorama, ()), *runs))
    return whole


def gaps(streams: Streams) -> list[Gap]:
    """Every stream is held from its first version on, without a gap up to its last; return the exceptions."""
    return sorted(
        Gap(tenant, panorama, first, last)
        for tenant, panoramas in streams.items()
        for panorama, runs in panoramas.items()
        for first, last in _between(runs)
    )


class Holdings:
    """What a backup holds of each stream, while one part of it after the other is added."""

    def __init__(self) -> None:
        self._held: Streams = {}

    def add(self, *all_streams: Streams) -> list[Gap]:
        """Add what several parts hold; return the gaps of the streams that any of them holds something of."""
        touched: Streams = {}
        for streams in all_streams:
            for tenant, panoramas in streams.items():
                held = self._held.setdefault(tenant, {})
                for panorama, runs in panoramas.items():
                    held[panorama] = joined((*held.get(panorama, ()), *runs))
                    touched.setdefault(tenant, {})[panorama] = held[panorama]
        return gaps({tenant: {each: self._held[tenant][each] for each in found} for tenant, found in touched.items()})


def count(streams: Streams) -> int:
    """Return how many versions there are."""
    return sum(
        last - first + 1 for panoramas in streams.values() for runs in panoramas.values() for first, last in runs
    )


def _between(runs: tuple[Run, ...]) -> Iterator[Run]:
    expected = 1
    for first, last in runs:
        if first > expected:
            yield expected, first - 1
        expected = last + 1
