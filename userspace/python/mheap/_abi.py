# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""The structs and numbers of <linux/mheap.h>, as far as this package needs them.

A test compares every field and number here with what the C compiler makes of the
header, so names are the header's, without MHEAP_ and mheap_.
"""
from __future__ import annotations

from ctypes import (Structure, Union, c_char, c_int64, c_uint8, c_uint16, c_uint32,
                    c_uint64)

BATCH_MAX = 65536
IO_MAX = 65536
SLOTS_MAX = 0x4000000
LENGTH_MAX = 0x40000000
GENERATIONS = 3
THRESHOLD_MAX = 2147483647
ROOT_NAME_MAX = 255

OP_NEW = 1
OP_DUP = 2
OP_DROP = 3
OP_LOAD = 4
OP_STORE = 5
OP_SWAP = 6
OP_COMPARE_STORE = 7
OP_READ = 8
OP_WRITE = 9
OP_RESIZE = 10
OP_INFO = 11
OP_SAME = 12
OP_WEAK = 13
OP_UPGRADE = 14
OP_PUBLISH = 15
OP_LOOKUP = 16
OP_UNPUBLISH = 17
OP_FINALIZER = 18
OP_WATCH = 19
OP_UNWATCH = 20

OP_TEMP = 0x1
OP_REPLACE = 0x2
OP_EPHEMERON = 0x4
OP_CANCEL = 0x8

SUBMIT_CONTINUE = 0x1

RESULT_FLAG = 0x8000000000000000

OBJECT_TRACKED = 1
OBJECT_FINALIZER = 2
OBJECT_FINALIZED = 4
OBJECT_FROZEN = 8
OBJECT_EPHEMERON = 16
OBJECT_GARBAGE = 32
OBJECT_WATCHED = 64

EVENT_FINALIZE = 1
EVENT_DEATH = 2
EVENT_COLLECTION_START = 3
EVENT_COLLECTION_END = 4
EVENT_LIMIT = 5
EVENT_LOST = 6

DEBUG_STATS = 1
DEBUG_COLLECTABLE = 2
DEBUG_UNCOLLECTABLE = 4
DEBUG_SAVEALL = 32
DEBUG_LEAK = 38

PROFILE_OFF = 0
PROFILE_TAGS = 1
PROFILE_STACKS = 2

ENUMERATE_OBJECTS = 1
ENUMERATE_REFERRERS = 2
ENUMERATE_GARBAGE = 3
ENUMERATE_MAX = 4096


class _Place(Union):
    _fields_ = [("expected", c_uint64), ("offset", c_uint64)]


class Op(Structure):
    """struct mheap_op"""
    _anonymous_ = ("place",)
    _fields_ = [
        ("opcode", c_uint16),
        ("flags", c_uint16),
        ("slot", c_uint32),
        ("object", c_uint64),
        ("target", c_uint64),
        ("place", _Place),
        ("length", c_uint64),
        ("data", c_uint64),
        ("type", c_uint32),
        ("slots", c_uint32),
        ("result", c_int64),
    ]


class ObjectInfo(Structure):
    """struct mheap_object_info"""
    _fields_ = [
        ("id", c_uint64),
        ("length", c_uint64),
        ("charged", c_uint64),
        ("type", c_uint32),
        ("slots", c_uint32),
        ("references", c_uint32),
        ("outside", c_uint32),
        ("generation", c_uint32),
        ("flags", c_uint32),
    ]


class Collect(Structure):
    """struct mheap_collect"""
    _fields_ = [
        ("generation", c_uint32),
        ("reserved", c_uint32),
        ("visited", c_uint64),
        ("unreachable", c_uint64),
        ("freed", c_uint64),
        ("uncollectable", c_uint64),
        ("nanoseconds", c_uint64),
    ]


class GenerationStats(Structure):
    """struct mheap_generation_stats"""
    _fields_ = [
        ("collections", c_uint64),
        ("visited", c_uint64),
        ("collected", c_uint64),
        ("uncollectable", c_uint64),
        ("nanoseconds", c_uint64),
        ("longest", c_uint64),
        ("objects", c_uint64),
    ]


class Stats(Structure):
    """struct mheap_stats; what an older module does not know is 0"""
    _fields_ = [
        ("size", c_uint32),
        ("abi", c_uint32),
        ("name", c_char * 32),
        ("objects", c_uint64),
        ("bytes", c_uint64),
        ("handles", c_uint64),
        ("sessions", c_uint32),
        ("pending", c_uint32),
        ("created", c_uint64),
        ("freed_by_count", c_uint64),
        ("freed_by_collector", c_uint64),
        ("table_bytes", c_uint64),
        ("generation", GenerationStats * GENERATIONS),
        ("finalizing", c_uint64),
        ("finalizers_skipped", c_uint64),
        ("frozen", c_uint64),
        ("garbage", c_uint64),
        ("limit_failures", c_uint64),
    ]


class StatsBuffer(Structure):
    """Room for what the library, which may be newer, writes of struct mheap_stats."""
    _fields_ = [("stats", Stats), ("rest", c_uint8 * 4096)]


class Enumerate(Structure):
    """struct mheap_enumerate"""
    _fields_ = [
        ("what", c_uint32),
        ("generations", c_uint32),
        ("cursor", c_uint64),
        ("object", c_uint64),
        ("handles", c_uint64),
        ("count", c_uint32),
        ("flags", c_uint32),
    ]


class Event(Structure):
    """struct mheap_event"""
    _fields_ = [
        ("kind", c_uint32),
        ("generation", c_uint32),
        ("handle", c_uint64),
        ("id", c_uint64),
        ("cookie", c_uint64),
        ("time", c_uint64),
        ("value", c_uint64 * 3),
    ]


class Limits(Structure):
    """struct mheap_limits"""
    _fields_ = [("objects", c_uint64), ("bytes", c_uint64), ("handles", c_uint64)]


class Profile(Structure):
    """struct mheap_profile"""
    _fields_ = [("mode", c_uint32), ("sample", c_uint32)]


# What the test compares: the name of the struct, and ours.
STRUCTS = {
    "mheap_op": Op,
    "mheap_object_info": ObjectInfo,
    "mheap_collect": Collect,
    "mheap_generation_stats": GenerationStats,
    "mheap_stats": Stats,
    "mheap_enumerate": Enumerate,
    "mheap_event": Event,
    "mheap_limits": Limits,
    "mheap_profile": Profile,
}
