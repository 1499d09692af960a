#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""What will stay for good need not be looked at again."""
import mheap
from mheap import gc

kept = mheap.List(mheap.List() for _ in range(99))
gc.freeze()
print(gc.get_freeze_count(), "objects in the permanent generation")
print(gc.get_objects(), "in the others")
gc.unfreeze()
print(len(gc.get_objects(2)), "objects in the oldest generation")
