#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""The exercise of every article on the collector: eight lists that hold themselves."""
import mheap
from mheap import gc

gc.collect()
for i in range(8):
    l = mheap.List()
    l.append(l)
del l                       # the last of them; the others have lost their name already

# No count has reached zero, and nobody can reach them: that takes the collector.
print(mheap.default_heap().stats()["objects"], "objects are there")
print(gc.collect(), "were unreachable")
print(mheap.default_heap().stats()["objects"], "objects are there")
