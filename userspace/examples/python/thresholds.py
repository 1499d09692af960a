#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""When a generation is collected: thresholds and counts."""
import mheap
from mheap import gc

print(gc.get_threshold())
gc.set_threshold(900, 15, 15)
print(gc.get_threshold())

gc.disable()
kept = [mheap.List() for _ in range(5)]
print(gc.get_count(), "five lists more than there were")
gc.collect(0)
print(gc.get_count(), "one collection of the youngest")
print([one.generation for one in kept], "where the lists are now")
gc.enable()
