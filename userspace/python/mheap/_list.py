# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""A list in the heap."""
from __future__ import annotations

import operator
import struct
from collections.abc import MutableSequence
from typing import TYPE_CHECKING, Any, Iterable, Iterator, Optional

from . import _value
from ._batch import Batch
from ._object import Object

if TYPE_CHECKING:
    from ._heap import Heap

_LENGTH = struct.Struct("<Q")
_AT_ONCE = 16384    # items that a batch has room for: at most three operations each


class List(Object, MutableSequence, type=_value.LIST):
    """A list whose items are objects, None, or values: numbers, text, bytes.

        l = mheap.List([1, "two"])
        l.append(l)

    It is one object: the items are slots, a few more than needed as in CPython's lists, and
    the payload holds how many are in use. == compares items for lists of Python's,
    identity for objects. A change that fails leaves the list as it was; where it is of
    more than 16384 items, no item is lost that was to stay. Two processes that change
    one list must take turns.
    """

    __slots__ = ()

    def __init__(self, items: Iterable[Any] = (), heap: Optional["Heap"] = None) -> None:
        items = list(items)
        batch, new = self._make(_room(len(items)), _LENGTH.size, None, heap)
        first = items[:_AT_ONCE]
        for slot, item in enumerate(first):
            batch.store(new, slot, item)
        batch.write(new, 0, _LENGTH.pack(len(first)))
        self._take(batch, new)
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
        number = operator.index(index)
        if not -length <= number < length:
            raise IndexError("list index out of range")
        return number + length if number < 0 else number

    def __getitem__(self, index: Any) -> Any:
        length = len(self)
        if isinstance(index, slice):
            slots = range(length)[index]
            if slots.step < 0:
                return self._heap._load(self._handle, slots[::-1])[::-1]
            return self._heap._load(self._handle, slots)
        return self._get(self._item(index, length))

    def __setitem__(self, index: Any, value: Any) -> None:
        if not isinstance(index, slice):
            self._set(self._item(index, len(self)), value)
            return
        values = list(value)
        length = len(self)
        start, stop, step = index.indices(length)
        if step == 1:
            self._splice(start, max(start, stop), values)
        else:
            items = self[:]
            items[index] = values
            self._splice(0, length, items)

    def __delitem__(self, index: Any) -> None:
        length = len(self)
        if not isinstance(index, slice):
            slot = self._item(index, length)
            self._splice(slot, slot + 1, [])
            return
        start, stop, step = index.indices(length)
        if step == 1:
            self._splice(start, max(start, stop), [])
        else:
            items = self[:]
            del items[index]
            self._splice(0, length, items)

    def __iter__(self) -> Iterator[Any]:
        index = 0
        while index < len(self):
            yield self._get(index)
            index += 1

    def insert(self, index: int, value: Any) -> None:
        """Put an item before the one at index."""
        number = operator.index(index)
        self[number:number] = [value]

    def append(self, value: Any) -> None:
        """Put an item at the end."""
        self.extend((value,))

    def extend(self, values: Iterable[Any]) -> None:
        """Put items at the end."""
        values = list(values)
        for start in range(0, len(values), _AT_ONCE):
            length = len(self)
            self._splice(length, length, values[start:start + _AT_ONCE])

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
        self._splice(0, len(self), [])

    def _splice(self, start: int, stop: int, values: list[Any]) -> None:
        """Other items in place of some, of which there may be none.

        What can fail comes first: room, leaves and handles. Then items are moved and
        stored, which needs no memory. What is too much for one batch is made as another
        list first, and moved in an order in which no item is ever without a slot.
        """
        length, slots = len(self), self._info().slots
        by = len(values) - (stop - start)
        end = length + by
        room = _room(end) if end > slots or 2 * end < slots else slots
        rest = range(stop, length) if by else range(0)
        emptied = range(end, min(length, room))
        at_once = len(values) + len(rest) + len(emptied) <= _AT_ONCE
        stores: list[tuple[int, Any]] = [
            (slot + by, None if empty else (self, slot))
            for slot, empty in zip(rest, self._empty(rest))]
        if by > 0:
            stores.reverse()

        batch = Batch(self._heap)
        if room > slots:
            batch.resize(self, room, _LENGTH.size)
        if at_once:
            stores += enumerate(map(batch._hold, values), start)
        else:
            other = List(values, self._heap)
            stores += ((start + slot, None if value is None else (other, slot))
                       for slot, value in enumerate(values))
        if at_once or by > 0:
            batch.write(self, 0, _LENGTH.pack(end))
        stores += ((slot, None) for slot in emptied)
        for first in range(0, len(stores), _AT_ONCE):
            for slot, what in stores[first:first + _AT_ONCE]:
                batch.store(self, slot, batch.load(*what, temp=True)
                            if isinstance(what, tuple) else what)
            batch.submit()
            batch = Batch(self._heap)
        if not at_once and by < 0:
            batch.write(self, 0, _LENGTH.pack(end))
        batch.submit()
        if room < slots:
            self._cut(room, length)
        if stop > start:
            self._heap._events.notice()

    def _cut(self, room: int, length: int) -> None:
        """Drop the slots behind, or where there is no memory for that, what is in them."""
        batch = Batch(self._heap)
        batch.resize(self, room, _LENGTH.size)
        try:
            batch.submit()
        except MemoryError:
            for start in range(room, length, _AT_ONCE):
                batch = Batch(self._heap)
                for slot in range(start, min(start + _AT_ONCE, length)):
                    batch.store(self, slot, None)
                batch.submit()


def _room(length: int) -> int:
    """As many slots as CPython would have ready for a list of this length."""
    return (length + (length >> 3) + 6) & ~3
