# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""A garbage-collected object heap in the Linux kernel, for Python programs.

    import mheap

    l = mheap.List()
    l.append(l)
    del l
    mheap.gc.collect()          # 1: the list that referred to itself

Objects live in the kernel's heap, where reference counts and a generational collector
take care of them; what a program has are wrappers. mheap.gc has the names of CPython's
module gc. A heap can be shared between processes: see Heap.join() and Heap.roots.

Failures are the exceptions that Python uses for such: IndexError for a slot that is not
there, MemoryError, ValueError for a heap that was closed, FileNotFoundError where the module
is not loaded, otherwise OSError with the errno that <linux/mheap.h> tells.
"""
from ._abi import PROFILE_OFF, PROFILE_STACKS, PROFILE_TAGS
from ._library import NotSupported, supports
from ._batch import Batch, Result
from ._payload import Payload
from ._object import Object, getrefcount, getsizeof
from ._memory import Memory
from ._heap import Heap, Roots, default_heap, set_default_heap
from ._list import List
from ._dict import Dict
from ._struct import Struct
from ._settings import Settings
from ._weak import WeakKeyPair, finalize, ref
from . import gc

__version__ = "0.1.0"

__all__ = [
    "Batch", "Dict", "Heap", "List", "Memory", "NotSupported", "Object", "PROFILE_OFF",
    "PROFILE_STACKS", "PROFILE_TAGS", "Payload", "Result", "Roots", "Settings", "Struct",
    "WeakKeyPair", "default_heap", "finalize", "gc", "getrefcount", "getsizeof", "ref",
    "set_default_heap", "supports",
]
