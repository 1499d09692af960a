# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""The collector of a heap, with the names of CPython's module gc."""
from __future__ import annotations

import ctypes
import operator
import weakref
from collections.abc import MutableSequence
from typing import TYPE_CHECKING, Any, Iterable, Optional

from . import _abi
from ._library import check, error, lib
from ._number import U32_MAX, in_range
from ._object import Object

if TYPE_CHECKING:
    from ._heap import Heap

_Three = ctypes.c_uint32 * _abi.GENERATIONS


def _generation(number: Any) -> int:
    number = operator.index(number)
    if not 0 <= number < _abi.GENERATIONS:
        raise ValueError("invalid generation")
    return number


class Collector:
    """heap.gc: what mheap.gc does to the default heap, for this one."""

    def __init__(self, heap: "Heap") -> None:
        self._heap = weakref.ref(heap)
        self.garbage = Garbage(self)

    def _of(self) -> "Heap":
        heap = self._heap()
        if heap is None:
            raise ValueError("the heap is closed")
        return heap

    @property
    def _session(self) -> Any:
        return self._of().session

    def enable(self) -> None:
        """Switch automatic collection on."""
        check(lib.mh_enable(self._session), "enable")

    def disable(self) -> None:
        """Switch automatic collection off."""
        check(lib.mh_disable(self._session), "disable")

    def isenabled(self) -> bool:
        """Is automatic collection on?"""
        return bool(check(lib.mh_is_enabled(self._session), "is-enabled"))

    def collect(self, generation: int = 2) -> int:
        """Collect a generation and the younger ones; how many objects were unreachable.

        Returns how many were freed, or kept in garbage. Callbacks and finalizers for what
        was found run before it returns. A full collection in which finalizers ran is
        followed by another, for what they have let go.
        """
        generation = _generation(generation)
        events = self._of()._events
        before = events.finalized
        found = self._collect(generation)
        events.poll(0)
        if generation == 2 and events.finalized != before:
            found += self._collect(generation)
            events.poll(0)
        return found

    def _collect(self, generation: int) -> int:
        result = _abi.Collect()
        check(lib.mh_collect(self._session, generation, ctypes.byref(result)), "collect")
        return result.freed + result.uncollectable

    def set_debug(self, flags: int) -> None:
        """Set the debug flags: DEBUG_SAVEALL and so on."""
        check(lib.mh_set_debug(self._session, in_range(flags, "flags", U32_MAX)), "set_debug")

    def get_debug(self) -> int:
        """The debug flags."""
        flags = ctypes.c_uint32()
        check(lib.mh_get_debug(self._session, ctypes.byref(flags)), "get_debug")
        return flags.value

    def get_stats(self) -> list[dict[str, int]]:
        """Of each generation: collections, collected and uncollectable."""
        return [{name: one[name] for name in ("collections", "collected", "uncollectable")}
                for one in self._of().stats()["generation"]]

    def set_threshold(self, threshold0: int, *others: int) -> None:
        """Set one, two or all three thresholds; zero first switches collection off."""
        if len(others) > 2:
            raise TypeError("set_threshold() takes at most 3 arguments")
        values = list(self.get_threshold())
        for i, value in enumerate((threshold0, *others)):
            values[i] = operator.index(value)
            if not 0 <= values[i] <= _abi.THRESHOLD_MAX:
                raise ValueError(f"a threshold must be 0 to {_abi.THRESHOLD_MAX}")
        check(lib.mh_set_threshold(self._session, _Three(*values)), "set_threshold")

    def get_threshold(self) -> tuple[int, int, int]:
        """The thresholds."""
        values = _Three()
        check(lib.mh_get_threshold(self._session, values), "get_threshold")
        return values[0], values[1], values[2]

    def get_count(self) -> tuple[int, int, int]:
        """How far the counter of each generation is."""
        values = _Three()
        check(lib.mh_get_count(self._session, values), "get_count")
        return values[0], values[1], values[2]

    def get_objects(self, generation: Optional[int] = None) -> list[Any]:
        """All objects that the collector knows, or those of one generation."""
        mask = 7
        if generation is not None:
            mask = 1 << _generation(generation)
        return self._enumerate(_abi.ENUMERATE_OBJECTS, generations=mask)

    def get_referrers(self, *objs: Any) -> list[Any]:
        """The objects that refer directly to any of these."""
        found: dict[int, Any] = {}
        for obj in objs:
            if isinstance(obj, Object):
                for one in self._enumerate(_abi.ENUMERATE_REFERRERS, object=obj._handle):
                    found[one._id] = one
        return list(found.values())

    def get_referents(self, *objs: Any) -> list[Any]:
        """The objects and values that any of these refer to directly."""
        found: list[Any] = []
        for obj in objs:
            if isinstance(obj, Object):
                found += Object.referents(obj)
        return found

    def is_tracked(self, obj: Any) -> bool:
        """Does the collector know it? A leaf it does not."""
        return isinstance(obj, Object) and bool(obj._info().flags & _abi.OBJECT_TRACKED)

    def is_finalized(self, obj: Any) -> bool:
        """Has its finalizer been called?"""
        return isinstance(obj, Object) and bool(obj._info().flags & _abi.OBJECT_FINALIZED)

    def freeze(self) -> None:
        """Move all objects that the collector knows to the permanent generation."""
        check(lib.mh_freeze(self._session), "freeze")

    def unfreeze(self) -> None:
        """Move those of the permanent generation to the oldest one."""
        check(lib.mh_unfreeze(self._session), "unfreeze")

    def get_freeze_count(self) -> int:
        """How many objects are in the permanent generation."""
        count = ctypes.c_uint64()
        check(lib.mh_get_freeze_count(self._session, ctypes.byref(count)), "get_freeze_count")
        return count.value

    def _enumerate(self, what: int, **which: int) -> list[Any]:
        heap = self._of()
        room = (ctypes.c_uint64 * _abi.ENUMERATE_MAX)()
        handles: list[int] = []
        request = _abi.Enumerate(what=what, handles=ctypes.addressof(room), **which)
        more = True
        while more:
            request.count = len(room)
            code = lib.mh_enumerate(heap.session, ctypes.byref(request))
            if code < 0:
                for handle in handles:
                    heap._drop(handle)
                raise error(code, "enumerate")
            handles += room[:request.count]
            more = bool(request.cursor)
        return heap._wrap_all(handles)


class Garbage(MutableSequence):
    """gc.garbage: objects found unreachable and kept, for DEBUG_SAVEALL.

    To look at it changes nothing. To take single objects out of it takes all of them over
    from the heap's list, which other processes see, into this program's.
    """

    def __init__(self, collector: Collector) -> None:
        self._collector = weakref.ref(collector)
        self._mine: list[Any] = []

    def _of(self) -> Collector:
        collector = self._collector()
        if collector is None:
            raise ValueError("the heap is closed")
        return collector

    def _all(self) -> list[Any]:
        known = {obj._id for obj in self._mine}
        return self._mine + [obj for obj in self._of()._enumerate(_abi.ENUMERATE_GARBAGE)
                             if obj._id not in known]

    def _take(self, objects: Iterable[Any]) -> None:
        self._mine = list(objects)
        collector = self._of()
        check(lib.mh_clear_garbage(collector._session), "clear the garbage")
        collector._of()._events.notice()

    def __getitem__(self, index: Any) -> Any:
        return self._all()[index]

    def __len__(self) -> int:
        return len(self._all())

    def __setitem__(self, index: Any, value: Any) -> None:
        objects = self._all()
        objects[index] = value
        self._take(objects)

    def __delitem__(self, index: Any) -> None:
        objects = self._all()
        del objects[index]
        self._take(objects)

    def insert(self, index: int, value: Any) -> None:
        """As a list's."""
        objects = self._all()
        objects.insert(index, value)
        self._take(objects)

    def clear(self) -> None:
        """Let all of it go: the next collection frees it."""
        self._take(())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (list, Garbage)):
            return list(self) == list(other)
        return NotImplemented

    __hash__ = None     # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self._all())
