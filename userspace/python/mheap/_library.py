# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""libmheap: found, loaded, and its calls as Python functions.

A call that the library found does not have raises NotSupported when it is used, not
before: so the package works with an older library as far as that goes.
"""
from __future__ import annotations

import ctypes
import ctypes.util
import errno
import os
from ctypes import (POINTER, c_char_p, c_int, c_size_t, c_ssize_t, c_uint, c_uint32,
                    c_uint64, c_void_p)
from typing import Any, Iterator

from . import _abi

SONAME = "libmheap.so.0"
DEVICE = "/dev/mheap"

_session = c_void_p
_handle = c_uint64
_three = c_uint32 * 3

# What each call returns and takes.
_CALLS: dict[str, tuple[Any, list[Any]]] = {
    "mh_open": (c_int, [POINTER(c_void_p)]),
    "mh_open_fd": (c_int, [c_int, POINTER(c_void_p)]),
    "mh_open_with": (c_int, [c_char_p, POINTER(c_void_p)]),
    "mh_join": (c_int, [c_int, POINTER(c_void_p)]),
    "mh_close": (None, [_session]),
    "mh_fd": (c_int, [_session]),
    "mh_submit": (c_int, [_session, POINTER(_abi.Op), c_uint, c_uint]),
    "mh_drop": (c_int, [_session, _handle]),
    "mh_read": (c_ssize_t, [_session, _handle, c_uint64, c_void_p, c_size_t]),
    "mh_write": (c_int, [_session, _handle, c_uint64, c_void_p, c_size_t]),
    "mh_mem_alloc": (c_int, [_session, c_size_t, POINTER(c_uint64)]),
    "mh_mem_realloc": (c_int, [_session, POINTER(c_uint64), c_size_t]),
    "mh_mem_free": (c_int, [_session, _handle]),
    "mh_root_names": (c_int, [_session, POINTER(POINTER(c_char_p))]),
    "mh_root_names_free": (None, [POINTER(c_char_p)]),
    "mh_collect": (c_int, [_session, c_uint, POINTER(_abi.Collect)]),
    "mh_enable": (c_int, [_session]),
    "mh_disable": (c_int, [_session]),
    "mh_is_enabled": (c_int, [_session]),
    "mh_get_threshold": (c_int, [_session, _three]),
    "mh_set_threshold": (c_int, [_session, _three]),
    "mh_get_count": (c_int, [_session, _three]),
    "mh_stats": (c_int, [_session, POINTER(_abi.StatsBuffer)]),
    "mh_settle": (c_int, [_session]),
    "mh_get_debug": (c_int, [_session, POINTER(c_uint32)]),
    "mh_set_debug": (c_int, [_session, c_uint32]),
    "mh_freeze": (c_int, [_session]),
    "mh_unfreeze": (c_int, [_session]),
    "mh_get_freeze_count": (c_int, [_session, POINTER(c_uint64)]),
    "mh_clear_garbage": (c_int, [_session]),
    "mh_enumerate": (c_int, [_session, POINTER(_abi.Enumerate)]),
    "mh_listen": (c_int, [_session, c_uint32]),
    "mh_next_event": (c_int, [_session, POINTER(_abi.Event), c_int]),
    "mh_set_finalizer": (c_int, [_session, _handle, c_uint64]),
    "mh_cancel_finalizer": (c_int, [_session, _handle]),
    "mh_watch": (c_int, [_session, _handle, c_uint64]),
    "mh_unwatch": (c_int, [_session, _handle, c_uint64]),
    "mh_get_profile": (c_int, [_session, POINTER(_abi.Profile)]),
    "mh_set_profile": (c_int, [_session, c_uint32, c_uint32]),
    "mh_heap_read": (c_int, [c_char_p, c_char_p, c_char_p, c_size_t]),
    "mh_heap_write": (c_int, [c_char_p, c_char_p, c_char_p]),
    "mh_get_limits": (c_int, [_session, POINTER(_abi.Limits)]),
    "mh_set_limits": (c_int, [_session, POINTER(_abi.Limits)]),
    "mh_snapshot": (c_int, [_session, POINTER(c_int)]),
}


class NotSupported(NotImplementedError):
    """The library or the module that was found is too old for this."""


def error(code: int, what: str = "") -> Exception:
    """The exception for a negative errno: MemoryError, or the OSError that fits."""
    if code == -errno.ENOMEM:
        return MemoryError(what)
    if code in (-errno.ENOTTY, -errno.ENOSYS):
        return NotSupported(f"the module does not know this: {what}")
    text = os.strerror(-code)
    return OSError(-code, f"{text}: {what}" if what else text)


def _candidates() -> Iterator[str]:
    """Where the library may be. In the source tree it is in build/."""
    chosen = os.environ.get("MHEAP_LIBRARY")
    if chosen:
        yield chosen
        return
    yield SONAME
    found = ctypes.util.find_library("mheap")
    if found:
        yield found
    here = os.path.dirname(os.path.abspath(__file__))
    yield os.path.join(here, "..", "..", "..", "build", SONAME)
    # $PREFIX/lib/python3*/dist-packages/mheap, and the library in $PREFIX/lib.
    yield os.path.join(here, "..", "..", "..", SONAME)


def _load() -> ctypes.CDLL:
    tried = []
    for name in _candidates():
        try:
            return ctypes.CDLL(name)
        except OSError as problem:
            tried.append(str(problem))
    raise ImportError("cannot load libmheap: " + "; ".join(tried))


class Library:
    """The calls of libmheap, as attributes."""

    def __init__(self) -> None:
        self._dll = _load()

    def has(self, name: str) -> bool:
        """Is this call there?"""
        return hasattr(self._dll, name)

    def __getattr__(self, name: str) -> Any:
        # Only on the first use: then it is an attribute of its own.
        try:
            result, arguments = _CALLS[name]
        except KeyError:
            raise AttributeError(name) from None
        try:
            call = getattr(self._dll, name)
        except AttributeError:
            raise NotSupported(f"this libmheap has no {name}()") from None
        call.restype = result
        call.argtypes = arguments
        setattr(self, name, call)
        return call


lib = Library()


def check(result: int, what: str = "") -> int:
    """Passes on a result that is not negative, raises for one that is."""
    if result < 0:
        raise error(result, what)
    return result


def supports(*names: str) -> bool:
    """Does the libmheap that was found have all of these calls?"""
    return all(lib.has(name) for name in names)
