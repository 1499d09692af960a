# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""Objects of a heap, as Python objects."""
from __future__ import annotations

import ctypes
import errno
import operator
import os
import sys
import weakref
import zlib
from typing import TYPE_CHECKING, Any, Callable, Iterator, Optional

from . import _abi
from ._batch import Batch
from ._library import check, error, lib
from ._number import U32_MAX, in_range
from ._payload import Buffer, Payload, contents

if TYPE_CHECKING:
    from ._heap import Heap

# Which class an object of a type is shown as.
_classes: weakref.WeakValueDictionary[int, type] = weakref.WeakValueDictionary()


def class_of(kind: int) -> type["Object"]:
    """The class for objects of a type."""
    return _classes.get(kind, Object)


def slot_error(code: int) -> Exception:
    """The exception for an operation on a slot: the handles are known to be right."""
    return IndexError("no such slot") if code == -errno.EINVAL else error(code, "slot")


# For each handle that a wrapper has, by id(): its heap, the number of the object, how the heap
# finds the wrapper, and the process.
_owned: dict[int, tuple[weakref.ref[Heap], int, weakref.ref[Object], int]] = {}

# Of an object that Python's collector does not know it calls nothing before that is freed.
_untrack = ctypes.pythonapi.PyObject_GC_UnTrack
_untrack.restype, _untrack.argtypes = None, [ctypes.py_object]


class _Handle(int):
    """The handle of a wrapper, given back with this.

    That is when the wrapper is taken apart and nobody can find it any more. A __del__ or
    a weak reference's callback of the wrapper's own would come earlier: while lookups
    still give the wrapper, or where it is in a cycle of Python's, before the __del__ of
    what refers to it and may still use it.
    """

    __slots__ = ()

    def __del__(self, owned: dict[int, Any] = _owned,
                getpid: Callable[[], int] = os.getpid) -> None:
        if id(self) not in owned:
            return
        find_heap, number, link, pid = owned.pop(id(self))
        heap = find_heap()
        if heap is None:
            return      # and its session with it
        with heap._lock:
            if heap._links.get(number) is link:
                del heap._links[number]
        # A forked child's copy has no handle of its own to give back.
        if pid == getpid():
            heap._drop(int(self))


class Object:
    """An object of a heap.

        a = mheap.Object(slots=2, length=16)
        b = mheap.Object(slots=1)
        a[0] = b                    # a slot refers to b
        a[1] = "text"               # or to a leaf that holds a value
        a[0] is b                   # True: an object has one wrapper
        a.payload[:5] = b"hello"

    Indexing is for slots, len() is their number, .payload is for the bytes. == and hash()
    go by identity. An object lives in the kernel's heap as long as something refers to
    it: this wrapper (through a handle, which goes with the wrapper), a slot, a named root,
    another process.

    A subclass has a type number made of its name, the same in every process, or the one
    that it is given: class Node(mheap.Object, type=7). Objects of the type are shown as
    the class. site is a number that says where in the program the object is made, see
    Heap.profile. Where a subclass has a method __finalize__, its objects get it as
    their finalizer: a __del__ that runs once nothing in the whole heap refers to the
    object any more.
    """

    __slots__ = ("_heap", "_handle", "_id", "__weakref__")

    TYPE = 0

    def __init_subclass__(cls, type: Optional[int] = None, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        if type is None:
            name = f"{cls.__module__}.{cls.__qualname__}"
            type = 0x80000000 | zlib.crc32(name.encode())
        cls.TYPE = type = in_range(type, "type", U32_MAX)
        _classes[type] = cls

    def __init__(self, slots: int = 0, length: int = 0, type: Optional[int] = None,
                 heap: Optional["Heap"] = None, payload: Optional[Buffer] = None,
                 site: int = 0) -> None:
        data = b"" if payload is None else contents(payload)
        length = max(in_range(length, "length", _abi.LENGTH_MAX), len(data))
        batch, new = self._make(slots, length, type, heap, site)
        if data:
            batch.write(new, 0, data[:_abi.IO_MAX])
        self._take(batch, new)
        if len(data) > _abi.IO_MAX:
            Payload(self).write(data[_abi.IO_MAX:], _abi.IO_MAX)

    def _make(self, slots: int, length: int, kind: Optional[int],
              heap: Optional["Heap"], site: int = 0) -> tuple[Batch, Any]:
        """A batch that makes the object; more can be put into it before it runs."""
        slots = in_range(slots, "slots", _abi.SLOTS_MAX)
        length = in_range(length, "length", _abi.LENGTH_MAX)
        batch = Batch(heap)
        return batch, batch.new(slots, length, self.TYPE if kind is None else kind, site=site)

    def _take(self, batch: Batch, new: Any) -> None:
        """Runs a batch and becomes the wrapper of what it makes.

        With the lock, so that no other thread wraps the object in between.
        """
        heap = batch.heap
        with heap._lock:
            failure = batch._execute()
            if failure is None:
                self._become(heap, new.value, new._info.id)
                new._taken = True
        batch._raise(failure)
        if getattr(type(self), "__finalize__", None) is not None:
            heap._events.set_finalizer(self, None)

    def _become(self, heap: "Heap", handle: int, number: int) -> None:
        """Becomes the wrapper of a new object."""
        self._set_up(heap, handle, number)
        heap._links[number] = self._own()

    def _own(self) -> weakref.ref[Object]:
        """From here on the handle goes with the wrapper; how the heap is to find that."""
        link = weakref.ref(self)
        handle = _Handle(self._handle)
        _untrack(handle)
        _owned[id(handle)] = weakref.ref(self._heap), self._id, link, os.getpid()
        self._handle = handle
        return link

    def _set_up(self, heap: "Heap", handle: int, number: int) -> None:
        self._heap = heap
        self._id = number
        self._handle = handle

    @classmethod
    def _adopt(cls, heap: "Heap", handle: int, number: int) -> "Object":
        """A wrapper for a handle, which Heap._wrap() finds a place for."""
        wrapper = cls.__new__(cls)
        wrapper._set_up(heap, handle, number)
        return wrapper

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__qualname__} {self._id:#x}>"

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Object):
            return NotImplemented
        return self.same(other)

    def __hash__(self) -> int:
        return hash(self._id)

    def __reduce__(self) -> Any:
        raise TypeError("an mheap object cannot be pickled: publish it and look it up")

    def same(self, other: "Object") -> bool:
        """Are these the same object, seen through whatever session?"""
        return self is other or (self._id == other._id and
                                 self._heap.name == other._heap.name)

    @property
    def heap(self) -> "Heap":
        """The heap, as the session that this wrapper belongs to."""
        return self._heap

    @property
    def id(self) -> int:
        """A number that no other object of the heap has, has had or will have."""
        return self._id

    @property
    def info(self) -> _abi.ObjectInfo:
        """All that the kernel tells of the object: struct mheap_object_info."""
        return self._info()

    def _info(self) -> _abi.ObjectInfo:
        # This package asks for nothing by a name that a subclass may give to something else.
        return self._heap._info(self._handle)

    @property
    def type(self) -> int:
        """The type number that it was made with."""
        return self._info().type

    @property
    def refcount(self) -> int:
        """All references to it in the heap; this wrapper is one."""
        return self._info().references

    @property
    def generation(self) -> int:
        """0 to 2; 3 where it is frozen."""
        return self._info().generation

    # Slots

    def __len__(self) -> int:
        return self._info().slots

    def _slot(self, index: Any) -> int:
        number = operator.index(index)
        if number < 0:
            number += self._info().slots
        if not 0 <= number < _abi.SLOTS_MAX:
            raise IndexError("no such slot")
        return number

    def _get(self, slot: int) -> Any:
        return self._heap._load(self._handle, range(slot, slot + 1))[0]

    def _set(self, slot: int, target: Any) -> None:
        batch = Batch(self._heap)
        batch.store(self, slot, target)
        try:
            batch.submit()
        except OSError as problem:
            raise slot_error(-(problem.errno or 0)) from None
        self._heap._events.notice()

    def _empty(self, slots: range) -> list[bool]:
        """Which of these slots refer to nothing."""
        found: list[bool] = []
        for start in range(0, len(slots), _abi.BATCH_MAX):
            some = slots[start:start + _abi.BATCH_MAX]
            # To nothing if it refers to nothing: that tells, and changes no slot.
            ops = (_abi.Op * len(some))(*(
                _abi.Op(opcode=_abi.OP_COMPARE_STORE, object=self._handle, slot=slot)
                for slot in some))
            executed = check(lib.mh_submit(self._heap.session, ops, len(ops), 0), "slots")
            check(ops[executed - 1].result, "slots")
            found += (op.result == 1 for op in ops)
        return found

    def __getitem__(self, index: Any) -> Any:
        return self._get(self._slot(index))

    def __setitem__(self, index: Any, target: Any) -> None:
        self._set(self._slot(index), target)

    def __iter__(self) -> Iterator[Any]:
        slot = 0
        while True:
            try:
                yield self._get(slot)
            except IndexError:
                return
            slot += 1

    def __contains__(self, target: Any) -> bool:
        return any(target is found or target == found for found in self)

    def referents(self) -> list[Any]:
        """What its slots refer to, empty ones left out."""
        found = self._heap._load(self._handle, range(self._info().slots))
        return [one for one in found if one is not None]

    def compare_store(self, index: int, expected: Optional["Object"], target: Any) -> bool:
        """Store target if the slot refers to expected (None: is empty); was it stored?

        One step, also towards other processes.
        """
        batch = Batch(self._heap)
        stored = batch.compare_store(self, self._slot(index), expected, target)
        batch.submit()
        self._heap._events.notice()
        return bool(stored.value)

    def resize(self, slots: Optional[int] = None, length: Optional[int] = None) -> None:
        """Change the number of slots, the size of the payload, or both."""
        info = self._info()
        batch = Batch(self._heap)
        batch.resize(self, info.slots if slots is None else slots,
                     info.length if length is None else length)
        batch.submit()
        self._heap._events.notice()

    # Payload

    @property
    def payload(self) -> "Payload":
        """The bytes; setting it makes the payload as long as what it is set to.

        bytes(obj.payload) is all of them, obj.payload[1:5] some, obj.payload.view() a
        memoryview of a copy.
        """
        return Payload(self)

    @payload.setter
    def payload(self, data: Buffer) -> None:
        data = contents(data)
        if self._info().length != len(data):
            Object.resize(self, length=len(data))
        Payload(self).write(data)

    # Its end

    def set_finalizer(self, function: Callable[["Object"], Any]) -> None:
        """Call function(obj) once, before the object dies.

        As with __del__ the object is whole then, and so is what it refers to, and the
        function may store it somewhere to keep it alive. It does not run a second
        time. Registering another function replaces this one.

        Of the sessions of a heap that use finalizers any may be handed the object. A
        function is known to this one only; a method __finalize__ of a class to all
        that have the class.
        """
        self._heap._events.set_finalizer(self, function)

    def cancel_finalizer(self) -> None:
        """Do not call it after all; LookupError if there is none."""
        self._heap._events.cancel_finalizer(self)


def _measure() -> int:
    """What sys.getrefcount() says in a function that is given a variable's object.

    The calls on the way refer to the object too, how often depends on the interpreter.
    """
    def count(obj: object) -> int:
        return sys.getrefcount(obj)

    probe = object()
    return count(probe)


_ONE_VARIABLE = _measure()


def getrefcount(obj: Object) -> int:
    """The reference count of an object, as sys.getrefcount() tells it.

    Counts what refers to the object in the heap and what refers to it in this program.
    As with sys.getrefcount(), the answer is one higher than expected, because of the
    argument: of a new object in a variable it is 2. obj.refcount is the heap's own
    counter, for which the whole program counts once.
    """
    here = sys.getrefcount(obj) - _ONE_VARIABLE + 2
    return obj._info().references - 1 + here


def getsizeof(obj: Object) -> int:
    """The bytes of memory that an object takes in the kernel, all told."""
    return obj._info().charged

