# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""Settings of heaps: their files in sysfs that can be written."""
from __future__ import annotations

import ctypes
import errno
import operator
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from typing import Union

from ._library import check, lib

HEAPS = "/sys/kernel/mheap"
_TEXT_MAX = 4096

Setting = Union[int, str, tuple[int, ...]]


def _parse(text: str) -> Setting:
    """A number, several, or text."""
    words = text.split(" ")
    if not all(word.isdecimal() for word in words):
        return text
    numbers = tuple(map(int, words))
    return numbers[0] if len(numbers) == 1 else numbers


def _format(value: Union[Setting, Iterable[int]]) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Iterable):
        return " ".join(str(int(operator.index(one))) for one in value)
    return str(int(operator.index(value)))


class Settings(Mapping):
    """The settings of a heap, by the names of their files in sysfs.

        heap.settings["interval_ms"] = 1000
        heap.settings["threshold"]          # (700, 10, 10)
        mheap.Settings("defaults")          # what new heaps begin with

    A setting is a number, a tuple of numbers or text. One that is written takes true and
    false as well; what the kernel refuses is ValueError. The files belong to the
    administrator: who may not write them gets PermissionError.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def _file(self, name: str) -> bytes:
        if not isinstance(name, str):
            raise KeyError(name)
        try:
            mode = os.stat(os.path.join(HEAPS, self._name, name)).st_mode
        except (OSError, ValueError):
            raise KeyError(name) from None
        if "/" in name or not self._is_setting(mode):
            raise KeyError(name)
        return name.encode()

    @staticmethod
    def _is_setting(mode: int) -> bool:
        return stat.S_ISREG(mode) and bool(mode & stat.S_IRUSR and mode & stat.S_IWUSR)

    def __getitem__(self, name: str) -> Setting:
        text = ctypes.create_string_buffer(_TEXT_MAX)
        check(lib.mh_heap_read(os.fsencode(self._name), self._file(name), text, len(text)), name)
        return _parse(text.value.decode())

    def __setitem__(self, name: str, value: Union[Setting, Iterable[int]]) -> None:
        text = _format(value)
        code = lib.mh_heap_write(os.fsencode(self._name), self._file(name), text.encode())
        if code in (-errno.EINVAL, -errno.ERANGE):
            raise ValueError(f"{name} cannot be {text}")
        check(code, name)

    def __iter__(self) -> Iterator[str]:
        with os.scandir(os.path.join(HEAPS, self._name)) as files:
            return iter(sorted(one.name for one in files if self._is_setting(one.stat().st_mode)))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __repr__(self) -> str:
        return f"<mheap.Settings of {self._name}>"
