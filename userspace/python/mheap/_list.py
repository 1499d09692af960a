# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""A list in the heap."""
from __future__ import annotations

import struct
from collections.abc import MutableSequence
from typing import TYPE_CHECKING, Any, Iterable, Iterator, Optional

from . import _value
from ._batch import Batch
from ._object import Object

if TYPE_CHECKING:
    from ._heap import Heap

_LENGTH = struct.Struct("<Q")
_AT_ONCE = 8192


class List(Object, MutableSequence, type=_value.LIST):
    """A list whose items are objects, None, or values: numbers, text, bytes.

        l = mheap.List([1, "two"])
        l.append(l)

    It is one object: the items are slots, a few more than needed as in CPython's lists, and
    the payload holds how many are in use. == compares items for lists of Python's,
    identity for objects. Two processes that change one list must take turns.
    """

    __slots__ = ()

    def __init__(self, items: Iterable[Any] = (), heap: Optional["Heap"] = None) -> None:
        items = list(items)
        batch, new = self._make(_room(len(items)), _LENGTH.size, None, heap)
        first = items[:_AT_ONCE]
        for slot, item in enumerate(first):
            batch.store(new, slot, item)
        batch.write(new, 0, _LENGTH.pack(len(first)))
        batch.submit()
        self._take(batch.heap, new)
        self.extend(items[_AT_ONCE:])

    def __len__(self) -> int:
        return _LENGTH.unpack(self._heap._read(self._handle, 0, _LENGTH.size))[0]

    def __bool__(self) -> bool:
        return len(self) > 0

    def __eq__(self, other: object) -> bool:
        if isinstance(other, list):
            return list(self) == other
        return Object.__eq__(self, other)

    __hash__ = Object.__hash__

    def __repr__(self) -> str:
        return f"<mheap.List {self._id:#x}, {len(self)} items>"

    def _item(self, index: Any, length: int) -> int:
        if not -length <= index < length:
            raise IndexError("list index out of range")
        return index + length if index < 0 else index

    def __getitem__(self, index: Any) -> Any:
        length = len(self)
        if isinstance(index, slice):
            slots = range(length)[index]
            if slots.step < 0:
                return self._heap._load(self._handle, slots[::-1])[::-1]
            return self._heap._load(self._handle, slots)
        return self._get(self._item(index, length))

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            items = self[:]
            items[index] = value
            self._replace(items)
        else:
            self._set(self._item(index, len(self)), value)

    def __delitem__(self, index: Any) -> None:
        items = self[:]
        del items[index]
        self._replace(items)

    def __iter__(self) -> Iterator[Any]:
        index = 0
        while index < len(self):
            yield self._get(index)
            index += 1

    def insert(self, index: int, value: Any) -> None:
        """Put an item before the one at index."""
        items = self[:]
        items.insert(index, value)
        self._replace(items)

    def append(self, value: Any) -> None:
        """Put an item at the end."""
        self.extend((value,))

    def extend(self, values: Iterable[Any]) -> None:
        """Put items at the end."""
        values = list(values)
        for start in range(0, len(values), _AT_ONCE):
            self._append_some(values[start:start + _AT_ONCE])

    def _append_some(self, values: list[Any]) -> None:
        length, slots = len(self), self.info.slots
        end = length + len(values)
        batch = Batch(self._heap)
        if end > slots:
            batch.resize(self, _room(end), _LENGTH.size)
        for slot, value in enumerate(values, length):
            batch.store(self, slot, value)
        batch.write(self, 0, _LENGTH.pack(end))
        batch.submit()

    def pop(self, index: int = -1) -> Any:
        """Take an item out."""
        length = len(self)
        slot = self._item(index, length)
        value = self._get(slot)
        if slot == length - 1:
            batch = Batch(self._heap)
            batch.write(self, 0, _LENGTH.pack(length - 1))
            batch.store(self, slot, None)
            batch.submit()
        else:
            del self[slot]
        return value

    def clear(self) -> None:
        """Take all items out."""
        self._replace([])

    def _replace(self, items: list[Any]) -> None:
        """Other items for all that were there."""
        batch = Batch(self._heap)
        batch.write(self, 0, _LENGTH.pack(0))
        batch.resize(self, 0, _LENGTH.size)
        batch.resize(self, _room(len(items)), _LENGTH.size)
        batch.submit()
        self.extend(items)
        self._heap._events.notice()


def _room(length: int) -> int:
    """As many slots as CPython would have ready for a list of this length."""
    return (length + (length >> 3) + 6) & ~3
