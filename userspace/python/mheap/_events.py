# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""What a heap tells its session, brought to those who want to know."""
from __future__ import annotations

import ctypes
import errno
import itertools
import math
import os
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Callable, Optional

from . import _abi
from ._library import check, lib
from ._number import INT_MAX

if TYPE_CHECKING:
    from ._heap import Heap
    from ._object import Object

LIMIT = 1 << _abi.EVENT_LIMIT
LIMITS = ("objects", "bytes", "handles")    # in the order of the event's numbers

COLLECTIONS = 1 << _abi.EVENT_COLLECTION_START | 1 << _abi.EVENT_COLLECTION_END

# Of a finalizer that is a method of the object's class.
METHOD = 0


class _Shown:
    """Python shows what a __del__ raises (sys.unraisablehook), and goes on."""

    __slots__ = ("problem",)

    def __init__(self, problem: BaseException) -> None:
        self.problem: Optional[BaseException] = problem

    def __del__(self) -> None:
        # Its traceback will have this frame, which must not have it: that would keep what
        # the callback had in its variables.
        problem, self.problem = self.problem, None
        try:
            if problem is not None:
                raise problem
        finally:
            del problem


def call(function: Callable[..., Any], *arguments: Any) -> None:
    """Calls; an exception is shown and ignored, as one in __del__ is."""
    try:
        function(*arguments)
    except Exception as problem:    # pylint: disable=broad-except
        _Shown(problem)


def _next(session: ctypes.c_void_p, event: _abi.Event, timeout: Optional[float]) -> int:
    """mh_next_event() for seconds, which signals and the size of a number do not change."""
    end = math.inf if timeout is None else time.monotonic() + timeout
    while True:
        wait = -1
        if end != math.inf:
            wait = math.ceil(min(max(end - time.monotonic(), 0) * 1000, INT_MAX))
        got = lib.mh_next_event(session, ctypes.byref(event), wait)
        if got != -errno.EINTR and (got or wait < INT_MAX):
            return got


class Events:
    """The events of one session.

    Objects to be finalized go to any of the heap's sessions that listen for such. So the
    cookies of this one begin at random: another's are not found among them.
    """

    def __init__(self, heap: "Heap") -> None:
        self._heap = weakref.ref(heap)
        self._cookies = itertools.count(1 + (int.from_bytes(os.urandom(4), "little") << 32))
        self._watchers: dict[int, Callable[[], Any]] = {}
        self._finalizers: dict[int, Callable[[Any], Any]] = {}
        self._cookie_of: dict[int, int] = {}    # of an object's finalizer, by its id
        self._pid = os.getpid()
        self.changing = threading.RLock()       # what is listened to
        self._listening = 0
        self._wanted = 0
        self._finalizable = False   # an object may have a finalizer
        self._reading = threading.Lock()
        self.on_limit: Optional[Callable[[str, int, int], Any]] = None
        self.finalized = 0      # how many finalizers have run
        self.lost = 0           # events of collections that nobody read in time

    def _of(self) -> "Heap":
        heap = self._heap()
        if heap is None:
            raise ValueError("the heap is closed")
        return heap

    def _listen(self, more: int, less: int = 0) -> None:
        """Listens to more kinds of events, and to less."""
        with self.changing:
            self._wanted = self._wanted & ~less | more
            try:
                # Anything can run in between, this function too.
                while self._listening != (kinds := self._wanted):
                    check(lib.mh_listen(self._of().session, kinds), "listen to events")
                    self._listening = kinds
            except BaseException:
                self._wanted = self._listening
                raise

    def adjust(self) -> None:
        """Listens to collections while gc.callbacks has any, for the default heap."""
        from . import _heap, gc
        heap = self._heap()
        with self.changing:
            wanted = gc.callbacks and heap is _heap._default
            self._listen(COLLECTIONS if wanted else 0, COLLECTIONS)

    def set_on_limit(self, function: Optional[Callable[[str, int, int], Any]]) -> None:
        """Calls function(which, used, limit) when a limit was reached."""
        if function is not None and not callable(function):
            raise TypeError("on_limit must be a function or None")
        with self.changing:
            self._listen(LIMIT if function is not None else 0, LIMIT)
            self.on_limit = function

    def new_cookie(self) -> int:
        """For a finalizer or a watch of this session."""
        return next(self._cookies)

    def expect_finalizer(self, cookie: int, function: Optional[Callable[[Any], Any]]) -> None:
        """Before the kernel gets the cookie, as the object can die as soon as it has.
        Behind it finalizer_is_set() is to be called, or finalizer_is_not_set()."""
        self._listen(1 << _abi.EVENT_FINALIZE)
        if function is not None:
            self._finalizers[cookie] = function

    def finalizer_is_set(self, number: int, cookie: int) -> None:
        """The object of this number has it, in place of the one that it had."""
        self._finalizers.pop(self._cookie_of.pop(number, METHOD), None)
        # It may have been called already.
        if cookie in self._finalizers:
            self._cookie_of[number] = cookie
        self._finalizable = True

    def finalizer_is_not_set(self, cookie: int) -> None:
        """The kernel did not take it."""
        self._finalizers.pop(cookie, None)

    def set_finalizer(self, obj: "Object", function: Optional[Callable[[Any], Any]]) -> None:
        """Calls function(obj), or the method __finalize__, before the object dies."""
        cookie = METHOD if function is None else self.new_cookie()
        self.expect_finalizer(cookie, function)
        try:
            check(lib.mh_set_finalizer(self._of().session, obj._handle, cookie), "finalizer")
        except BaseException:
            self.finalizer_is_not_set(cookie)
            raise
        self.finalizer_is_set(obj._id, cookie)

    def cancel_finalizer(self, obj: "Object") -> None:
        """Does not call it."""
        code = lib.mh_cancel_finalizer(self._of().session, obj._handle)
        if code == -errno.ENOENT:
            raise LookupError("the object has no finalizer")
        check(code, "finalizer")
        self._finalizers.pop(self._cookie_of.pop(obj._id, METHOD), None)

    def expect_death(self, cookie: int, function: Callable[[], Any]) -> None:
        """Before the kernel gets the cookie of a watch."""
        self._listen(1 << _abi.EVENT_DEATH)
        self._watchers[cookie] = function

    def ignore_death(self, cookie: int) -> None:
        """There is no such watch, or nobody wants to know any more."""
        self._watchers.pop(cookie, None)

    def watch(self, handle: int, function: Callable[[], Any]) -> int:
        """Calls function() when the object, of a strong or weak handle, is dead."""
        cookie = self.new_cookie()
        self.expect_death(cookie, function)
        try:
            check(lib.mh_watch(self._of().session, handle, cookie), "watch an object")
        except BaseException:
            self.ignore_death(cookie)
            raise
        return cookie

    def unwatch(self, handle: int, cookie: int) -> None:
        """Does not call it; nothing where it has been called."""
        if self._watchers.pop(cookie, None) is not None:
            heap = self._heap()
            if heap is not None and not heap.closed and self._pid == os.getpid():
                lib.mh_unwatch(heap.session, handle, cookie)

    def notice(self) -> None:
        """Reads what there is, where somebody may be waiting for it."""
        if self._watchers or self._finalizable or self.on_limit is not None:
            self.poll(0)

    def poll(self, timeout: Optional[float]) -> int:
        """Reads events and calls who wants them, until there are no more.

        A callback may get here again, and so may another thread: it finds the lock taken
        and leaves the events to whoever has it.
        """
        heap = self._heap()
        # A forked child must not read what is for its parent.
        if heap is None or not self._listening or self._pid != os.getpid():
            return 0
        count = 0
        while self._reading.acquire(blocking=False):
            try:
                got = self._read_one(heap, timeout)
            finally:
                self._reading.release()
            if not got:
                break
            count += 1
            timeout = 0
        return count

    def _read_one(self, heap: "Heap", timeout: Optional[float]) -> bool:
        session = heap._session
        if session is None:
            return False
        event = _abi.Event()
        if not check(_next(session, event, timeout), "events"):
            return False
        if event.kind == _abi.EVENT_FINALIZE:
            self._finalize(heap, event)
        elif event.kind == _abi.EVENT_DEATH:
            watcher = self._watchers.pop(event.cookie, None)
            if watcher is not None:
                call(watcher)
        elif event.kind in (_abi.EVENT_COLLECTION_START, _abi.EVENT_COLLECTION_END):
            self._collection(heap, event)
        elif event.kind == _abi.EVENT_LIMIT:
            if self.on_limit is not None:
                call(self.on_limit, LIMITS[event.generation], event.value[0], event.value[1])
        elif event.kind == _abi.EVENT_LOST:
            self.lost += event.value[0]
        return True

    def _finalize(self, heap: "Heap", event: _abi.Event) -> None:
        # From here on the wrapper holds the object: if the function does not keep it,
        # it goes with the variable, for good.
        obj = heap._wrap_all([event.handle])[0]
        if event.cookie == METHOD:
            function = getattr(type(obj), "__finalize__", None)
        else:
            function = self._finalizers.pop(event.cookie, None)
            self._cookie_of.pop(event.id, None)
        self.finalized += 1
        if function is not None:
            call(function, obj)

    def _collection(self, heap: "Heap", event: _abi.Event) -> None:
        from . import gc
        start = event.kind == _abi.EVENT_COLLECTION_START
        info = {
            "generation": event.generation,
            "collected": 0 if start else event.value[1],
            "uncollectable": 0 if start else event.value[2],
        }
        for callback in list(gc.callbacks):
            call(callback, "start" if start else "stop", info)
