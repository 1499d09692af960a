#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""One graph, two processes: what a child leaves behind is collected like anything else."""
import os

import mheap

heap = mheap.default_heap()
heap.roots["inbox"] = mheap.List()

if os.fork() == 0:
    # The child has a session of its own; all that it holds goes with it.
    with mheap.Heap.join(heap.fileno()) as mine:
        mine.roots["inbox"].append("from the child")
        ring = mheap.List(heap=mine)
        ring.append(ring)
        os.kill(os.getpid(), 9)

os.wait()
print(list(heap.roots["inbox"]))
print(mheap.gc.collect(), "unreachable object was the child's")
