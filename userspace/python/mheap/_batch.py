# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""Batches: many operations in one call of the kernel."""
from __future__ import annotations

import ctypes
import operator
import os
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

from . import _abi, _value
from ._events import METHOD
from ._library import error, lib
from ._number import U64_MAX, in_range

if TYPE_CHECKING:
    from ._heap import Heap
    from ._object import Object


# The largest number that each field of an operation can have.
_MOST = {name: (1 << 8 * getattr(_abi.Op, name).size) - 1
         for name in ("flags", "slot", "object", "target", "expected", "offset", "length", "data",
                      "type", "slots")}


class _Run:
    """What a batch and its results share: the operations as they have run."""

    __slots__ = ("heap", "ops", "pid")

    def __init__(self, heap: "Heap") -> None:
        self.heap = heap
        self.ops: Any = ()
        self.pid = 0


class Result:
    """What an operation of a batch gives: an object of it, or a number.

    The object goes with the result, unless it has been taken.
    """

    __slots__ = ("_run", "_index", "_info", "_taken")

    def __init__(self, run: _Run, index: int) -> None:
        self._run = run
        self._index = index
        self._info: Optional[_abi.ObjectInfo] = None
        self._taken = False

    def __del__(self, getpid: Callable[[], int] = os.getpid) -> None:
        # A forked child's copy has no handle of its own to give back.
        if self._info is not None and not self._taken and self._run.pid == getpid() and \
                self.value > 0:
            self._run.heap._drop(self.value)

    @property
    def value(self) -> int:
        """The number, once the batch has run."""
        return self._run.ops[self._index].result

    @property
    def object(self) -> Any:
        """The object, or None for an empty slot, once the batch has run."""
        if self._info is None:
            raise ValueError("this operation gives no object to keep")
        if not self.value:
            return None
        if self._taken:
            raise ValueError("the object has been taken already")
        self._taken = True
        return self._run.heap._wrap(self.value, self._info)


# What an operation can take for an object.
Reference = Union["Object", Result, None, int, float, str, bytes, bool]


class Batch:
    """Operations that run in order, in one call, as far as the first that fails.

        with mheap.Batch(heap) as batch:
            a = batch.new(slots=1)
            b = batch.new(slots=1, temp=True)
            batch.store(a, 0, b)
            batch.store(b, 0, a)
        print(a.object)

    An operation can name what an earlier one of the same batch gives. With temp=True
    that is an object of the batch alone and costs no handle.
    """

    def __init__(self, heap: Optional["Heap"] = None) -> None:
        if heap is None:
            from ._heap import default_heap
            heap = default_heap()
        self.heap = heap
        self._ops: list[_abi.Op] = []
        self._results: list[Result] = []
        self._kept: list[Any] = []      # memory that operations point to
        self._known: list[tuple[int, Optional[Callable[[], None]], Callable[[bool], None]]] = []
        self._run = _Run(heap)

    def __len__(self) -> int:
        return len(self._ops)

    def __enter__(self) -> "Batch":
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        if kind is None:
            self.submit()

    def _add(self, opcode: int, **fields: Any) -> int:
        for name, value in fields.items():
            if not 0 <= operator.index(value) <= _MOST[name]:
                raise IndexError("no such slot") if name == "slot" else \
                    ValueError(f"{name} must be 0 to {_MOST[name]}")
        self._ops.append(_abi.Op(opcode=opcode, **fields))
        return len(self._ops) - 1

    def _add_object(self, opcode: int, temp: bool, **fields: Any) -> Result:
        """An operation that gives an object."""
        flags = fields.pop("flags", 0) | (_abi.OP_TEMP if temp else 0)
        result = Result(self._run, self._add(opcode, flags=flags, **fields))
        if temp:
            return result
        result._info = info = _abi.ObjectInfo()
        self._results.append(result)
        # What a slot refers to may be nothing, of which there is nothing to tell.
        if opcode != _abi.OP_LOAD:
            self._ops.append(info_op(_abi.RESULT_FLAG | result._index, info))
        return result

    def reference(self, what: Reference) -> int:
        """The number that names an object in an operation.

        A Python value becomes a leaf that holds it.
        """
        from ._object import Object
        if what is None:
            return 0
        if isinstance(what, Result):
            if what._run is not self._run:
                raise ValueError("a result of another batch")
            return _abi.RESULT_FLAG | what._index
        if isinstance(what, Object):
            if what._heap is not self.heap:
                raise ValueError("an object of another heap or session")
            self._kept.append(what)     # its handle must be there when the batch runs
            return what._handle
        return _abi.RESULT_FLAG | self._leaf(what)._index

    def _leaf(self, value: Any) -> Result:
        """A leaf that holds a value."""
        kind, data = _value.encode(value)
        leaf = self.new(length=len(data), type=kind, temp=True)
        if data:
            self.write(leaf, 0, data)
        return leaf

    def _hold(self, what: Reference) -> Union[Result, None]:
        """The same, held until the batch ends: to store it takes no memory any more."""
        from ._object import Object
        if what is None or isinstance(what, Result):
            return what
        if isinstance(what, Object):
            return self._add_object(_abi.OP_DUP, True, object=self.reference(what))
        return self._leaf(what)

    def new(self, slots: int = 0, length: int = 0, type: int = 0, temp: bool = False,
            site: int = 0) -> Result:
        """Make an object; site says where in the program, see Heap.profile."""
        return self._add_object(_abi.OP_NEW, temp, slots=slots, length=length, type=type,
                                offset=in_range(site, "site", U64_MAX))

    def ephemeron(self, key: Reference, value: Reference, length: int = 0,
                  type: int = _value.PAIR, temp: bool = False, site: int = 0) -> Result:
        """Make an ephemeron, which keeps the value for as long as the key is alive.

        With the usual type its object is an mheap.WeakKeyPair.
        """
        key_number, value_number = self.reference(key), self.reference(value)
        pair = self._add_object(_abi.OP_NEW, temp, slots=2, length=length, type=type,
                                flags=_abi.OP_EPHEMERON, offset=in_range(site, "site", U64_MAX))
        for slot, target in enumerate((key_number, value_number)):
            if target:
                self._add(_abi.OP_STORE, object=self.reference(pair), slot=slot, target=target)
        return pair

    def finalizer(self, obj: Reference, function: Optional[Callable[[Any], Any]]) -> int:
        """Call function(obj) once, before the object dies: see Object.set_finalizer().

        None is for the method __finalize__ of the class that the object is shown as.
        """
        number, info = self.reference(obj), self.info(obj)
        events = self.heap._events
        cookie = METHOD if function is None else events.new_cookie()

        def begin() -> None:
            events.expect_finalizer(cookie, function)

        def outcome(good: bool) -> None:
            if good:
                events.finalizer_is_set(info.id, cookie)
            else:
                events.finalizer_is_not_set(cookie)

        return self._add_known(begin, outcome, _abi.OP_FINALIZER, object=number, offset=cookie)

    def cancel_finalizer(self, obj: Reference) -> int:
        """Do not call it after all; the operation fails with ENOENT if there is none."""
        number, info = self.reference(obj), self.info(obj)
        events = self.heap._events

        def outcome(good: bool) -> None:
            if good:
                events.finalizer_is_set(info.id, METHOD)

        return self._add_known(None, outcome, _abi.OP_FINALIZER, object=number,
                               flags=_abi.OP_CANCEL)

    def watch(self, obj: Reference, function: Callable[[], Any]) -> int:
        """Call function() when the object is dead; returns a number for unwatch().

        Unlike that of an mheap.ref nobody has to keep it.
        """
        number = self.reference(obj)
        events = self.heap._events
        cookie = events.new_cookie()

        def begin() -> None:
            events.expect_death(cookie, function)

        def outcome(good: bool) -> None:
            if not good:
                events.ignore_death(cookie)

        self._add_known(begin, outcome, _abi.OP_WATCH, object=number, offset=cookie)
        return cookie

    def unwatch(self, obj: Reference, watch: int) -> int:
        """Do not call it after all; the operation fails with ENOENT if there is no such."""
        events = self.heap._events

        def outcome(good: bool) -> None:
            if good:
                events.ignore_death(watch)

        return self._add_known(None, outcome, _abi.OP_UNWATCH, object=self.reference(obj),
                               offset=in_range(watch, "watch", U64_MAX))

    def _add_known(self, begin: Optional[Callable[[], None]], outcome: Callable[[bool], None],
                   opcode: int, **fields: Any) -> int:
        """An operation that this process has to know of: before it runs, and how it went."""
        index = self._add(opcode, **fields)
        self._known.append((index, begin, outcome))
        return index

    def load(self, obj: Reference, slot: int, temp: bool = False) -> Result:
        """What a slot refers to."""
        return self._add_object(_abi.OP_LOAD, temp, object=self.reference(obj), slot=slot)

    def upgrade(self, weak: int) -> Result:
        """What a weak handle names; for this package's own use."""
        return self._add_object(_abi.OP_UPGRADE, False, object=weak)

    def lookup(self, name: bytes) -> Result:
        """What has this name."""
        return self._add_object(_abi.OP_LOOKUP, False, data=self._keep(name), length=len(name))

    def publish(self, name: bytes, obj: Reference, replace: bool = False) -> int:
        """Give an object a name."""
        return self._add(_abi.OP_PUBLISH, object=self.reference(obj), data=self._keep(name),
                         length=len(name), flags=_abi.OP_REPLACE if replace else 0)

    def unpublish(self, name: bytes) -> int:
        """Take a name back."""
        return self._add(_abi.OP_UNPUBLISH, data=self._keep(name), length=len(name))

    def store(self, obj: Reference, slot: int, target: Reference) -> int:
        """Let a slot refer to an object, or to nothing."""
        target_number = self.reference(target)
        return self._add(_abi.OP_STORE, object=self.reference(obj), slot=slot,
                         target=target_number)

    def compare_store(self, obj: Reference, slot: int, expected: Reference,
                      target: Reference) -> Result:
        """Let a slot refer to an object if it refers to what is expected."""
        target_number = self.reference(target)
        return Result(self._run, self._add(_abi.OP_COMPARE_STORE, object=self.reference(obj),
                                            slot=slot, expected=self.reference(expected),
                                            target=target_number))

    def write(self, obj: Reference, offset: int, data: bytes) -> int:
        """Copy bytes to the payload, at most 65536."""
        return self._add(_abi.OP_WRITE, object=self.reference(obj), offset=offset,
                         data=self._keep(data), length=len(data))

    def resize(self, obj: Reference, slots: int, length: int) -> int:
        """Change the number of slots and the size of the payload."""
        return self._add(_abi.OP_RESIZE, object=self.reference(obj), slots=slots, length=length)

    def info(self, obj: Reference) -> _abi.ObjectInfo:
        """What is known of an object; filled when the batch has run."""
        info = _abi.ObjectInfo()
        self._ops.append(info_op(self.reference(obj), info))
        self._kept.append(info)
        return info

    def _keep(self, data: bytes) -> int:
        memory = (ctypes.c_char * max(len(data), 1)).from_buffer_copy(data or b"\0")
        self._kept.append(memory)
        return ctypes.addressof(memory)

    def submit(self) -> None:
        """Run the operations. Raises what the first that fails has to say."""
        self._raise(self._execute())

    def _raise(self, failure: Optional[Exception]) -> None:
        if failure is not None:
            self.heap._events.notice()      # of a limit, perhaps
            raise failure

    def _execute(self) -> Optional[Exception]:
        """Runs the operations; what went wrong. Nobody is called who waits for events."""
        run = self._run
        if run.ops:
            raise ValueError("this batch has run")
        if not self._ops:
            return None
        run.ops = (_abi.Op * len(self._ops))(*self._ops)
        run.pid = os.getpid()
        executed = 0
        try:
            for _, begin, _ in self._known:
                if begin is not None:
                    begin()
            executed = lib.mh_submit(self.heap.session, run.ops, len(self._ops), 0)
        finally:
            for index, _, outcome in self._known:
                outcome(index < executed and run.ops[index].result >= 0)
        failure = run.ops[executed - 1].result if executed > 0 else executed
        if failure >= 0 and executed == len(self._ops):
            failure = self._look_at_loaded()
        if failure < 0:
            self._give_back(executed)
            return error(failure, f"operation {max(executed, 1) - 1} of the batch")
        self._kept.clear()
        self._results.clear()       # those that nobody else has give their objects back
        return None

    def _look_at_loaded(self) -> int:
        """Finds out what is known of objects that came out of slots."""
        ops = [info_op(result.value, result._info) for result in self._results
               if result._info is not None and result.value and
               self._run.ops[result._index].opcode == _abi.OP_LOAD]
        if not ops:
            return 0
        array = (_abi.Op * len(ops))(*ops)
        executed = lib.mh_submit(self.heap.session, array, len(ops), 0)
        return array[executed - 1].result if executed > 0 else executed

    def _give_back(self, executed: int) -> None:
        """Drops the handles of a batch that failed."""
        for result in self._results:
            if result._index < executed and result.value > 0:
                lib.mh_drop(self.heap.session, result.value)
            result._taken = True


def info_op(obj: int, info: _abi.ObjectInfo) -> _abi.Op:
    """An INFO; @info must be there when it runs."""
    return _abi.Op(opcode=_abi.OP_INFO, object=obj, data=ctypes.addressof(info),
                   length=ctypes.sizeof(info))
