#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""Keep what the collector finds, to see what leaks; ask who refers to what."""
import mheap
from mheap import gc

gc.set_debug(gc.DEBUG_SAVEALL)
name = mheap.List(["leaking"])
ring = mheap.List([name])
ring.append(ring)
del ring
gc.collect()
gc.set_debug(0)

print(len(gc.garbage), "list was unreachable, and is in gc.garbage")
found = gc.garbage[0]
print(found in gc.get_referrers(name), "it refers to the name")
print(name in gc.get_referents(found), "and that is what it refers to")
del found
gc.garbage.clear()
print(gc.collect(), "freed, now that nobody keeps it")
