# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""Weak references, death, finalizers, ephemerons."""
import mheap
from mheap import gc
from support import HeapTest, wait_until


class ReferenceTests(HeapTest):
    def test_a_reference_gives_the_object_while_it_lives(self):
        obj = mheap.Object(slots=1)
        reference = mheap.ref(obj)
        self.assertIs(reference(), obj)
        self.assertEqual(obj.refcount, 1)
        del obj
        self.assertIsNone(reference())
        self.assertIsNone(reference())

    def test_a_reference_does_not_keep_a_cycle(self):
        obj = mheap.Object(slots=1)
        obj[0] = obj
        reference = mheap.ref(obj)
        del obj
        self.assertIsNotNone(reference())
        self.assertEqual(gc.collect(), 1)
        self.assertIsNone(reference())

    def test_references_to_one_object_are_equal(self):
        a, b = mheap.Object(), mheap.Object()
        self.assertEqual(mheap.ref(a), mheap.ref(a))
        self.assertNotEqual(mheap.ref(a), mheap.ref(b))
        self.assertEqual(len({mheap.ref(a), mheap.ref(a), mheap.ref(b)}), 2)
        self.assertNotEqual(mheap.ref(a), a)

    def test_only_objects_can_be_referred_to(self):
        with self.assertRaises(TypeError):
            mheap.ref(5)

    def test_references_give_their_handles_back(self):
        obj = mheap.Object()
        references = [mheap.ref(obj) for _ in range(10)]
        self.assertEqual(self.heap.stats()["handles"], 11)
        references.clear()
        self.assertEqual(self.heap.stats()["handles"], 1)


class CallbackTests(HeapTest):
    def test_the_callback_comes_when_the_object_is_dead(self):
        seen = []
        obj = mheap.Object(slots=1)
        reference = mheap.ref(obj, lambda one: seen.append((one, one())))
        gc.collect()
        self.assertEqual(seen, [])
        del obj
        self.assertTrue(wait_until(lambda: seen))
        self.assertEqual(seen, [(reference, None)])
        self.assertIsNone(reference.__callback__)

    def test_the_callback_comes_when_a_cycle_is_collected(self):
        seen = []
        obj = mheap.Object(slots=1)
        obj[0] = obj
        reference = mheap.ref(obj, seen.append)
        del obj
        gc.poll()
        self.assertEqual(seen, [])
        gc.collect()
        self.assertTrue(wait_until(lambda: seen == [reference]))

    def test_the_callback_comes_when_a_slot_is_overwritten(self):
        seen = []
        holder = mheap.Object(slots=1)
        holder[0] = mheap.Object(slots=1)
        reference = mheap.ref(holder[0], seen.append)
        holder[0] = None
        self.assertTrue(wait_until(lambda: seen == [reference]))

    def test_no_callback_of_a_reference_that_is_gone(self):
        seen = []
        obj = mheap.Object(slots=1)
        gone = mheap.ref(obj, seen.append)
        kept = mheap.ref(obj, seen.append)
        del gone, obj
        self.assertTrue(wait_until(lambda: seen))
        gc.poll()
        self.assertEqual(seen, [kept])

    def test_a_finalize_is_called_once(self):
        seen = []
        obj = mheap.Object(slots=1)
        finalize = mheap.finalize(obj, lambda *a, **k: seen.append((a, k)), 1, two=2)
        self.assertTrue(finalize.alive)
        self.assertIs(finalize.peek()[0], obj)
        del obj
        self.assertTrue(wait_until(lambda: seen))
        self.assertEqual(seen, [((1,), {"two": 2})])
        self.assertFalse(finalize.alive)
        self.assertIsNone(finalize())
        self.assertIsNone(finalize.detach())
        self.assertEqual(len(seen), 1)

    def test_a_finalize_without_a_variable_is_called(self):
        seen = []
        obj = mheap.Object(slots=1)
        mheap.finalize(obj, seen.append, "dead")
        del obj
        self.assertTrue(wait_until(lambda: seen == ["dead"]))

    def test_a_finalize_can_be_called_or_detached_before(self):
        seen = []
        obj = mheap.Object(slots=1)
        first = mheap.finalize(obj, lambda: seen.append(1) or "result")
        second = mheap.finalize(obj, seen.append, 2)
        self.assertEqual(first(), "result")
        self.assertEqual(second.detach()[1:], (seen.append, (2,), {}))
        third = mheap.finalize(obj, seen.append, 3)
        del obj
        self.assertTrue(wait_until(lambda: 3 in seen))
        self.assertEqual(seen, [1, 3])
        self.assertFalse(third.alive)


class FinalizerTests(HeapTest):
    def test_a_finalizer_gets_the_object_whole(self):
        seen = []
        obj = mheap.List(["item", mheap.List(["inner"])])
        obj.set_finalizer(lambda one: seen.append((one.id, one[0], one[1][0])))
        number = obj.id
        del obj
        self.assertTrue(wait_until(lambda: seen))
        self.assertEqual(seen, [(number, "item", "inner")])
        self.assertEqual(self.objects(), 0)

    def test_a_class_can_have_a_finalizer(self):
        class Tidy(mheap.Struct, fields="name"):
            tidied = []

            def __finalize__(self):
                self.tidied.append(self.name)

        one = Tidy(name="one")
        Tidy(name="other")
        self.assertTrue(wait_until(lambda: Tidy.tidied == ["other"]))
        del one
        self.assertTrue(wait_until(lambda: Tidy.tidied == ["other", "one"]))
        self.assertEqual(self.objects(), 0)

    def test_the_last_finalizer_counts(self):
        seen = []
        obj = mheap.Object(slots=1)
        obj.set_finalizer(lambda one: seen.append(1))
        obj.set_finalizer(lambda one: seen.append(2))
        del obj
        self.assertTrue(wait_until(lambda: seen))
        gc.collect()
        self.assertEqual(seen, [2])

    def test_a_finalizer_can_be_cancelled(self):
        seen = []
        obj = mheap.Object(slots=1)
        obj.set_finalizer(seen.append)
        obj.cancel_finalizer()
        with self.assertRaises(LookupError):
            obj.cancel_finalizer()
        del obj
        gc.collect()
        self.assertEqual(seen, [])
        self.assertEqual(self.objects(), 0)

    def test_a_finalizer_may_keep_the_object(self):
        kept = []
        obj = mheap.Object(slots=1)
        obj[0] = obj
        obj.set_finalizer(kept.append)
        del obj
        self.assertEqual(gc.collect(), 0)
        self.assertTrue(wait_until(lambda: kept))
        self.assertIs(kept[0][0], kept[0])
        with self.assertRaises(OSError):
            kept[0].set_finalizer(kept.append)
        kept.clear()
        self.assertEqual(gc.collect(), 1)
        self.assertEqual(kept, [])

    def test_collect_frees_what_finalizers_let_go(self):
        class Node(mheap.Struct, fields="other"):
            def __finalize__(self):
                pass

        a, b = Node(), Node()
        a.other, b.other = b, a
        del a, b
        self.assertEqual(gc.collect(), 2)
        self.assertEqual(self.objects(), 0)

    def test_an_exception_in_a_finalizer_is_shown_and_ignored(self):
        import sys
        shown = []
        before, sys.unraisablehook = sys.unraisablehook, shown.append
        try:
            obj = mheap.Object(slots=1)
            obj.set_finalizer(lambda one: 1 / 0)
            del obj
            self.assertTrue(wait_until(lambda: shown))
        finally:
            sys.unraisablehook = before
        shown.clear()
        self.assertEqual(self.objects(), 0)


class EphemeronTests(HeapTest):
    def test_a_pair_gives_key_and_value(self):
        key, value = mheap.Object(slots=1), mheap.List(["value"])
        pair = mheap.WeakKeyPair(key, value)
        self.assertIs(pair.key, key)
        self.assertIs(pair.value, value)
        self.assertEqual(mheap.WeakKeyPair(key, 7).value, 7)
        self.assertIsNone(mheap.WeakKeyPair(key, None).value)
        with self.assertRaises(TypeError):
            mheap.WeakKeyPair(7, value)

    def test_the_value_goes_with_the_key(self):
        key = mheap.Object(slots=1)
        pair = mheap.WeakKeyPair(key, mheap.List(["value"]))
        gc.collect()
        self.assertEqual(pair.value, ["value"])
        del key
        gc.collect()
        self.assertIsNone(pair.key)
        self.assertIsNone(pair.value)
        self.assertEqual(self.objects(), 1)

    def test_a_value_that_refers_to_its_key_does_not_keep_it(self):
        key = mheap.Object(slots=1)
        pair = mheap.WeakKeyPair(key, mheap.List([key]))
        reference = mheap.ref(key)
        gc.collect()
        self.assertIsNotNone(reference())
        del key
        gc.collect()
        self.assertIsNone(reference())
        self.assertIsNone(pair.value)
