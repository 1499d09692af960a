# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""mheap.gc beside CPython's gc: names, arguments, results, exceptions."""
import gc as python_gc
import inspect

import mheap
from mheap import gc
from support import HeapTest, wait_until


def loops(count):
    """Trash: objects that refer to themselves."""
    for _ in range(count):
        obj = mheap.Object(slots=1)
        obj[0] = obj


class InterfaceTests(HeapTest):
    def test_every_name_of_cpythons_gc_is_there(self):
        names = {name for name in dir(python_gc) if not name.startswith("_")}
        self.assertEqual({name for name in names if not hasattr(gc, name)}, set())

    def test_debug_flags_have_the_same_values(self):
        flags = [name for name in dir(python_gc) if name.startswith("DEBUG_")]
        self.assertEqual(len(flags), 5)
        for name in flags:
            self.assertEqual(getattr(gc, name), getattr(python_gc, name), name)

    def test_functions_take_the_same_arguments(self):
        for name in ("collect", "get_objects"):
            self.assertEqual(list(inspect.signature(getattr(gc, name)).parameters),
                             list(inspect.signature(getattr(python_gc, name)).parameters))

    def test_wrong_arguments_are_the_same_exceptions(self):
        for ours, theirs in ((gc, python_gc), (self.heap.gc, python_gc)):
            for name, arguments in (("collect", (3,)), ("collect", (-1,)), ("collect", ("0",)),
                                    ("collect", (1.5,)), ("set_threshold", ()),
                                    ("set_threshold", ("1",)), ("set_threshold", (1, 2, 3, 4)),
                                    ("set_debug", ("1",)), ("get_count", (1,))):
                with self.assertRaises(Exception) as expected:
                    getattr(theirs, name)(*arguments)
                with self.subTest(name=name, arguments=arguments):
                    with self.assertRaises(type(expected.exception)):
                        getattr(ours, name)(*arguments)

    def test_a_heap_has_a_gc_of_its_own(self):
        with mheap.Heap() as other:
            obj = mheap.Object(slots=1, heap=other)
            obj[0] = obj
            other.gc.set_threshold(5, 6, 7)
            del obj
            self.assertEqual(gc.collect(), 0)
            self.assertEqual(other.gc.collect(), 1)
            self.assertEqual(gc.get_threshold(), (700, 10, 10))
            self.assertEqual(other.gc.get_threshold(), (5, 6, 7))


class ThresholdTests(HeapTest):
    def test_thresholds_begin_as_cpythons(self):
        self.assertEqual(gc.get_threshold(), (700, 10, 10))

    def test_thresholds_that_are_not_named_stay(self):
        gc.set_threshold(900, 15, 15)
        self.assertEqual(gc.get_threshold(), (900, 15, 15))
        gc.set_threshold(1)
        self.assertEqual(gc.get_threshold(), (1, 15, 15))
        gc.set_threshold(2, 3)
        self.assertEqual(gc.get_threshold(), (2, 3, 15))

    def test_a_threshold_out_of_range_changes_none(self):
        for wrong in ((-1,), (1 << 31,), (1, 1, 1 << 40)):
            with self.assertRaises(ValueError):
                gc.set_threshold(*wrong)
        self.assertEqual(gc.get_threshold(), (700, 10, 10))

    def test_enable_and_disable(self):
        self.assertIs(gc.isenabled(), False)
        gc.enable()
        self.assertIs(gc.isenabled(), True)
        gc.disable()
        self.assertIs(gc.isenabled(), False)

    def test_collection_comes_by_itself_past_the_threshold(self):
        loops(800)
        self.assertEqual(self.heap.stats()["objects"], 800)
        gc.enable()
        loops(1)
        self.assertTrue(wait_until(lambda: gc.get_stats()[0]["collected"] >= 800))

    def test_counts_go_as_in_cpython(self):
        kept = [mheap.Object(slots=1) for _ in range(5)]
        self.assertEqual(gc.get_count(), (5, 0, 0))
        kept.pop()
        self.assertEqual(gc.get_count(), (4, 0, 0))
        gc.collect(0)
        self.assertEqual(gc.get_count(), (0, 1, 0))

    def test_stats_count_what_was_collected(self):
        loops(3)
        gc.collect(0)
        loops(4)
        gc.collect()
        self.assertEqual(gc.get_stats(), [
            {"collections": 1, "collected": 3, "uncollectable": 0},
            {"collections": 0, "collected": 0, "uncollectable": 0},
            {"collections": 1, "collected": 4, "uncollectable": 0}])


class ReferenceTests(HeapTest):
    def test_get_referrers(self):
        a, b, c = mheap.Object(slots=1), mheap.Object(slots=2), mheap.List()
        b[0] = b[1] = a
        c.append(a)
        a[0] = a
        self.assertEqual(set(gc.get_referrers(a)), {a, b, c})
        self.assertEqual(gc.get_referrers(b), [])
        self.assertEqual(gc.get_referrers(), [])
        self.assertEqual(gc.get_referrers(7, "x"), [])
        a[0] = b
        self.assertEqual(set(gc.get_referrers(a, b)), {a, b, c})

    def test_many_objects_are_enumerated(self):
        kept = [mheap.Object(slots=1) for _ in range(4200)]
        found = gc.get_objects()
        self.assertEqual(len(found), 4200)
        self.assertEqual({one.id for one in found}, {one.id for one in kept})
        del found
        self.assertEqual(self.heap.stats()["handles"], 4200)

    def test_get_referents_has_each_as_often_as_it_is_referred_to(self):
        a = mheap.Object()
        self.assertEqual(gc.get_referents(mheap.List([a, a, None, 3])), [a, a, 3])

    def test_is_finalized_of_what_has_no_finalizer(self):
        self.assertFalse(gc.is_finalized(mheap.Object(slots=1)))
        self.assertFalse(gc.is_finalized(None))


class GarbageTests(HeapTest):
    def save(self, count):
        gc.set_debug(gc.DEBUG_SAVEALL)
        loops(count)
        found = gc.collect()
        gc.set_debug(0)
        return found

    def test_debug_flags_are_kept(self):
        self.assertEqual(gc.get_debug(), 0)
        gc.set_debug(gc.DEBUG_LEAK)
        self.assertEqual(gc.get_debug(), gc.DEBUG_LEAK)
        gc.set_debug(0)
        with self.assertRaises((ValueError, OSError)):
            gc.set_debug(1 << 20)
        self.assertEqual(gc.get_debug(), 0)

    def test_saved_garbage_is_whole(self):
        self.assertEqual(self.save(3), 3)
        self.assertEqual(len(gc.garbage), 3)
        for one in gc.garbage:
            self.assertIs(one[0], one)
            self.assertTrue(one.info.flags & 32)

    def test_garbage_that_is_cleared_goes(self):
        self.save(3)
        gc.garbage.clear()
        self.assertEqual(gc.garbage, [])
        self.assertEqual(gc.collect(), 3)
        self.assertEqual(self.objects(), 0)

    def test_garbage_can_be_emptied_by_a_slice(self):
        self.save(2)
        del gc.garbage[:]
        self.assertEqual(len(gc.garbage), 0)
        self.assertEqual(gc.collect(), 2)

    def test_one_piece_of_garbage_can_be_taken_out(self):
        self.save(3)
        one = gc.garbage[1]
        gc.garbage.remove(one)
        self.assertEqual(len(gc.garbage), 2)
        self.assertNotIn(one, gc.garbage)
        one = None
        self.assertEqual(gc.collect(), 1)
        self.save(1)
        self.assertEqual(len(gc.garbage), 3)


class CallbackTests(HeapTest):
    def test_automatic_collections_are_told(self):
        seen = []
        gc.callbacks.append(lambda phase, info: seen.append((phase, dict(info))))
        loops(800)
        gc.enable()
        loops(1)
        self.assertTrue(wait_until(lambda: any(phase == "stop" for phase, _ in seen)))
        self.assertEqual(seen[0], ("start", {"generation": 0, "collected": 0,
                                             "uncollectable": 0}))
        stop = [info for phase, info in seen if phase == "stop"][0]
        self.assertEqual(stop["generation"], 0)
        self.assertGreaterEqual(stop["collected"], 800)

    def test_a_callback_that_is_removed_is_not_called(self):
        seen = []

        def callback(phase, info):
            seen.append((phase, info))

        gc.callbacks.append(callback)
        self.assertIn(callback, gc.callbacks)
        gc.callbacks.remove(callback)
        gc.collect()
        gc.poll()
        self.assertEqual(seen, [])
        self.assertEqual(gc.callbacks, [])

    def test_an_exception_in_a_callback_is_shown_and_ignored(self):
        import sys
        shown, seen = [], []
        before, sys.unraisablehook = sys.unraisablehook, shown.append
        try:
            gc.callbacks.append(lambda phase, info: 1 / 0)
            gc.callbacks.append(lambda phase, info: seen.append(phase))
            gc.collect()
            self.assertTrue(wait_until(lambda: len(seen) == 2))
        finally:
            sys.unraisablehook = before
        self.assertEqual([one.exc_type for one in shown], [ZeroDivisionError] * 2)

    def test_callbacks_are_of_the_default_heap(self):
        seen = []
        gc.callbacks.append(lambda phase, info: seen.append(phase))
        with mheap.Heap() as other:
            other.gc.collect()
            other.poll()
            self.assertEqual(seen, [])
            mheap.set_default_heap(other)
            gc.collect()
            self.assertTrue(wait_until(lambda: seen == ["start", "stop"], other))
            mheap.set_default_heap(self.heap)
