# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""Python's simple values as leaves: the type says what it is, the payload which.

So slots can be given numbers and text, which come out as what they were. They are
values, not objects with an identity: each time one is stored a new leaf is made.
"""
from __future__ import annotations

import struct
from typing import Any, Callable

# Types of objects that belong to this package; "Py" and a number.
BASE = 0x50790000
INT = BASE + 1
FLOAT = BASE + 2
STR = BASE + 3
BYTES = BASE + 4
BOOL = BASE + 5
LIST = BASE + 16
DICT = BASE + 17
PAIR = BASE + 18

Value = (bool, int, float, str, bytes)


def _from_int(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "little", signed=True)


_ENCODERS: dict[type, tuple[int, Callable[[Any], bytes]]] = {
    bool: (BOOL, lambda value: b"\1" if value else b"\0"),
    int: (INT, _from_int),
    float: (FLOAT, lambda value: struct.pack("<d", value)),
    str: (STR, lambda value: value.encode("utf-8", "surrogatepass")),
    bytes: (BYTES, lambda value: value),
}

_DECODERS: dict[int, Callable[[bytes], Any]] = {
    BOOL: lambda data: data != b"\0",
    INT: lambda data: int.from_bytes(data, "little", signed=True),
    FLOAT: lambda data: struct.unpack("<d", data)[0],
    STR: lambda data: data.decode("utf-8", "surrogatepass"),
    BYTES: lambda data: data,
}


def encode(value: Any) -> tuple[int, bytes]:
    """The type and the payload of the leaf that holds a value."""
    try:
        kind, encoder = _ENCODERS[type(value)]
    except KeyError:
        raise TypeError("a slot takes an mheap.Object, None, bool, int, float, str or bytes, "
                        f"not {type(value).__name__}") from None
    return kind, encoder(value)


def is_value(kind: int) -> bool:
    """Does an object of this type hold a value?"""
    return kind in _DECODERS


def decode(kind: int, data: bytes) -> Any:
    """The value that a leaf holds."""
    return _DECODERS[kind](data)
