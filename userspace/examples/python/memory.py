#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""Raw memory: bytes that no collection looks at, and that go with the process at the latest."""
import array

import mheap

with mheap.Memory(5) as block:
    block[:] = b"hello"
    block.resize(8)
    print(bytes(block), "what is added is zero")
    block.write(array.array("B", [33]), 5)
    print(block[:6].decode(), "written from another buffer")
    print(block.view().hex(" ", 4), "seen through a memoryview")
    print(mheap.gc.get_objects(), "nothing that the collector knows")
print(mheap.default_heap().stats()["objects"], "blocks behind the with statement")
