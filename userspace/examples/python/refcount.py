#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""Reference counts, beside those of Python's own lists."""
import sys

import mheap

a, model = mheap.List(), []
print(mheap.getrefcount(a), sys.getrefcount(model), "the variable and the argument")
b, other = a, model
print(mheap.getrefcount(a), sys.getrefcount(model), "another variable")
c, holder = mheap.List([a]), [model]
print(mheap.getrefcount(a), sys.getrefcount(model), "an item of a list")
del b, other, c, holder
print(mheap.getrefcount(a), sys.getrefcount(model), "all of that gone")
print(a.refcount, "in the kernel, where this program counts once")
