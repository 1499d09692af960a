# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""Raw memory."""
import os
import pickle

import mheap
from support import HeapTest, run_python


class MemoryTests(HeapTest):
    def test_new_memory_is_zero(self):
        block = mheap.Memory(10)
        self.assertEqual(len(block), 10)
        self.assertEqual(bytes(block), bytes(10))
        self.assertEqual(self.objects(), 1)

    def test_what_is_written_is_read(self):
        block = mheap.Memory(10)
        block.write(b"hello", 2)
        self.assertEqual(block.read(), b"\0\0hello\0\0\0")
        self.assertEqual(block.read(2, 5), b"hello")
        block[0:2] = bytearray(b"ab")
        block[-1] = 9
        self.assertEqual(block[:3], b"abh")
        self.assertEqual(block[9], 9)
        self.assertEqual(block.view()[1], ord("b"))
        self.assertEqual(block, b"abhello\0\0\11")
        with self.assertRaises(IndexError):
            block.write(b"xy", 9)
        with self.assertRaises(IndexError):
            block[10]           # pylint: disable=pointless-statement
        self.assertEqual(bytes(mheap.Memory(data=b"given")), b"given")
        self.assertEqual(bytes(mheap.Memory(7, data=b"given")), b"given\0\0")

    def test_resize_keeps_what_fits_and_adds_zeroes(self):
        block = mheap.Memory(4, data=b"abcd")
        block.resize(200000)
        self.assertEqual(len(block), 200000)
        self.assertEqual(block[:6], b"abcd\0\0")
        self.assertEqual(block[199999], 0)
        block.resize(2)
        self.assertEqual(bytes(block), b"ab")
        block.resize(4)
        self.assertEqual(bytes(block), b"ab\0\0")
        block.resize(0)
        self.assertEqual(bytes(block), b"")
        self.assertEqual(self.objects(), 1)

    def test_the_collector_does_not_look_at_memory(self):
        block = mheap.Memory(100)
        self.assertEqual(mheap.gc.get_objects(), [])
        self.assertEqual(mheap.gc.get_count()[0], 0)
        self.assertEqual(self.heap._info(block._handle).flags, 0)

    def test_memory_that_is_closed_is_freed_and_of_no_use(self):
        with mheap.Memory(10) as block:
            self.assertFalse(block.closed)
            self.assertEqual(self.objects(), 1)
        self.assertTrue(block.closed)
        self.assertEqual(self.objects(), 0)
        block.close()
        for use in (lambda: len(block), block.read, lambda: block.write(b"x"),
                    lambda: block.resize(1), lambda: block[0], block.view):
            with self.assertRaises(ValueError):
                use()
        self.assertIn("closed", repr(block))

    def test_memory_goes_with_its_last_reference(self):
        block = mheap.Memory(10)
        same = block
        del block
        self.assertEqual(self.objects(), 1)
        del same
        self.assertEqual(self.objects(), 0)

    def test_memory_outlives_a_closed_heap(self):
        heap = mheap.Heap()
        block = mheap.Memory(10, heap=heap)
        heap.close()
        with self.assertRaises(ValueError):
            block.read()
        block.close()
        with self.assertRaises(ValueError):
            mheap.Memory(10, heap=heap)

    def test_a_size_that_cannot_be_makes_no_memory(self):
        for size in (-1, (1 << 30) + 1, 1 << 64):
            with self.assertRaises(ValueError):
                mheap.Memory(size)
        with self.assertRaises(TypeError):
            mheap.Memory("10")
        self.assertEqual(self.objects(), 0)

    def test_a_limit_of_bytes_is_a_memory_error_and_the_block_stays(self):
        block = mheap.Memory(4, data=b"kept")
        self.heap.limits = {"bytes": 65536}
        with self.assertRaises(MemoryError):
            mheap.Memory(100000)
        with self.assertRaises(MemoryError):
            block.resize(100000)
        self.assertEqual(bytes(block), b"kept")

    def test_a_child_frees_nothing_of_its_parents(self):
        block = mheap.Memory(4, data=b"kept")
        child = os.fork()
        if not child:
            try:
                block.close()
            finally:
                os._exit(7)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 7)
        self.assertEqual(bytes(block), b"kept")

    def test_memory_cannot_be_pickled(self):
        with self.assertRaises(TypeError):
            pickle.dumps(mheap.Memory(1))

    def test_memory_that_is_left_at_the_end_says_nothing(self):
        done = run_python("import mheap, sys\nsys.keep = [mheap.Memory(10)]\n"
                          "keep = mheap.Memory(10)\n")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
