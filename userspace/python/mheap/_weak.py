# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""References that do not keep alive, as in CPython's module weakref; and ephemerons."""
from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any, Callable, Optional

from . import _abi, _value
from ._batch import Batch
from ._library import check, lib
from ._object import Object, _classes

if TYPE_CHECKING:
    from ._heap import Heap


class _Weak:
    """A weak handle, given back with this."""

    __slots__ = ("heap", "handle", "pid")

    def __init__(self, obj: Object) -> None:
        ops = (_abi.Op * 1)(_abi.Op(opcode=_abi.OP_WEAK, object=obj._handle))
        check(lib.mh_submit(obj._heap.session, ops, 1, 0), "weak reference")
        self.handle = check(ops[0].result, "weak reference")
        self.heap = obj._heap
        self.pid = os.getpid()

    def __del__(self, getpid: Callable[[], int] = os.getpid) -> None:
        handle = getattr(self, "handle", 0)
        if handle and self.pid == getpid() and not self.heap.closed:
            self.heap._drop_call(self.heap.session, handle)

    def object(self) -> Optional[Object]:
        batch = Batch(self.heap)
        found = batch.upgrade(self.handle)
        try:
            batch.submit()
        except OSError as problem:
            if problem.errno == errno.ENOENT:
                return None
            raise
        return found.object


class ref:  # pylint: disable=invalid-name
    """A weak reference: ref(obj)() is the object, or None when it is dead.

    callback(ref) is called when the object has died, if the reference is still there
    then; by that time the reference gives None. It runs when this process reads the heap's
    events: see Heap.poll().
    """

    __slots__ = ("_weak", "_id", "_cookie", "__callback__", "__weakref__")

    def __init__(self, obj: Object,
                 callback: Optional[Callable[["ref"], Any]] = None) -> None:
        if not isinstance(obj, Object):
            raise TypeError(f"cannot create weak reference to '{type(obj).__name__}' object")
        self._cookie = 0
        self._weak = _Weak(obj)
        self._id = obj._id
        self.__callback__ = callback
        if callback is not None:
            self._cookie = obj._heap._events.watch(obj._handle, _Caller(self))

    def __call__(self) -> Optional[Object]:
        return self._weak.object()

    def __del__(self) -> None:
        if getattr(self, "_cookie", 0):
            self._weak.heap._events.unwatch(self._weak.handle, self._cookie)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ref):
            return NotImplemented
        return self is other or self._id == other._id and self._weak.heap is other._weak.heap

    def __hash__(self) -> int:
        return hash(self._id)

    def __repr__(self) -> str:
        return f"<mheap.ref to {self._id:#x}{'' if self() is not None else '; dead'}>"


class _Caller:
    """Calls a reference's callback, without keeping the reference."""

    __slots__ = ("_ref",)

    def __init__(self, reference: ref) -> None:
        import weakref
        self._ref = weakref.ref(reference)

    def __call__(self) -> None:
        reference = self._ref()
        if reference is not None and reference.__callback__ is not None:
            callback, reference.__callback__ = reference.__callback__, None
            reference._cookie = 0
            callback(reference)


class finalize:     # pylint: disable=invalid-name
    """Call func(*args, **kwargs) when an object has died, as weakref.finalize does.

    It needs no variable to stay: it is there until it has been called or detached. Unlike
    a finalizer (Object.set_finalizer) it comes when the object is gone. At the end of the
    process it is not called.
    """

    __slots__ = ("_weak", "_cookie", "_call", "__weakref__")

    def __init__(self, obj: Object, func: Callable[..., Any], /, *args: Any,
                 **kwargs: Any) -> None:
        self._call: Optional[tuple[Any, ...]] = (func, args, kwargs)
        self._weak = _Weak(obj)
        self._cookie = obj._heap._events.watch(obj._handle, self)

    def __call__(self, _: Any = None) -> Any:
        """Call it now, if that has not happened; what it returns."""
        call = self._stop()
        if call is None:
            return None
        func, args, kwargs = call
        return func(*args, **kwargs)

    def _stop(self) -> Optional[tuple[Any, ...]]:
        call, self._call = self._call, None
        if call is not None:
            self._weak.heap._events.unwatch(self._weak.handle, self._cookie)
        return call

    def detach(self) -> Optional[tuple[Any, ...]]:
        """Do not call it; (obj, func, args, kwargs), or None if it has been called."""
        obj, call = self.peek(), self._stop()
        return obj if call is not None else None

    def peek(self) -> Optional[tuple[Any, ...]]:
        """(obj, func, args, kwargs), or None if it has been called or the object is dead."""
        obj = self._weak.object() if self._call is not None else None
        return (obj, *self._call) if obj is not None and self._call is not None else None

    @property
    def alive(self) -> bool:
        """Is it still to be called?"""
        return self._call is not None


class WeakKeyPair(Object, type=_value.PAIR):
    """An ephemeron: holds its value only as long as something else holds its key.

    So a value may refer to its own key, and both go when nobody else has the key; a
    WeakKeyDictionary of CPython's keeps such a pair for ever. When the key is dead,
    key and value are None.
    """

    __slots__ = ()

    def __init__(self, key: Object, value: Any, heap: Optional["Heap"] = None) -> None:
        if not isinstance(key, Object):
            raise TypeError("the key must be an mheap.Object")
        batch = Batch(key._heap if heap is None else heap)
        pair = batch.ephemeron(key, value, type=self.TYPE)
        self._take(batch, pair)

    @property
    def key(self) -> Any:
        """The key, or None when it is dead."""
        return self._get(0)

    @property
    def value(self) -> Any:
        """The value, or None when the key is dead."""
        return self._get(1)


assert _classes[_value.PAIR] is WeakKeyPair
