#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""The same object, or one like it."""
import mheap

a = mheap.List([1, 2, 3])
b = a
c = mheap.List(a)
print(b is a, b.id == a.id, "another name for it")
print(c is a, c.id == a.id, list(c) == list(a), "another list with the same items")

box = mheap.Object(slots=1)
box[0] = a
print(box[0] is a, "what went in comes out")
