"""Columns and indexes that remember what differs from others beneath them, which they leave as they are."""

from typing import Generic, Protocol, TypeVar

K = TypeVar("K")
K_contra = TypeVar("K_contra", contravariant=True)
V = TypeVar("V")


class Column(Protocol[V]):
    """One value for each slot: a list, an array, or an overlay."""

    def __getitem__(self, slot: int, /) -> V: ...

    def __setitem__(self, slot: int, value: V, /) -> None: ...

    def append(self, value: V, /) -> None:
        """Give the next new slot its value."""


class Index(Protocol[K_contra, V]):
    """Values by key: a dict, or an overlay."""

    def get(self, key: K_contra, default: V, /) -> V:
        """Return the value of `key`, or `default` where there is none."""

    def __setitem__(self, key: K_contra, value: V, /) -> None: ...

    def __delitem__(self, key: K_contra, /) -> None: ...


class ColumnOverlay(dict[int, V]):
    """The slots that differ from `base`; the others are read through."""

    __slots__ = ("_base", "_end")

    def __init__(self, base: Column[V], end: int) -> None:
        super().__init__()
        self._base = base
        self._end = end

    def __missing__(self, slot: int) -> V:
        return self._base[slot]

    def append(self, value: V, /) -> None:
        """Give the slot behind the last one its value."""
        self[self._end] = value
        self._end += 1


class IndexOverlay(Generic[K, V]):
    """The keys that differ from `base`, and those that are gone; the others are read through."""

    __slots__ = ("_base", "_changed", "_gone")

    def __init__(self, base: Index[K, V]) -> None:
        self._base = base
        self._changed: dict[K, V] = {}
        self._gone: set[K] = set()

    def get(self, key: K, default: V, /) -> V:
        """Return the value of `key`, or `default` where there is none."""
        if key in self._changed:
            return self._changed[key]
        return default if key in self._gone else self._base.get(key, default)

    def __setitem__(self, key: K, value: V, /) -> None:
        self._changed[key] = value

    def __delitem__(self, key: K, /) -> None:
        self._changed.pop(key, None)
        self._gone.add(key)
