#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""A finalizer sees its object whole, once, and may keep it."""
import mheap


class Lazarus(mheap.Struct, fields="me name"):
    risen = []

    def __finalize__(self):
        print("finalizer of", self.name)
        self.risen.append(self)


one = Lazarus(name="Lazarus")
one.me = one
del one
print(mheap.gc.collect(), "freed: its finalizer kept it")
Lazarus.risen.clear()
print(mheap.gc.collect(), "freed: there is no second time")
