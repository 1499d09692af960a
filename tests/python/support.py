# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""What the tests of the Python package share."""
import os
import struct
import subprocess
import sys
import time
import unittest

import mheap

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
PACKAGE = os.path.join(TOP, "userspace", "python")

PATIENCE = 120      # seconds; only a test that fails waits so long


def wait_until(condition, heap=None):
    """Reads events until the condition holds; does it?"""
    heap = heap or mheap.default_heap()
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            return False
        heap.poll(0.02)
    return True


def run_python(code, *arguments):
    """A Python program of its own that can import the package."""
    environment = dict(os.environ, PYTHONPATH=PACKAGE, PYTHONDONTWRITEBYTECODE="1")
    return subprocess.run([sys.executable, "-c", code, *arguments], env=environment,
                          capture_output=True, text=True, timeout=PATIENCE, check=False)


def records(snapshot):
    """The kind and the body of each record of a snapshot, see struct mheap_record."""
    found = []
    while snapshot:
        kind, size = struct.unpack_from("=II", snapshot)
        found.append((kind, snapshot[8:size]))
        snapshot = snapshot[max(size, 8):]
    return found


class HeapTest(unittest.TestCase):
    """Each test has a heap of its own, the default one, that is not collected by itself."""

    def setUp(self):
        self.heap = mheap.Heap()
        mheap.set_default_heap(self.heap)
        mheap.gc.disable()

    def tearDown(self):
        del mheap.gc.callbacks[:]
        mheap.set_default_heap(None)
        self.heap.close()

    def objects(self):
        """How many there are, once nothing is being released any more."""
        self.heap.settle()
        return self.heap.stats()["objects"]
