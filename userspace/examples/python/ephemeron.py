#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""A value that refers to its own key, and goes with it: CPython would keep both."""
import mheap

key = mheap.Object(slots=1)
pair = mheap.WeakKeyPair(key, mheap.List(["about", key]))
mheap.gc.collect()
print(pair.value[0], "it, as long as the key is there")
del key
mheap.gc.collect()
print(pair.key, pair.value)
