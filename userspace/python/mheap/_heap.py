# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""Heaps, and the one that a process uses when it names none."""
from __future__ import annotations

import ctypes
import errno
import io
import os
import threading
import weakref
from collections.abc import MutableMapping
from typing import Any, Callable, Iterable, Iterator, Optional

from . import _abi, _object, _value
from ._batch import Batch, info_op
from ._collector import Collector
from ._events import Events
from ._library import DEVICE, check, error, lib
from ._number import INT_MAX, U32_MAX, U64_MAX, in_range
from ._settings import Settings


def _no_device(code: int, what: str) -> int:
    """As check(), with a hint where there is no device."""
    if code in (-errno.ENOENT, -errno.ENXIO):
        raise FileNotFoundError(-code, "the mheap module is not loaded: no such device", DEVICE)
    return check(code, what)


def _descriptor(fd: int) -> int:
    return in_range(fd, "a descriptor", INT_MAX, -INT_MAX)


class Heap:
    """A heap of objects in the kernel, and one session of it.

    Heap() makes a new, empty heap; Heap.join(fd) joins one that exists. The heap is a
    context manager; closing it drops all that its wrappers hold.

    After a fork the child has the parent's session open, as it has all descriptors.
    Its copies of wrappers work as long as the parent's are there, and drop nothing. It
    should join: Heap.join(heap.fileno()).
    """

    def __init__(self, allocator: Optional[str] = None) -> None:
        session = ctypes.c_void_p()
        if allocator is None:
            code = lib.mh_open(ctypes.byref(session))
        else:
            code = lib.mh_open_with(os.fsencode(allocator), ctypes.byref(session))
            if code == -errno.ENOENT and os.path.exists(DEVICE):
                raise error(code, f"no allocator is called {allocator}")
        _no_device(code, "open a heap")
        self._begin(session)

    def _begin(self, session: ctypes.c_void_p) -> None:
        self._session: Optional[ctypes.c_void_p] = session
        self._lock = threading.RLock()
        # One wrapper an object, so that "is" means what it does in Python.
        self._links: dict[int, weakref.ref[_object.Object]] = {}
        self._name = ""
        # Found now: when the interpreter ends, modules are taken apart first.
        self._drop_call = lib.mh_drop
        self._close_call = lib.mh_close
        self._events = Events(self)
        self.gc = Collector(self)
        self.roots = Roots(self)
        _heaps.add(self)
        self._name = self.stats()["name"]

    @classmethod
    def join(cls, fd: int) -> "Heap":
        """One more session of the heap behind a descriptor, which stays the caller's."""
        heap = cls.__new__(cls)
        heap._session = None
        session = ctypes.c_void_p()
        _no_device(lib.mh_join(_descriptor(fd), ctypes.byref(session)), "join a heap")
        heap._begin(session)
        return heap

    @classmethod
    def from_fd(cls, fd: int) -> "Heap":
        """The session behind a descriptor, which belongs to the heap from now on."""
        heap = cls.__new__(cls)
        heap._session = None
        session = ctypes.c_void_p()
        code = lib.mh_open_fd(_descriptor(fd), ctypes.byref(session))
        if code == -errno.ENOTTY:
            code = -errno.EINVAL
        check(code, "not the descriptor of a heap")
        heap._begin(session)
        return heap

    @property
    def session(self) -> ctypes.c_void_p:
        """What the library calls take."""
        session = getattr(self, "_session", None)
        if session is None:
            raise ValueError("the heap is closed")
        return session

    @property
    def closed(self) -> bool:
        """Has it been closed?"""
        return getattr(self, "_session", None) is None

    @property
    def name(self) -> str:
        """Of its directory in /sys/kernel/mheap."""
        return self._name

    def fileno(self) -> int:
        """The descriptor: to wait for events, to pass on, to join with."""
        return lib.mh_fd(self.session)

    def close(self) -> None:
        """End the session. Its wrappers are of no use any more; no other thread may be
        using them."""
        session = getattr(self, "_session", None)
        if session is not None:
            self._session = None
            self._close_call(session)

    def __del__(self) -> None:
        self.close()

    def __enter__(self) -> "Heap":
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<mheap.Heap {self._name}{' closed' if self.closed else ''}>"

    def new(self, slots: int = 0, length: int = 0, type: int = 0,
            site: int = 0) -> "_object.Object":
        """Make an object: the same as mheap.Object(..., heap=self)."""
        return _object.Object(slots=slots, length=length, type=type, site=site, heap=self)

    def batch(self) -> Batch:
        """Operations for one call: see mheap.Batch."""
        return Batch(self)

    def publish(self, name: str, obj: "_object.Object", replace: bool = False) -> None:
        """Give an object a name, which any session of the heap can look up.

        FileExistsError if another has it, unless replace is true.
        """
        batch = Batch(self)
        batch.publish(os.fsencode(name), obj, replace)
        batch.submit()
        if replace:
            self._events.notice()

    def lookup(self, name: str) -> Any:
        """The object that has this name; FileNotFoundError if none has."""
        batch = Batch(self)
        found = batch.lookup(os.fsencode(name))
        batch.submit()
        return found.object

    def unpublish(self, name: str) -> None:
        """Take a name back; FileNotFoundError if no object has it."""
        batch = Batch(self)
        batch.unpublish(os.fsencode(name))
        batch.submit()
        self._events.notice()

    def stats(self) -> dict[str, Any]:
        """What the heap has and has done: the fields of struct mheap_stats."""
        buffer = _abi.StatsBuffer()
        check(lib.mh_stats(self.session, ctypes.byref(buffer)), "statistics")
        stats = buffer.stats
        found: dict[str, Any] = {
            name: getattr(stats, name) for name, *_ in _abi.Stats._fields_
            if name not in ("size", "abi", "name", "generation")}
        found["name"] = stats.name.decode()
        found["generation"] = [
            {name: getattr(one, name) for name, *_ in _abi.GenerationStats._fields_}
            for one in stats.generation]
        return found

    def settle(self) -> None:
        """Wait until nothing is being released in the background."""
        check(lib.mh_settle(self.session), "settle")

    def poll(self, timeout: Optional[float] = 0) -> int:
        """Read what has happened and call who wants to know; how many events there were.

        Waits up to timeout seconds for the first, for ever with None. Callbacks of weak
        references, finalizers and gc.callbacks run here. It also happens by itself
        where objects may have died: when a wrapper goes, when a slot is overwritten,
        and after collect().
        """
        return self._events.poll(timeout)

    @property
    def limits(self) -> dict[str, int]:
        """How many objects, bytes and handles the heap may have; 0: as many as it likes.

        heap.limits = {"objects": 1000} sets them; those that are not named become 0.
        """
        limits = _abi.Limits()
        check(lib.mh_get_limits(self.session, ctypes.byref(limits)), "limits")
        return {name: getattr(limits, name) for name, _ in _abi.Limits._fields_}

    @limits.setter
    def limits(self, values: dict[str, int]) -> None:
        known = [name for name, _ in _abi.Limits._fields_]
        for name in values:
            if name not in known:
                raise KeyError(name)
        limits = _abi.Limits(**{name: in_range(value, name, U64_MAX)
                                 for name, value in values.items()})
        check(lib.mh_set_limits(self.session, ctypes.byref(limits)), "limits")

    @property
    def on_limit(self) -> Optional[Callable[[str, int, int], Any]]:
        """Who is told when the heap has reached one of its limits, or None.

        on_limit(which, used, limit): which is "objects", "bytes" or "handles". Called when
        the heap had to be collected for want of room, whether that helped or not, and whoever
        asked for too much; not again before there was room or the limit was changed. It
        runs where finalizers do, see poll(), and before the exception for an operation of
        this session that failed.
        """
        return self._events.on_limit

    @on_limit.setter
    def on_limit(self, function: Optional[Callable[[str, int, int], Any]]) -> None:
        self._events.set_on_limit(function)

    @property
    def settings(self) -> Settings:
        """The settings that are files in sysfs: see mheap.Settings."""
        if self.closed:
            raise ValueError("the heap is closed")
        return Settings(self._name)

    @property
    def profile(self) -> dict[str, int]:
        """Is it noted where objects are made? "mode" is one of mheap.PROFILE_*.

        In mode PROFILE_TAGS that is the site= that they are made with, in mode
        PROFILE_STACKS it is besides the stack of each "sample"th. It shows in snapshots.
        heap.profile = {"mode": mheap.PROFILE_TAGS} sets it; "sample" stays where it is not
        named.
        """
        profile = _abi.Profile()
        check(lib.mh_get_profile(self.session, ctypes.byref(profile)), "profile")
        return {name: getattr(profile, name) for name, _ in _abi.Profile._fields_}

    @profile.setter
    def profile(self, values: dict[str, int]) -> None:
        for name in values:
            if name not in ("mode", "sample"):
                raise KeyError(name)
        mode, sample = (in_range(values.get(name, 0), name, U32_MAX)
                        for name in ("mode", "sample"))
        if "mode" not in values:
            mode = self.profile["mode"]
        check(lib.mh_set_profile(self.session, mode, sample), "profile")

    def snapshot(self) -> io.FileIO:
        """The heap as it is now, for "mheap snapshot" and its like: a file to read."""
        fd = ctypes.c_int(-1)
        check(lib.mh_snapshot(self.session, ctypes.byref(fd)), "snapshot")
        return io.FileIO(fd.value, "rb")

    # For the other modules of this package.

    def _drop(self, handle: int) -> None:
        """Gives a handle back; says nothing, as it is called where nobody can listen."""
        session = self._session
        if session is not None:
            self._drop_call(session, handle)
            self._events.notice()

    def _wrap(self, handle: int, info: _abi.ObjectInfo) -> Any:
        """The object of a handle, which this takes over: its wrapper, or its value."""
        if _value.is_value(info.type) and not info.slots:
            try:
                return _value.decode(info.type, self._read(handle, 0, info.length))
            finally:
                self._drop_all([handle])
        owned = False
        try:
            with self._lock:
                found = self._wrapper(info.id)
                if found is None:
                    new = _object.class_of(info.type)._adopt(self, handle, info.id)
                    link = new._own()
                    owned = True
                    # Making it may have run anything, this function too.
                    found = self._wrapper(info.id)
                    if found is None:
                        self._links[info.id] = link
                        found = new
            return found
        finally:
            if not owned:
                self._drop_all([handle])

    def _wrapper(self, number: int) -> "Optional[_object.Object]":
        link = self._links.get(number)
        return None if link is None else link()

    def _wrap_all(self, handles: list[int]) -> list[Any]:
        """The objects of handles, which this takes over."""
        found: list[Any] = []
        taken = 0
        try:
            for start in range(0, len(handles), _abi.ENUMERATE_MAX):
                some = handles[start:start + _abi.ENUMERATE_MAX]
                infos = (_abi.ObjectInfo * len(some))()
                ops = (_abi.Op * len(some))(*map(info_op, some, infos))
                executed = lib.mh_submit(self.session, ops, len(some), 0)
                code = min(executed, *(op.result for op in ops[:max(executed, 1)]))
                check(code, "look at objects")
                taken += len(some)
                found += self._wrap_each(some, infos)
        except BaseException:
            self._drop_all(handles[taken:])
            raise
        return found

    def _wrap_each(self, handles: list[int], infos: Iterable[_abi.ObjectInfo]) -> list[Any]:
        """The objects of handles, which this takes over; None for 0."""
        found: list[Any] = []
        try:
            for handle, info in zip(handles, infos):
                found.append(self._wrap(handle, info) if handle else None)
        except BaseException:
            self._drop_all(handles[len(found) + 1:])
            raise
        return found

    def _drop_all(self, handles: Iterable[int]) -> None:
        """Gives handles back, and calls nobody who waits for events."""
        session = self._session
        for handle in handles:
            if handle > 0 and session is not None:
                self._drop_call(session, handle)

    def _load(self, handle: int, slots: range) -> list[Any]:
        """What slots refer to."""
        found: list[Any] = []
        for start in range(0, len(slots), 4096):
            some = slots[start:start + 4096]
            infos = (_abi.ObjectInfo * len(some))()
            ops = (_abi.Op * (2 * len(some)))()
            for i, slot in enumerate(some):
                ops[2 * i] = _abi.Op(opcode=_abi.OP_LOAD, object=handle, slot=slot)
                ops[2 * i + 1] = info_op(_abi.RESULT_FLAG | (2 * i), infos[i])
            # Of an empty slot there is nothing to tell, and the rest follows.
            check(lib.mh_submit(self.session, ops, len(ops), _abi.SUBMIT_CONTINUE), "load")
            results = [ops[2 * i].result for i in range(len(some))]
            bad = min(results)
            if bad >= 0:
                bad = min((ops[2 * i + 1].result for i in range(len(some)) if results[i]),
                          default=0)
            if bad < 0:
                self._drop_all(results)
                raise _object.slot_error(bad)
            found += self._wrap_each(results, infos)
        return found

    def _read(self, handle: int, offset: int, length: int) -> bytes:
        if length <= 0:
            return b""
        buffer = ctypes.create_string_buffer(length)
        got = check(lib.mh_read(self.session, handle, offset, buffer, length), "read payload")
        return buffer.raw[:got]

    def _read_into(self, handle: int, offset: int, view: memoryview) -> int:
        """Reads into memory that is writable and in one piece; how many bytes."""
        if not view.nbytes or offset > _abi.LENGTH_MAX:
            return 0
        buffer = (ctypes.c_char * view.nbytes).from_buffer(view)
        return check(lib.mh_read(self.session, handle, offset, buffer, view.nbytes),
                     "read payload")

    def _info(self, handle: int) -> _abi.ObjectInfo:
        batch = Batch(self)
        info = _abi.ObjectInfo()
        batch._ops.append(info_op(handle, info))
        batch.submit()
        return info

    def _write(self, handle: int, offset: int, data: bytes) -> None:
        code = -errno.EINVAL
        if offset <= _abi.LENGTH_MAX:
            code = lib.mh_write(self.session, handle, offset, data, len(data))
        if code == -errno.EINVAL:
            raise IndexError("past the end of the payload")
        check(code, "write payload")


class Roots(MutableMapping):
    """The named roots of a heap as a mapping: heap.roots["config"] = obj."""

    def __init__(self, heap: Heap) -> None:
        self._heap = weakref.ref(heap)

    def _of(self) -> Heap:
        heap = self._heap()
        if heap is None:
            raise ValueError("the heap is closed")
        return heap

    def __getitem__(self, name: str) -> Any:
        try:
            return self._of().lookup(name)
        except FileNotFoundError:
            raise KeyError(name) from None

    def __setitem__(self, name: str, obj: "_object.Object") -> None:
        self._of().publish(name, obj, replace=True)

    def __delitem__(self, name: str) -> None:
        try:
            self._of().unpublish(name)
        except FileNotFoundError:
            raise KeyError(name) from None

    def _names(self) -> list[str]:
        names = ctypes.POINTER(ctypes.c_char_p)()
        count = check(lib.mh_root_names(self._of().session, ctypes.byref(names)), "roots")
        try:
            return [os.fsdecode(names[i] or b"") for i in range(count)]
        finally:
            lib.mh_root_names_free(names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())


_heaps: weakref.WeakSet[Heap] = weakref.WeakSet()
_default: Optional[Heap] = None
_default_lock = threading.Lock()


def default_heap() -> Heap:
    """The heap of this process, which objects are made in that are told no other.

    It is made when it is first asked for. A forked child gets one of its own.
    """
    global _default
    with _default_lock:
        if _default is None or _default.closed:
            _default = Heap()
            _default._events.adjust()
        return _default


def set_default_heap(heap: Optional[Heap]) -> Optional[Heap]:
    """Use another heap from now on, or with None a new one; returns the one before."""
    global _default
    with _default_lock:
        before, _default = _default, heap
    for one in (before, heap):
        if one is not None and not one.closed:
            one._events.adjust()
    return before


def _forget_parents() -> None:
    """In a forked child: the parent's heap, and locks that the parent's threads may have."""
    global _default, _default_lock
    _default = None
    _default_lock = threading.Lock()
    for heap in _heaps:
        heap._lock = threading.RLock()
        heap._events.changing = threading.RLock()


os.register_at_fork(after_in_child=_forget_parents)
