# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""Heaps and sessions: open, join, roots, fork, limits."""
import os
import socket
import unittest

import mheap
from support import HeapTest, wait_until


class OpenTests(unittest.TestCase):
    def test_heaps_have_nothing_in_common(self):
        with mheap.Heap() as one, mheap.Heap() as other:
            mheap.Object(heap=one)
            self.assertNotEqual(one.name, other.name)
            obj = one.new(slots=1, length=2, type=3)
            self.assertEqual(one.stats()["objects"], 1)
            self.assertEqual(other.stats()["objects"], 0)
            self.assertIs(obj.heap, one)
            self.assertTrue(os.path.isdir("/sys/kernel/mheap/" + one.name))

    def test_closing_a_heap_drops_all(self):
        heap = mheap.Heap()
        kept = [mheap.Object(slots=1, heap=heap) for _ in range(10)]
        with mheap.Heap.join(heap.fileno()) as other:
            self.assertEqual(other.stats()["objects"], 10)
            heap.close()
            other.settle()
            self.assertEqual(other.stats()["objects"], 0)
        del kept

    def test_a_heap_without_a_variable_is_closed(self):
        name = mheap.Heap().name
        self.assertFalse(os.path.exists("/sys/kernel/mheap/" + name))

    def test_the_default_heap_is_made_when_it_is_needed(self):
        before = mheap.set_default_heap(None)
        heap = mheap.default_heap()
        self.assertIs(mheap.default_heap(), heap)
        self.assertIs(mheap.Object().heap, heap)
        heap.close()
        self.assertIsNot(mheap.default_heap(), heap)
        mheap.set_default_heap(before)

    def test_join_refuses_what_is_no_heap(self):
        with open("/dev/null", "rb") as null:
            with self.assertRaises(OSError):
                mheap.Heap.join(null.fileno())
            with self.assertRaises(OSError):
                mheap.Heap.from_fd(null.fileno())
        with self.assertRaises(OSError):
            mheap.Heap.join(-1)

    def test_a_descriptor_becomes_a_session(self):
        with mheap.Heap() as heap:
            kept = mheap.Object(heap=heap)
            with mheap.Heap.from_fd(os.dup(heap.fileno())) as same:
                self.assertEqual(same.name, heap.name)
                self.assertEqual(same.stats()["handles"], 1)
                self.assertEqual(same.stats()["sessions"], 1)
            self.assertEqual(kept.refcount, 1)

    def test_a_descriptor_can_be_passed_on(self):
        one, other = socket.socketpair()
        with one, other, mheap.Heap() as heap:
            heap.roots["here"] = mheap.List([1, 2], heap=heap)
            socket.send_fds(one, [b"x"], [heap.fileno()])
            _, (fd,), _, _ = socket.recv_fds(other, 1, 1)
            with mheap.Heap.join(fd) as joined:
                os.close(fd)
                self.assertEqual(joined.roots["here"], [1, 2])

    def test_an_allocator_is_chosen_by_name(self):
        for name in "slab", "page", "debug":
            with mheap.Heap(allocator=name) as heap:
                mheap.Object(heap=heap, length=100)
                path = f"/sys/kernel/mheap/{heap.name}/allocator"
                with open(path, encoding="ascii") as file:
                    self.assertEqual(file.read(), name + "\n")
        with self.assertRaisesRegex(FileNotFoundError, "no allocator is called none"):
            mheap.Heap(allocator="none")
        with self.assertRaises(OSError):
            mheap.Heap(allocator="a" * 32)

    def test_a_limit_is_kept(self):
        with mheap.Heap() as heap:
            heap.limits = {"objects": 10}
            self.assertEqual(heap.limits, {"objects": 10, "bytes": 0, "handles": 0})
            kept = [mheap.Object(heap=heap) for _ in range(10)]
            with self.assertRaises(OSError):
                mheap.Object(heap=heap)
            self.assertEqual(heap.stats()["objects"], len(kept))
            with self.assertRaises(KeyError):
                heap.limits = {"object": 10}

    def test_stats_have_every_figure(self):
        with mheap.Heap() as heap:
            heap.gc.disable()
            kept = [mheap.Object(slots=1, heap=heap) for _ in range(3)]
            heap.gc.freeze()
            self.assertEqual(heap.stats()["frozen"], 3)
            heap.gc.unfreeze()
            heap.gc.set_debug(mheap.gc.DEBUG_SAVEALL)
            kept[0][0] = kept[0]
            del kept[0]
            heap.gc.collect()
            stats = heap.stats()
            self.assertEqual((stats["frozen"], stats["garbage"]), (0, 1))
            self.assertEqual((stats["finalizing"], stats["finalizers_skipped"]), (0, 0))
            # Nobody listens any more when this one is about to die.
            kept[0].set_finalizer(print)
            heap._events._listen(0)
            del kept[0]
            heap.settle()
            self.assertEqual(heap.stats()["finalizers_skipped"], 1)
            heap.limits = {"objects": 2}
            with self.assertRaises(OSError):
                mheap.Object(heap=heap)
            self.assertEqual(heap.stats()["limit_failures"], 1)

    def test_a_snapshot_can_be_read(self):
        with mheap.Heap() as heap:
            kept = mheap.List(range(10), heap=heap)
            with heap.snapshot() as snapshot:
                self.assertTrue(snapshot.read())
            del kept


class RootTests(HeapTest):
    def test_roots_are_a_mapping(self):
        roots = self.heap.roots
        a, b = mheap.Object(slots=1), mheap.Object()
        roots["a"] = a
        roots["b"] = b
        self.assertIs(roots["a"], a)
        self.assertEqual(set(roots), {"a", "b"})
        self.assertEqual(len(roots), 2)
        self.assertIn("a", roots)
        roots["a"] = b
        self.assertIs(roots["a"], b)
        del roots["a"]
        self.assertNotIn("a", roots)
        self.assertIsNone(roots.get("a"))
        for use in (lambda: roots["a"], lambda: roots.pop("a")):
            with self.assertRaises(KeyError):
                use()

    def test_publish_does_not_take_a_name_away(self):
        a, b = mheap.Object(), mheap.Object()
        self.heap.publish("name", a)
        with self.assertRaises(FileExistsError):
            self.heap.publish("name", b)
        self.heap.publish("name", b, replace=True)
        self.assertIs(self.heap.lookup("name"), b)
        self.heap.unpublish("name")
        with self.assertRaises(FileNotFoundError):
            self.heap.lookup("name")

    def test_a_root_holds_its_object(self):
        self.heap.roots["r\u00f6ot"] = mheap.List(["kept"])
        mheap.gc.collect()
        self.assertEqual(self.heap.roots["r\u00f6ot"], ["kept"])
        self.assertEqual(list(self.heap.roots), ["r\u00f6ot"])

    def test_names_that_cannot_be(self):
        obj = mheap.Object()
        for name in ("", "x" * 256):
            with self.assertRaises(OSError):
                self.heap.roots[name] = obj


class ForkTests(HeapTest):
    def in_child(self, function):
        """Runs the function in a forked process; what it returned is its status."""
        child = os.fork()
        if not child:
            status = 99
            try:
                status = function()
            finally:
                os._exit(status)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def test_a_child_drops_nothing_of_its_parents(self):
        kept = [mheap.List([number]) for number in range(5)]
        reference = mheap.ref(kept[0])

        def child():
            nonlocal reference
            kept.clear()
            reference = None
            return 7

        self.assertEqual(self.in_child(child), 7)
        self.assertEqual([one[0] for one in kept], [0, 1, 2, 3, 4])
        self.assertIs(reference(), kept[0])

    def test_a_child_has_a_default_heap_of_its_own(self):
        def child():
            mine = mheap.default_heap()
            mheap.List([1])
            return 7 if mine.name != self.heap.name else 8

        self.assertEqual(self.in_child(child), 7)
        self.assertIs(mheap.default_heap(), self.heap)
        self.assertEqual(self.heap.stats()["objects"], 0)

    def test_a_child_joins_its_parents_heap(self):
        self.heap.roots["list"] = mheap.List([1])

        def child():
            with mheap.Heap.join(self.heap.fileno()) as mine:
                shared = mine.roots["list"]
                shared.append("from the child")
                cycle = mheap.List(heap=mine)
                cycle.append(cycle)
                return 7

        self.assertEqual(self.in_child(child), 7)
        self.assertEqual(self.heap.roots["list"], [1, "from the child"])
        self.assertTrue(wait_until(lambda: self.heap.stats()["sessions"] == 1))
        self.assertEqual(mheap.gc.collect(), 1)
