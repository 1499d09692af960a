#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""A reference that does not keep its object alive."""
import mheap

node = mheap.Object(slots=1)
node[0] = node
reference = mheap.ref(node)
print(reference() is node, "while there is a variable")
del node
print(reference() is not None, "the cycle keeps itself")
mheap.gc.collect()
print(reference(), "after a collection")
