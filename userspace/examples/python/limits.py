#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""A heap that may not have more than 100 objects, and who is told when it has."""
import mheap

with mheap.Heap() as heap:
    heap.settings["enabled"] = False
    heap.limits = {"objects": 100}
    heap.on_limit = lambda which, used, limit: print(used, which, "of", limit)
    for _ in range(100):
        node = mheap.Object(slots=1, heap=heap)
        node[0] = node              # without a variable it is garbage
    kept = [mheap.Object(heap=heap) for _ in range(50)]
    heap.poll()
    print("a collection has made room:", heap.stats()["freed_by_collector"], "freed")
    try:
        kept += [mheap.Object(heap=heap) for _ in range(50)]
    except OSError as problem:
        print(problem.strerror)
    del node, kept
