# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""Bytes in the kernel, as a Python program reads and writes them."""
from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Iterable, Optional, Union

if TYPE_CHECKING:
    from ._heap import Heap
    from ._object import Object

# The flag of PEP 688 by which somebody says that he is going to write.
_WRITABLE = 1


class Stored:
    """Bytes of an object in the kernel, read and written in place.

    Indexing and slicing, len() and bytes() are as for a bytearray; a slice that is
    assigned must have the same length. Up to 4096 bytes are read or written at once.
    """

    __slots__ = ()

    def _place(self) -> tuple["Heap", int]:
        """The heap, and a handle to the object."""
        raise NotImplementedError

    def __len__(self) -> int:
        heap, handle = self._place()
        return heap._info(handle).length

    def __bytes__(self) -> bytes:
        return self.read()

    tobytes = __bytes__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (bytes, bytearray, memoryview, Stored)):
            return NotImplemented
        return self.read() == bytes(other)

    __hash__ = None     # type: ignore[assignment]

    def read(self, offset: int = 0, length: Optional[int] = None) -> bytes:
        """Bytes from an offset, fewer where they end."""
        if offset < 0 or (length is not None and length < 0):
            raise ValueError("neither may be negative")
        rest = max(len(self) - offset, 0)
        heap, handle = self._place()
        return heap._read(handle, offset, rest if length is None else min(length, rest))

    def readinto(self, buffer: Any, offset: int = 0) -> int:
        """Read into memory of the program, such as a bytearray; how many bytes."""
        if offset < 0:
            raise ValueError("the offset may not be negative")
        heap, handle = self._place()
        return heap._read_into(handle, offset, memoryview(buffer))

    def view(self) -> memoryview:
        """The bytes as they are now, as a memoryview.

        It is of a copy, and can only be read: the kernel does not map what it keeps
        into programs. What is written later does not show in it.
        """
        return memoryview(self.read())

    def __buffer__(self, flags: int) -> memoryview:
        """What Python asks for the buffer protocol, from version 3.12 on: see view()."""
        if flags & _WRITABLE:
            raise BufferError("the bytes of an object can only be written by write()")
        return self.view()

    def write(self, data: "Buffer", offset: int = 0) -> None:
        """Bytes to an offset, out of anything that has the buffer protocol.

        IndexError if they do not fit, and nothing is written.
        """
        if offset < 0:
            raise ValueError("the offset may not be negative")
        data = contents(data)
        if data:
            heap, handle = self._place()
            heap._write(handle, offset, data)

    def __getitem__(self, index: Union[int, slice]) -> Any:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step != 1:
                return self.read()[index]
            return self.read(start, max(stop - start, 0))
        return self.read(self._offset(index), 1)[0]

    def __setitem__(self, index: Union[int, slice], value: Any) -> None:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            data = contents(value)
            if step != 1 or len(data) != max(stop - start, 0):
                raise ValueError("a slice keeps its length: use resize()")
            self.write(data, start)
        else:
            self.write(bytes((value,)), self._offset(index))

    def _offset(self, index: int) -> int:
        number, length = operator.index(index), len(self)
        if number < 0:
            number += length
        if not 0 <= number < length:
            raise IndexError("past the end of the bytes")
        return number


class Payload(Stored):
    """The payload of an object."""

    __slots__ = ("_object",)

    def __init__(self, obj: "Object") -> None:
        self._object = obj

    def _place(self) -> tuple["Heap", int]:
        return self._object._heap, self._object._handle

    def __repr__(self) -> str:
        return f"<payload of {self._object!r}: {len(self)} bytes>"


# What can be written: whatever has the buffer protocol, or gives bytes one by one.
Buffer = Union[bytes, bytearray, memoryview, Stored, Iterable[int]]


def contents(data: Buffer) -> bytes:
    """The bytes of it. A number is refused: bytes(3) would be three zeroes."""
    if isinstance(data, bytes):
        return data
    if isinstance(data, Stored):
        return data.read()
    try:
        return memoryview(data).tobytes()   # type: ignore[arg-type]
    except TypeError:
        return bytes(iter(data))            # type: ignore[arg-type]
