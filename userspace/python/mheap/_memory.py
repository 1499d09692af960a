# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""Raw memory in the kernel, as PyMem_Malloc() and its like give it."""
from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING, Any, Callable, Optional

from . import _abi
from ._library import check, lib
from ._number import in_range
from ._payload import Buffer, Stored, contents

if TYPE_CHECKING:
    from ._heap import Heap


def _size(size: int) -> int:
    return in_range(size, "the size", _abi.LENGTH_MAX)


class Memory(Stored):
    """A block of memory: an object without slots, nothing that the collector looks at.

        with mheap.Memory(100) as block:
            block[:5] = b"hello"
            block.resize(200)

    What is new in it is zero. It is freed by close(), at the end of a with statement, or
    with its last reference in Python; and with the session, however the process ends.
    """

    __slots__ = ("_heap", "_handle", "_pid", "_free")

    def __init__(self, size: int = 0, heap: Optional["Heap"] = None,
                 data: Optional[Buffer] = None) -> None:
        self._handle = 0
        if heap is None:
            from ._heap import default_heap
            heap = default_heap()
        given = b"" if data is None else contents(data)
        handle = ctypes.c_uint64()
        check(lib.mh_mem_alloc(heap.session, max(_size(size), _size(len(given))),
                               ctypes.byref(handle)), "raw memory")
        self._heap = heap
        self._handle = handle.value
        self._pid = os.getpid()
        # Found now: when the interpreter ends, modules are taken apart first.
        self._free = lib.mh_mem_free
        self.write(given)

    def _place(self) -> tuple["Heap", int]:
        if not self._handle:
            raise ValueError("the memory is closed")
        return self._heap, self._handle

    def resize(self, size: int) -> None:
        """Make it larger, with zeroes at its end, or smaller.

        Where there is no memory for that it is MemoryError, and the block is as it was.
        """
        heap, same = self._place()
        handle = ctypes.c_uint64(same)
        check(lib.mh_mem_realloc(heap.session, ctypes.byref(handle), _size(size)),
              "raw memory")

    def close(self) -> None:
        """Free it; nothing if it was closed before, or its heap."""
        self._release()

    def _release(self, getpid: Callable[[], int] = os.getpid) -> None:
        handle, self._handle = self._handle, 0
        # A forked child's copy has nothing of its own to give back.
        if handle and self._pid == getpid():
            session = self._heap._session
            if session is not None:
                self._free(session, handle)

    @property
    def closed(self) -> bool:
        """Has it been closed?"""
        return not self._handle

    def __del__(self) -> None:
        self._release()

    def __enter__(self) -> "Memory":
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        self.close()

    def __reduce__(self) -> Any:
        raise TypeError("memory of a heap cannot be pickled")

    def __repr__(self) -> str:
        return f"<mheap.Memory {'closed' if self.closed else f'{len(self)} bytes'}>"
