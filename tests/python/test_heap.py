# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""Heaps and sessions: open, join, roots, fork, limits, settings, snapshots."""
import os
import signal
import socket
import struct
import threading
import unittest

import mheap
from mheap import gc
from support import PATIENCE, HeapTest, records, wait_until


def in_child(function):
    """Runs the function in a forked process; what it returned is its status."""
    child = os.fork()
    if not child:
        status = 99
        try:
            status = function()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


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
            heap._events._listen(0, ~0)
            del kept[0]
            heap.settle()
            self.assertEqual(heap.stats()["finalizers_skipped"], 1)
            heap.limits = {"objects": 2}
            with self.assertRaises(OSError):
                mheap.Object(heap=heap)
            self.assertEqual(heap.stats()["limit_failures"], 1)

    def test_a_snapshot_tells_every_object(self):
        with mheap.Heap() as heap:
            kept = mheap.List(range(10), heap=heap)
            heap.roots["name"] = kept
            with heap.snapshot() as snapshot:
                found = records(snapshot.read())
            head = struct.unpack_from("=IIQ32s", found[0][1])
            self.assertEqual((found[0][0], head[0], head[1]), (1, 0x5048414e, 1))
            self.assertEqual(head[3].rstrip(b"\0").decode(), heap.name)
            objects = [struct.unpack_from("=QQQIIIIII", body) for kind, body in found
                       if kind == 2]
            self.assertEqual(len(objects), 11)
            mine, = (one for one in objects if one[0] == kept.id)
            self.assertEqual(mine[3:5], (kept.type, kept.info.slots))
            # All slots are told, and ten of them refer to something.
            edges = [body for kind, body in found if kind == 3]
            slots = [number for body in edges
                     for number in struct.unpack_from(f"={len(body) // 4}I", body)[4:]]
            self.assertEqual(len([number for number in slots if number]), 10)
            roots = [body[16:] for kind, body in found if kind == 6]
            self.assertEqual([root.rstrip(b"\0") for root in roots], [b"name"])
            self.assertEqual(found[-1][0], 8)
            self.assertEqual(struct.unpack("=QQ", found[-1][1]), (11, mine[4]))

    def test_a_snapshot_tells_where_objects_were_made(self):
        def sites(heap):
            with heap.snapshot() as snapshot:
                found = records(snapshot.read())
            tags = {site: tag for tag, site, _ in
                    (struct.unpack_from("=QII", body) for kind, body in found if kind == 7)}
            return [tags.get(struct.unpack_from("=QQQIIII", body)[6])
                    for kind, body in found if kind == 2]

        with mheap.Heap() as heap:
            self.assertEqual(heap.profile["mode"], mheap.PROFILE_OFF)
            kept = [mheap.Object(heap=heap, site=1)]
            heap.profile = {"mode": mheap.PROFILE_TAGS}
            kept += [mheap.Object(heap=heap, site=70), heap.new(site=1 << 63)]
            with heap.batch() as batch:
                made = batch.new(site=70)
            kept.append(made.object)
            self.assertEqual(sorted(sites(heap), key=str), [70, 70, 1 << 63, None])

    def test_a_profile_keeps_what_is_not_named(self):
        with mheap.Heap() as heap:
            heap.profile = {"mode": mheap.PROFILE_STACKS, "sample": 5}
            self.assertEqual(heap.profile, {"mode": mheap.PROFILE_STACKS, "sample": 5})
            heap.profile = {"mode": mheap.PROFILE_TAGS}
            self.assertEqual(heap.profile, {"mode": mheap.PROFILE_TAGS, "sample": 5})
            heap.profile = {"sample": 7}
            self.assertEqual(heap.profile, {"mode": mheap.PROFILE_TAGS, "sample": 7})
            with self.assertRaises(OSError):
                heap.profile = {"mode": 3}
            with self.assertRaises(ValueError):
                heap.profile = {"mode": 1 << 32}
            with self.assertRaises(KeyError):
                heap.profile = {"modus": 1}
            self.assertEqual(heap.profile, {"mode": mheap.PROFILE_TAGS, "sample": 7})

    def test_a_fork_while_another_thread_has_the_locks(self):
        with mheap.Heap() as heap:
            obj, ready, done = heap.new(slots=1), threading.Event(), threading.Event()

            def hold():
                with heap._lock, heap._events.changing:
                    ready.set()
                    done.wait(PATIENCE)

            thread = threading.Thread(target=hold)
            thread.start()
            ready.wait(PATIENCE)

            def use():
                signal.alarm(PATIENCE)      # ends the child if it waits for the lock
                obj[0] = obj
                heap.on_limit = None
                return 7 if obj[0] is obj and len(heap.new(slots=2)) == 2 else 1

            try:
                self.assertEqual(in_child(use), 7)
            finally:
                done.set()
                thread.join()
            del obj


class LimitTests(HeapTest):
    def test_who_wants_to_know_of_a_limit_is_told(self):
        seen = []
        self.assertIsNone(self.heap.on_limit)
        self.heap.on_limit = lambda *what: seen.append(what)
        self.heap.limits = {"objects": 10}
        kept = [mheap.Object() for _ in range(10)]
        gc.poll()
        self.assertEqual(seen, [])
        with self.assertRaises(OSError):
            mheap.Object()
        # Before the exception.
        self.assertEqual(seen, [("objects", 10, 10)])
        with self.assertRaises(OSError):
            mheap.Object()
        self.assertEqual(len(seen), 1)
        self.heap.limits = {"objects": 12}
        kept += [mheap.Object() for _ in range(2)]
        with self.assertRaises(OSError):
            mheap.Object()
        self.assertEqual(seen[1:], [("objects", 12, 12)])
        del kept

    def test_bytes_and_handles_are_limited_too(self):
        seen = []
        self.heap.on_limit = lambda which, used, limit: seen.append((which, limit))
        self.heap.limits = {"bytes": 100000}
        with self.assertRaises(MemoryError):
            mheap.Object(length=200000)
        self.heap.limits = {"handles": 1}
        kept = mheap.Object()
        with self.assertRaises(OSError):
            mheap.Object()
        self.assertEqual(seen, [("bytes", 100000), ("handles", 1)])
        del kept

    def test_a_limit_that_a_collection_helps_is_told(self):
        seen = []
        self.heap.on_limit = lambda which, used, limit: seen.append(which)
        self.heap.limits = {"objects": 10}
        for _ in range(10):
            one = mheap.Object(slots=1)
            one[0] = one
        one = mheap.Object()
        self.assertTrue(wait_until(lambda: seen == ["objects"]))
        self.assertEqual(self.heap.stats()["limit_failures"], 0)
        del one

    def test_nobody_is_told_any_more(self):
        seen = []
        self.heap.on_limit = lambda *what: seen.append(what)
        self.heap.on_limit = None
        self.heap.limits = {"objects": 1}
        kept = mheap.Object()
        with self.assertRaises(OSError):
            mheap.Object()
        gc.poll()
        self.assertEqual(seen, [])
        with self.assertRaises(TypeError):
            self.heap.on_limit = 7
        del kept


class SettingTests(HeapTest):
    def test_settings_are_read_and_written(self):
        settings = self.heap.settings
        for name, value in (("interval_ms", 60000), ("idle_ms", 60000), ("collect_on_close", 1),
                            ("shrink", 0), ("finalizers_max", 5), ("verify", 1),
                            ("limit_objects", 1000), ("garbage_ceiling", 40)):
            self.assertNotEqual(settings[name], value, name)
            settings[name] = value
            self.assertEqual(settings[name], value, name)
        self.assertEqual(self.heap.limits["objects"], 1000)

    def test_settings_of_several_numbers_are_tuples(self):
        settings = self.heap.settings
        self.assertEqual(settings["threshold"], (700, 10, 10))
        settings["threshold"] = (900, 15, 15)
        self.assertEqual(gc.get_threshold(), (900, 15, 15))
        settings["threshold"] = "800 7 7"
        self.assertEqual(settings["threshold"], (800, 7, 7))
        settings["profile"] = [mheap.PROFILE_TAGS, 9]
        self.assertEqual(self.heap.profile, {"mode": mheap.PROFILE_TAGS, "sample": 9})

    def test_settings_take_truth_for_a_number(self):
        self.heap.settings["enabled"] = True
        self.assertTrue(gc.isenabled())
        self.heap.settings["enabled"] = False
        self.assertFalse(gc.isenabled())

    def test_settings_are_all_that_can_be_written(self):
        names = set(self.heap.settings)
        self.assertEqual(len(self.heap.settings), len(names))
        self.assertLess({"threshold", "enabled", "garbage_ceiling", "profile", "verify",
                         "finalizers_max", "interval_ms", "idle_ms", "collect_on_close", "shrink",
                         "limit_objects", "limit_bytes", "limit_handles"}, names)
        for name in names:
            self.heap.settings[name]    # pylint: disable=expression-not-assigned

    def test_what_is_no_setting_is_a_key_error(self):
        for name in ("", "none", "objects", "collect", "stats", "stats/collected", "../heap0",
                     ".", "a\0", 7):
            with self.assertRaises(KeyError, msg=name):
                self.heap.settings[name]    # pylint: disable=expression-not-assigned
            with self.assertRaises(KeyError, msg=name):
                self.heap.settings[name] = 1
        self.assertNotIn("none", self.heap.settings)

    def test_a_value_that_is_refused_changes_nothing(self):
        for name, wrong in (("shrink", 2), ("threshold", (1, 2)), ("interval_ms", -1),
                            ("interval_ms", "soon")):
            before = self.heap.settings[name]
            with self.assertRaises(ValueError, msg=name):
                self.heap.settings[name] = wrong
            self.assertEqual(self.heap.settings[name], before)
        for wrong in (None, 1.5, [None]):
            with self.assertRaises(TypeError):
                self.heap.settings["shrink"] = wrong

    def test_who_may_not_write_settings_can_read_them(self):
        def child():
            os.setuid(65534)
            if self.heap.settings["shrink"] != 1:
                return 8
            try:
                self.heap.settings["shrink"] = 0
            except PermissionError:
                return 7
            return 9

        self.assertEqual(in_child(child), 7)
        self.assertEqual(self.heap.settings["shrink"], 1)

    def test_defaults_are_for_new_heaps(self):
        defaults = mheap.Settings("defaults")
        before = defaults["idle_ms"]
        defaults["idle_ms"] = 12345
        try:
            with mheap.Heap() as heap:
                self.assertEqual(heap.settings["idle_ms"], 12345)
        finally:
            defaults["idle_ms"] = before
        self.assertIsInstance(defaults["allocator"], str)
        self.assertNotEqual(self.heap.settings["idle_ms"], 12345)


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
    def test_a_child_drops_nothing_of_its_parents(self):
        kept = [mheap.List([number]) for number in range(5)]
        reference = mheap.ref(kept[0])

        def child():
            nonlocal reference
            kept.clear()
            reference = None
            return 7

        self.assertEqual(in_child(child), 7)
        self.assertEqual([one[0] for one in kept], [0, 1, 2, 3, 4])
        self.assertIs(reference(), kept[0])

    def test_a_child_has_a_default_heap_of_its_own(self):
        def child():
            mine = mheap.default_heap()
            mheap.List([1])
            return 7 if mine.name != self.heap.name else 8

        self.assertEqual(in_child(child), 7)
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

        self.assertEqual(in_child(child), 7)
        self.assertEqual(self.heap.roots["list"], [1, "from the child"])
        self.assertTrue(wait_until(lambda: self.heap.stats()["sessions"] == 1))
        self.assertEqual(mheap.gc.collect(), 1)
