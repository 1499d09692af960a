# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""Objects whose slots have names."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, Optional, Union

from ._object import Object

if TYPE_CHECKING:
    from ._heap import Heap


class _Field:
    """An attribute that is a slot."""

    def __init__(self, slot: int) -> None:
        self.slot = slot

    def __get__(self, obj: Optional[Object], owner: Any = None) -> Any:
        return self if obj is None else obj._get(self.slot)

    def __set__(self, obj: Object, value: Any) -> None:
        obj._set(self.slot, value)

    def __delete__(self, obj: Object) -> None:
        obj._set(self.slot, None)


class Struct(Object):
    """An object whose slots are attributes, like a class with __slots__.

        class Node(mheap.Struct, fields="next value"):
            pass

        node = Node(value=1)
        node.next = node

    A field cannot have the name of what every object has, such as id or info, or of another.
    """

    __slots__ = ()

    FIELDS: tuple[str, ...] = ()

    def __init_subclass__(cls, fields: Union[str, Iterable[str]] = (),
                          type: Optional[int] = None, **rest: Any) -> None:
        names = tuple(fields.split() if isinstance(fields, str) else fields)
        others = dir(Struct)
        for name in names:
            if name in others or name in cls.FIELDS or names.count(name) > 1:
                raise ValueError(f"a field cannot be called {name}: it is something else")
        super().__init_subclass__(type=type, **rest)
        for slot, name in enumerate(names, len(cls.FIELDS)):
            setattr(cls, name, _Field(slot))
        cls.FIELDS = cls.FIELDS + names

    def __init__(self, *values: Any, heap: Optional["Heap"] = None, length: int = 0,
                 **named: Any) -> None:
        fields = self.FIELDS
        if len(values) > len(fields):
            raise TypeError(f"{type(self).__name__} has {len(fields)} fields")
        given = dict(zip(fields, values))
        for name, value in named.items():
            if name not in fields or name in given:
                raise TypeError(f"{type(self).__name__}: no field {name}, or given twice")
            given[name] = value
        batch, new = self._make(len(fields), length, None, heap)
        for name, value in given.items():
            if value is not None:
                batch.store(new, fields.index(name), value)
        self._take(batch, new)
