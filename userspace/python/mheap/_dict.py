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
        batch.store(self, 2 * entry, key)
        batch.store(self, 2 * entry + 1, value)
        batch.write(self, _WORD.size * (1 + entry), _WORD.pack(_hash(key)))
        batch.write(self, 0, _WORD.pack(entry + 1))
        batch.submit()

    def __delitem__(self, key: Any) -> None:
        hashes = self._hashes()
        entry = self._find(key, hashes)
        if entry < 0:
            raise KeyError(key)
        rest = [(hashes[i], self._heap._load(self._handle, range(2 * i, 2 * i + 2)))
                for i in range(entry + 1, len(hashes))]
        batch = Batch(self._heap)
        for i, (number, (other, value)) in enumerate(rest, entry):
            batch.store(self, 2 * i, other)
            batch.store(self, 2 * i + 1, value)
            batch.write(self, _WORD.size * (1 + i), _WORD.pack(number))
        last = entry + len(rest)
        batch.store(self, 2 * last, None)
        batch.store(self, 2 * last + 1, None)
        batch.write(self, 0, _WORD.pack(last))
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
