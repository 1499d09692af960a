# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""Numbers that fit: ctypes takes any, and cuts off what does not."""
from __future__ import annotations

import operator
from typing import Any

INT_MAX = (1 << 31) - 1
U32_MAX = (1 << 32) - 1
U64_MAX = (1 << 64) - 1


def in_range(value: Any, name: str, most: int, least: int = 0) -> int:
    """An argument that has to be a number from the least, 0, to the most that is allowed."""
    found = operator.index(value)
    if not least <= found <= most:
        raise ValueError(f"{name} must be {least} to {most}")
    return found
