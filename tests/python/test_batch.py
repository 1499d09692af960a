# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""Operations of batches that bring events: finalizers, watches; and ephemerons."""
import gc as pythons
import os

import mheap
from mheap import gc
from support import HeapTest, wait_until


class ResultTests(HeapTest):
    def setUp(self):
        super().setUp()
        pythons.disable()
        self.addCleanup(pythons.enable)

    def handles(self):
        return self.heap.stats()["handles"]

    def test_an_object_that_nobody_takes_goes(self):
        holder = mheap.Object(slots=2)
        holder[0] = mheap.Object(slots=1)
        holder[1] = "value"
        self.heap.roots["holder"] = holder
        with mheap.Batch() as batch:
            batch.new(slots=1)
            batch.lookup(b"holder")
            kept = [batch.new(slots=1), batch.load(holder, 0), batch.load(holder, 1)]
        self.assertEqual(self.handles(), 4)
        del batch
        self.assertEqual(self.handles(), 4)
        self.assertEqual(kept.pop().object, "value")
        taken = kept[0].object
        kept.clear()
        self.assertEqual(self.handles(), 2)
        self.assertEqual(len(taken), 1)
        self.assertEqual(self.objects(), 4)

    def test_what_has_not_run_has_no_object_to_give_back(self):
        holder = mheap.Object(slots=1)
        batch = mheap.Batch()
        kept = [batch.new(slots=1), batch.load(holder, 0)]
        del batch, kept
        batch = mheap.Batch()
        kept = [batch.new(slots=1), batch.load(holder, 7), batch.new(slots=1)]
        with self.assertRaises(OSError):
            batch.submit()
        del batch, kept
        self.assertEqual(self.handles(), 1)

    def test_a_forked_child_gives_nothing_back(self):
        with mheap.Batch() as batch:
            made = batch.new(slots=3)
        child = os.fork()
        if not child:
            del made, batch
            os._exit(0)
        os.waitpid(child, 0)
        self.assertEqual(len(made.object), 3)

    def test_a_result_may_outlive_its_heap(self):
        with mheap.Batch() as batch:
            made = batch.new(slots=3)
        self.heap.close()
        del made, batch


class FinalizerTests(HeapTest):
    def test_objects_get_finalizers_as_they_are_made(self):
        seen = []
        with mheap.Batch() as batch:
            made = [batch.new(slots=1, length=number) for number in range(3)]
            for one in made:
                batch.finalizer(one, lambda obj: seen.append(len(obj.payload)))
        objects = [one.object for one in made]
        gc.collect()
        self.assertEqual(seen, [])
        del objects[1]
        self.assertTrue(wait_until(lambda: seen == [1]))
        objects.clear()
        self.assertTrue(wait_until(lambda: sorted(seen) == [0, 1, 2]))
        self.assertEqual(self.objects(), 0)

    def test_what_is_temporary_can_have_one_too(self):
        seen = []
        with mheap.Batch() as batch:
            batch.finalizer(batch.new(length=5, temp=True),
                            lambda obj: seen.append(len(obj.payload)))
        self.assertTrue(wait_until(lambda: seen == [5]))
        self.assertEqual(self.objects(), 0)
        self.assertEqual(self.heap._events._cookie_of, {})

    def test_the_last_finalizer_counts(self):
        seen = []
        obj = mheap.Object(slots=1)
        obj.set_finalizer(lambda one: seen.append(1))
        with mheap.Batch() as batch:
            batch.finalizer(obj, lambda one: seen.append(2))
        self.assertEqual(len(self.heap._events._finalizers), 1)
        del obj
        self.assertTrue(wait_until(lambda: seen))
        gc.collect()
        self.assertEqual(seen, [2])

    def test_a_finalizer_can_be_cancelled(self):
        seen = []
        obj = mheap.Object(slots=1)
        obj.set_finalizer(seen.append)
        with mheap.Batch() as batch:
            batch.cancel_finalizer(obj)
        with self.assertRaises(FileNotFoundError):
            with mheap.Batch() as batch:
                batch.cancel_finalizer(obj)
        self.assertEqual(self.heap._events._finalizers, {})
        del batch, obj
        gc.collect()
        self.assertEqual(seen, [])
        self.assertEqual(self.objects(), 0)

    def test_the_method_of_a_class_can_be_asked_for(self):
        class Tidy(mheap.Object, type=77):
            tidied = 0

            def __finalize__(self):
                Tidy.tidied += 1

        with mheap.Batch() as batch:
            batch.finalizer(batch.new(type=77, temp=True), None)
        self.assertTrue(wait_until(lambda: Tidy.tidied == 1))


class WatchTests(HeapTest):
    def test_a_death_is_told_once(self):
        seen = []
        obj = mheap.Object(slots=1)
        with mheap.Batch() as batch:
            batch.watch(obj, lambda: seen.append("first"))
            batch.watch(obj, lambda: seen.append("second"))
        self.assertTrue(obj.info.flags & 64)
        gc.poll()
        self.assertEqual(seen, [])
        del obj
        self.assertTrue(wait_until(lambda: sorted(seen) == ["first", "second"]))
        self.assertEqual(self.heap._events._watchers, {})

    def test_a_watch_that_is_taken_back_is_not_told(self):
        seen = []
        obj = mheap.Object(slots=1)
        with mheap.Batch() as batch:
            watch = batch.watch(obj, lambda: seen.append(1))
            batch.watch(obj, lambda: seen.append(2))
        with mheap.Batch() as batch:
            batch.unwatch(obj, watch)
        with self.assertRaises(FileNotFoundError):
            with mheap.Batch() as batch:
                batch.unwatch(obj, watch)
        del batch, obj
        self.assertTrue(wait_until(lambda: seen))
        gc.poll()
        self.assertEqual(seen, [2])

    def test_nothing_is_kept_of_a_batch_that_fails(self):
        seen = []
        obj = mheap.Object(slots=1)
        batch = mheap.Batch()
        batch.watch(obj, lambda: seen.append("watch in time"))
        batch.store(obj, 7, obj)
        batch.watch(obj, lambda: seen.append("watch too late"))
        batch.finalizer(obj, lambda one: seen.append("finalizer too late"))
        self.assertEqual(self.heap._events._watchers, {})
        with self.assertRaises(OSError):
            batch.submit()
        self.assertEqual(len(self.heap._events._watchers), 1)
        self.assertEqual(self.heap._events._finalizers, {})
        del batch, obj
        self.assertTrue(wait_until(lambda: seen))
        gc.poll()
        self.assertEqual(seen, ["watch in time"])


class EphemeronTests(HeapTest):
    def test_a_batch_makes_a_pair(self):
        key = mheap.Object(slots=1)
        with mheap.Batch() as batch:
            made = batch.ephemeron(key, "value")
            value = batch.new(slots=1, temp=True)
            batch.store(value, 0, key)
            other = batch.ephemeron(key, value, length=3)
        pair, other = made.object, other.object
        del batch, made, value
        self.assertIs(type(pair), mheap.WeakKeyPair)
        self.assertIs(pair.key, key)
        self.assertEqual(pair.value, "value")
        self.assertIs(other.value[0], key)
        self.assertEqual(len(other.payload), 3)
        gc.collect()
        self.assertIs(other.key, key)
        del key
        gc.collect()
        self.assertEqual((pair.key, pair.value, other.key, other.value), (None,) * 4)
        self.assertEqual(self.objects(), 2)

    def test_a_pair_has_no_value_without_a_key(self):
        batch = mheap.Batch()
        batch.ephemeron(None, "value")
        with self.assertRaises(FileNotFoundError):
            batch.submit()
        self.assertEqual(self.objects(), 0)


class SiteTests(HeapTest):
    def test_a_site_is_64_bits(self):
        for wrong in (-1, 1 << 64):
            with self.assertRaises(ValueError):
                mheap.Batch().new(site=wrong)
        with self.assertRaises(TypeError):
            mheap.Object(site="here")
        mheap.Object(site=(1 << 64) - 1)


class RangeTests(HeapTest):
    def test_numbers_do_not_wrap(self):
        obj = mheap.Object(slots=2, length=4)
        obj[0] = obj
        batch = mheap.Batch()
        for wrong in (lambda: mheap.Object(type=1 << 32), lambda: mheap.Object(type=-1),
                      lambda: mheap.Object(slots=1 << 32), lambda: self.heap.new(type=1 << 33),
                      lambda: obj.resize(slots=1 << 32), lambda: obj.resize(slots=-1),
                      lambda: obj.resize(length=1 << 64),
                      lambda: batch.new(slots=1 << 32), lambda: batch.new(length=1 << 64),
                      lambda: batch.new(type=1 << 32), lambda: batch.resize(obj, 1 << 32, 4),
                      lambda: batch.resize(obj, 0, -1), lambda: batch.write(obj, 1 << 64, b"x"),
                      lambda: batch.ephemeron(obj, obj, length=1 << 64),
                      lambda: batch.unwatch(obj, 1 << 64),
                      lambda: setattr(self.heap, "limits", {"objects": (1 << 64) + 5}),
                      lambda: setattr(self.heap, "limits", {"bytes": -1}),
                      lambda: setattr(self.heap, "profile", {"mode": 1 << 32}),
                      lambda: gc.set_debug(1 << 32), lambda: gc.set_debug(-1),
                      lambda: mheap.Heap.join((1 << 32) + self.heap.fileno()),
                      lambda: mheap.Heap.from_fd((1 << 32) + self.heap.fileno()),
                      lambda: type("Wide", (mheap.Object,), {}, type=1 << 32)):
            with self.assertRaises(ValueError):
                wrong()
        for wrong in (1 << 32, -1):
            for act in (lambda: batch.store(obj, wrong, None), lambda: batch.load(obj, wrong),
                        lambda: batch.compare_store(obj, wrong, None, None)):
                with self.assertRaises(IndexError):
                    act()
        with self.assertRaises(IndexError):
            obj[1 << 32] = None
        self.assertEqual(gc.get_debug(), 0)
        self.assertEqual(self.heap.limits["objects"], 0)
        self.assertIs(obj[0], obj)

    def test_offsets_do_not_wrap(self):
        block = mheap.Memory(4)
        for one in (mheap.Object(length=4).payload, block):
            room = bytearray(b"room")
            for far in (1 << 64, 1 << 32, 5):
                with self.assertRaises(IndexError):
                    one.write(b"x", far)
                self.assertEqual(one.read(far), b"")
                self.assertEqual(one.readinto(room, far), 0)
            self.assertEqual((bytes(one), room), (bytes(4), b"room"))
