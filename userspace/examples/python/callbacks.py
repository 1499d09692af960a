#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""Hear of collections, and of the death of an object."""
import mheap
from mheap import gc


def tell(phase, info):
    print(phase, "of generation", info["generation"], "collected", info["collected"])


gc.callbacks.append(tell)
ring = mheap.List()
ring.append(ring)
reference = mheap.ref(ring, lambda _: print("the list is dead"))
del ring
gc.collect()
gc.callbacks.remove(tell)
