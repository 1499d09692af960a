# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""A dictionary in the heap."""
from __future__ import annotations

import struct
import zlib
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, Iterable, Iterator, Mapping, Optional, Union

from . import _value
from ._batch import Batch
from ._object import Object
from ._payload import Payload

if TYPE_CHECKING:
    from ._heap import Heap

_WORD = struct.Struct("<I")
_ROOM = 8       # entries at first
_AT_ONCE = 8192     # entries that a batch moves: four operations each, hashes in one write


def _hash(key: Any) -> int:
    """The same in every process, and never 0."""
    if isinstance(key, Object):
        data = struct.pack("<Q", key._id)
    elif isinstance(key, _value.Value):
        # As in Python, 1, 1.0 and True are one key.
        if isinstance(key, float) and key.is_integer() or isinstance(key, bool):
            key = int(key)
        data = b"%d" % _value.encode(key)[0] + _value.encode(key)[1]
    else:
        raise TypeError(f"a key is an mheap.Object or a value, not {type(key).__name__}")
    return zlib.crc32(data) or 1


class Dict(Object, MutableMapping, type=_value.DICT):
    """A dictionary from objects or values to objects, None or values, in insertion order.

        d = mheap.Dict({"name": "x"})
        d["self"] = d

    It is one object: entry i has the slots 2 i (key) and 2 i + 1 (value), and four bytes of
    payload for the hash of its key, behind four for how many entries are in use. What is
    looked for is looked for among the hashes, one after the other. Two processes that
    change one dictionary must take turns.
    """

    __slots__ = ()

    def __init__(self, items: Union[Mapping[Any, Any], Iterable[tuple[Any, Any]]] = (),
                 heap: Optional["Heap"] = None) -> None:
        batch, new = self._make(2 * _ROOM, _WORD.size * (1 + _ROOM), None, heap)
        self._take(batch, new)
        self.update(items)

    def _hashes(self) -> list[int]:
        """Of the entries in use."""
        data = Payload(self).read()
        used = _WORD.unpack_from(data)[0]
        return [number for number, in _WORD.iter_unpack(data[_WORD.size:][:_WORD.size * used])]

    def _find(self, key: Any, hashes: list[int]) -> int:
        """The entry of a key, or -1."""
        wanted = _hash(key)
        for entry, found in enumerate(hashes):
            if found == wanted:
                other = self._get(2 * entry)
                if other is key or other == key:
                    return entry
        return -1

    def __getitem__(self, key: Any) -> Any:
        entry = self._find(key, self._hashes())
        if entry < 0:
            raise KeyError(key)
        return self._get(2 * entry + 1)

    def __setitem__(self, key: Any, value: Any) -> None:
        hashes = self._hashes()
        entry = self._find(key, hashes)
        if entry >= 0:
            self._set(2 * entry + 1, value)
            return
        entry = len(hashes)
        batch = Batch(self._heap)
        if 2 * entry >= self._info().slots:
            room = 2 * entry
            batch.resize(self, 2 * room, _WORD.size * (1 + room))
        # What can fail comes first.
        held = batch._hold(key), batch._hold(value)
        batch.write(self, _WORD.size * (1 + entry), _WORD.pack(_hash(key)))
        batch.write(self, 0, _WORD.pack(entry + 1))
        for slot, one in enumerate(held, 2 * entry):
            batch.store(self, slot, one)
        batch.submit()

    def __delitem__(self, key: Any) -> None:
        hashes = self._hashes()
        entry = self._find(key, hashes)
        if entry < 0:
            raise KeyError(key)
        self._remove(entry, hashes)

    def popitem(self) -> tuple[Any, Any]:
        """Take the entry out that came last; its key and value."""
        hashes = self._hashes()
        if not hashes:
            raise KeyError("popitem(): dictionary is empty")
        entry = len(hashes) - 1
        key, value = self._heap._load(self._handle, range(2 * entry, 2 * entry + 2))
        self._remove(entry, hashes)
        return key, value

    def _remove(self, entry: int, hashes: list[int]) -> None:
        """Take an entry out: those behind move, in an order in which none is ever missing."""
        last = len(hashes) - 1
        for start in range(entry, max(last, entry + 1), _AT_ONCE):
            end = min(start + _AT_ONCE, last)
            batch = Batch(self._heap)
            if end > start:
                batch.write(self, _WORD.size * (1 + start),
                            b"".join(map(_WORD.pack, hashes[start + 1:end + 1])))
            if end == last:
                batch.write(self, 0, _WORD.pack(last))
            source = range(2 * start + 2, 2 * end + 2)
            for slot, empty in zip(source, self._empty(source)):
                batch.store(self, slot - 2, None if empty else batch.load(self, slot, temp=True))
            if end == last:
                batch.store(self, 2 * last, None)
                batch.store(self, 2 * last + 1, None)
            batch.submit()
        self._heap._events.notice()

    def clear(self) -> None:
        """Take all entries out."""
        batch = Batch(self._heap)
        batch.write(self, 0, _WORD.pack(0))
        batch.resize(self, 0, _WORD.size)
        batch.resize(self, 2 * _ROOM, _WORD.size * (1 + _ROOM))
        batch.submit()
        self._heap._events.notice()

    def __iter__(self) -> Iterator[Any]:
        for entry in range(len(self)):
            yield self._get(2 * entry)

    def __len__(self) -> int:
        return _WORD.unpack(self._heap._read(self._handle, 0, _WORD.size))[0]

    def __bool__(self) -> bool:
        return len(self) > 0

    def __contains__(self, key: Any) -> bool:
        return self._find(key, self._hashes()) >= 0

    __eq__ = Object.__eq__
    __hash__ = Object.__hash__

    def __repr__(self) -> str:
        return f"<mheap.Dict {self._id:#x}, {len(self)} entries>"
