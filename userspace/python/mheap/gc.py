# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""CPython's module gc for the default heap: same names, arguments, results, exceptions.

    from mheap import gc
    gc.get_threshold()      # (700, 10, 10)
    gc.collect()            # how many objects were unreachable

heap.gc has the same for any other heap. What differs:

  * The heap belongs to all processes that have joined it, and so do thresholds, debug
    flags and garbage.
  * Automatic collection runs beside the program. Callbacks, finalizers and callbacks of weak
    references therefore run when this process reads the heap's events: in
    collect(), in poll(), and wherever a reference of the program goes away.
  * collect() counts what it freed or kept in garbage, not what a finalizer kept alive.
"""
from __future__ import annotations

from collections.abc import MutableSequence
from typing import Any, Callable, Optional

from ._abi import (DEBUG_COLLECTABLE, DEBUG_LEAK, DEBUG_SAVEALL, DEBUG_STATS,
                   DEBUG_UNCOLLECTABLE)
from ._collector import Collector

__all__ = [
    "DEBUG_COLLECTABLE", "DEBUG_LEAK", "DEBUG_SAVEALL", "DEBUG_STATS", "DEBUG_UNCOLLECTABLE",
    "callbacks", "collect", "disable", "enable", "freeze", "garbage", "get_count",
    "get_debug", "get_freeze_count", "get_objects", "get_referents", "get_referrers",
    "get_stats", "get_threshold", "is_finalized", "is_tracked", "isenabled", "poll",
    "set_debug", "set_threshold", "unfreeze",
]


class _Callbacks(MutableSequence):
    """gc.callbacks: a list that lets the heap know when it stops being empty."""

    def __init__(self) -> None:
        self._list: list[Callable[[str, dict[str, int]], Any]] = []

    def _changed(self) -> None:
        from . import _heap
        heap = _heap._default
        if heap is not None and not heap.closed:
            heap._events.adjust()

    def __getitem__(self, index: Any) -> Any:
        return self._list[index]

    def __len__(self) -> int:
        return len(self._list)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._list[index] = value
        self._changed()

    def __delitem__(self, index: Any) -> None:
        del self._list[index]
        self._changed()

    def insert(self, index: int, value: Any) -> None:
        self._list.insert(index, value)
        try:
            self._changed()
        except BaseException:
            self._list.remove(value)
            raise

    def __eq__(self, other: object) -> bool:
        return self._list == other

    __hash__ = None     # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self._list)


# Each is called with "start" or "stop" and a dict of generation, collected and
# uncollectable, for every collection of the default heap, automatic ones included.
callbacks: MutableSequence = _Callbacks()


def _collector() -> Collector:
    from ._heap import default_heap
    return default_heap().gc


def _collector_of(objs: tuple[Any, ...]) -> Collector:
    """Objects are looked for in the heap that they are of."""
    from ._object import Object
    for obj in objs:
        if isinstance(obj, Object):
            return obj._heap.gc
    return _collector()


def enable() -> None:
    """Switch automatic collection on."""
    _collector().enable()


def disable() -> None:
    """Switch automatic collection off."""
    _collector().disable()


def isenabled() -> bool:
    """Is automatic collection on?"""
    return _collector().isenabled()


def collect(generation: int = 2) -> int:
    """Collect a generation and the younger ones; how many objects were unreachable.

    Callbacks and finalizers for what was found run before it returns. A full collection
    in which finalizers ran is followed by another, for what they have let go.
    """
    return _collector().collect(generation)


def set_debug(flags: int) -> None:
    """Set the debug flags: a sum of DEBUG_*."""
    _collector().set_debug(flags)


def get_debug() -> int:
    """The debug flags."""
    return _collector().get_debug()


def get_stats() -> list[dict[str, int]]:
    """Of each generation: collections, collected and uncollectable."""
    return _collector().get_stats()


def set_threshold(threshold0: int, *others: int) -> None:
    """Set one, two or all three thresholds; zero first switches collection off."""
    _collector().set_threshold(threshold0, *others)


def get_threshold() -> tuple[int, int, int]:
    """The thresholds."""
    return _collector().get_threshold()


def get_count() -> tuple[int, int, int]:
    """How far the counter of each generation is."""
    return _collector().get_count()


def get_objects(generation: Optional[int] = None) -> list[Any]:
    """All objects that the collector knows, or those of one generation."""
    return _collector().get_objects(generation)


def get_referrers(*objs: Any) -> list[Any]:
    """The objects that refer directly to any of these."""
    return _collector_of(objs).get_referrers(*objs)


def get_referents(*objs: Any) -> list[Any]:
    """The objects and values that any of these refer to directly."""
    return _collector_of(objs).get_referents(*objs)


def is_tracked(obj: Any) -> bool:
    """Does the collector know it? A leaf it does not."""
    return _collector_of((obj,)).is_tracked(obj)


def is_finalized(obj: Any) -> bool:
    """Has its finalizer been called?"""
    return _collector_of((obj,)).is_finalized(obj)


def freeze() -> None:
    """Move all objects that the collector knows to the permanent generation."""
    _collector().freeze()


def unfreeze() -> None:
    """Move those of the permanent generation to the oldest one."""
    _collector().unfreeze()


def get_freeze_count() -> int:
    """How many objects are in the permanent generation."""
    return _collector().get_freeze_count()


def poll(timeout: Optional[float] = 0) -> int:
    """Read what has happened and call who wants to know; how many events there were.

    Not in CPython, where collections happen between two lines of the program.
    """
    from ._heap import default_heap
    return default_heap().poll(timeout)


def _garbage() -> MutableSequence:
    return _collector().garbage


class _DefaultGarbage(MutableSequence):
    """gc.garbage of whatever heap is the default."""

    def __getitem__(self, index: Any) -> Any:
        return _garbage()[index]

    def __len__(self) -> int:
        return len(_garbage())

    def __setitem__(self, index: Any, value: Any) -> None:
        _garbage()[index] = value

    def __delitem__(self, index: Any) -> None:
        del _garbage()[index]

    def insert(self, index: int, value: Any) -> None:
        _garbage().insert(index, value)

    def clear(self) -> None:
        _garbage().clear()

    def __eq__(self, other: object) -> bool:
        return _garbage() == other

    __hash__ = None     # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(_garbage())


# Objects that were found unreachable and kept.
garbage: MutableSequence = _DefaultGarbage()
