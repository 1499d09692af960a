# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""Wrappers of objects: slots, payload, identity, counts, and what becomes of handles."""
import array
import copy
import gc as python_gc
import os
import pickle
import struct
import sys
import threading
from unittest import mock

import mheap
from mheap import _value
from support import PATIENCE, HeapTest, run_python


class SlotTests(HeapTest):
    def test_new_slots_are_empty(self):
        obj = mheap.Object(slots=3)
        self.assertEqual(len(obj), 3)
        self.assertEqual(list(obj), [None, None, None])
        self.assertTrue(mheap.Object())

    def test_a_slot_gives_back_what_was_stored(self):
        a, b = mheap.Object(slots=2), mheap.Object(slots=1)
        a[0] = b
        a[-1] = a
        self.assertIs(a[0], b)
        self.assertIs(a[1], a)
        self.assertIn(b, a)
        a[0] = None
        self.assertIsNone(a[0])
        self.assertNotIn(b, a)

    def test_a_slot_takes_values(self):
        values = [0, 1, -1, 127, 128, -128, -129, 10 ** 30, -10 ** 30, True, False, 0.0, -2.5,
                  float("inf"), "", "text", "\u00e4\U0001f40d", "\ud800", b"", b"\0bytes"]
        obj = mheap.Object(slots=len(values))
        for slot, value in enumerate(values):
            obj[slot] = value
        found = list(obj)
        self.assertEqual(found, values)
        self.assertEqual([type(one) for one in found], [type(one) for one in values])

    def test_a_slot_refuses_other_things(self):
        obj = mheap.Object(slots=1)
        for value in (1j, [], {}, object(), mheap):
            with self.assertRaises(TypeError):
                obj[0] = value
        self.assertIsNone(obj[0])

    def test_a_slot_that_is_not_there_is_an_index_error(self):
        obj = mheap.Object(slots=2)
        for index in (2, -3, 1 << 26, 1 << 40):
            with self.assertRaises(IndexError):
                obj[index]      # pylint: disable=pointless-statement
            with self.assertRaises(IndexError):
                obj[index] = obj
        with self.assertRaises(TypeError):
            obj["0"]            # pylint: disable=pointless-statement

    def test_sizes_out_of_range_are_value_errors(self):
        for wrong in ({"slots": -1}, {"length": -1}, {"slots": (1 << 26) + 1},
                      {"length": (1 << 30) + 1}, {"length": -1, "payload": b"abc"}):
            with self.assertRaises(ValueError):
                mheap.Object(**wrong)

    def test_compare_store_stores_if_the_slot_is_as_expected(self):
        a, b = mheap.Object(slots=1), mheap.Object()
        self.assertFalse(a.compare_store(0, b, a))
        self.assertTrue(a.compare_store(0, None, b))
        self.assertTrue(a.compare_store(0, b, a))
        self.assertIs(a[0], a)

    def test_resize_keeps_what_fits(self):
        a, b = mheap.Object(slots=2, payload=b"abcdef"), mheap.Object()
        a[0], a[1] = a, b
        a.resize(slots=1)
        self.assertEqual(list(a), [a])
        self.assertEqual(bytes(a.payload), b"abcdef")
        a.resize(slots=3, length=3)
        self.assertEqual(list(a), [a, None, None])
        self.assertEqual(bytes(a.payload), b"abc")
        self.assertEqual(b.refcount, 1)

    def test_objects_of_different_heaps_cannot_be_linked(self):
        with mheap.Heap() as other:
            a, b = mheap.Object(slots=1), mheap.Object(heap=other)
            with self.assertRaises(ValueError):
                a[0] = b

    def test_many_slots_are_read_at_once(self):
        obj = mheap.Object(slots=5000)
        obj[4999] = obj
        self.assertEqual(obj.referents(), [obj])


class PayloadTests(HeapTest):
    def test_new_payload_is_zero(self):
        obj = mheap.Object(length=10)
        self.assertEqual(len(obj.payload), 10)
        self.assertEqual(bytes(obj.payload), bytes(10))

    def test_payload_is_indexed_like_a_bytearray(self):
        model = bytearray(range(20))
        payload = mheap.Object(payload=bytes(model)).payload
        for index in (0, 5, -1, slice(2, 7), slice(-3, None), slice(None, None, 3),
                      slice(7, 2), slice(15, 100), slice(None, None, -1)):
            self.assertEqual(payload[index], model[index], index)
        payload[3] = model[3] = 200
        payload[5:8] = model[5:8] = b"abc"
        payload[-1] = model[-1] = 0
        self.assertEqual(payload, bytes(model))

    def test_payload_keeps_its_length(self):
        payload = mheap.Object(payload=b"abc").payload
        with self.assertRaises(ValueError):
            payload[:2] = b"abc"
        with self.assertRaises(ValueError):
            payload[::2] = b"ab"
        for index in (3, -4):
            with self.assertRaises(IndexError):
                payload[index]          # pylint: disable=pointless-statement
            with self.assertRaises(IndexError):
                payload[index] = 1
        with self.assertRaises(IndexError):
            payload.write(b"xy", 2)
        with self.assertRaises(ValueError):
            payload[0] = 256
        self.assertEqual(bytes(payload), b"abc")

    def test_payload_that_is_set_changes_its_length(self):
        obj = mheap.Object(slots=1, payload=b"abc")
        obj[0] = obj
        obj.payload = b"longer than before"
        self.assertEqual(bytes(obj.payload), b"longer than before")
        obj.payload = b""
        self.assertEqual(len(obj.payload), 0)
        self.assertIs(obj[0], obj)

    def test_large_payload(self):
        data = os.urandom(1000) * 300
        obj = mheap.Object(payload=data)
        self.assertEqual(bytes(obj.payload), data)
        self.assertEqual(obj.payload[65530:65545], data[65530:65545])
        obj.payload[1000:201000] = bytes(200000)
        self.assertEqual(obj.payload.read(999, 3), data[999:1000] + b"\0\0")

    def test_payload_is_written_from_any_buffer(self):
        numbers = array.array("H", [1, 2, 3])
        data = numbers.tobytes()
        every_other = memoryview(b"a-b-c-")[::2]
        for source, expected in ((data, data), (bytearray(data), data), (numbers, data),
                                 (memoryview(numbers), data), (every_other, b"abc"),
                                 (mheap.Object(payload=b"other").payload, b"other"),
                                 ([1, 2, 255], b"\1\2\377")):
            obj = mheap.Object(payload=source)
            self.assertEqual(bytes(obj.payload), expected)
            obj.payload = b"something else"
            obj.payload = source
            self.assertEqual(bytes(obj.payload), expected)
            obj.payload[:] = bytes(len(expected))
            obj.payload[:] = source
            self.assertEqual(bytes(obj.payload), expected)
            obj.payload.write(source, 0)
        for wrong in (3, "text", None, [256], 1.5):
            with self.assertRaises((TypeError, ValueError)):
                obj.payload = wrong
            with self.assertRaises((TypeError, ValueError)):
                obj.payload.write(wrong)
        self.assertEqual(bytes(obj.payload), b"\1\2\377")

    def test_a_view_is_what_there_was(self):
        obj = mheap.Object(payload=b"abcdef")
        view = obj.payload.view()
        self.assertIs(type(view), memoryview)
        self.assertTrue(view.readonly)
        obj.payload[0] = 0
        self.assertEqual(bytes(view[1:3]), b"bc")
        self.assertEqual(view[0], ord("a"))
        self.assertEqual(obj.payload.view()[0], 0)
        with self.assertRaises(TypeError):
            view[0] = 1
        self.assertEqual(bytes(mheap.Object().payload.view()), b"")

    def test_payload_has_the_buffer_protocol(self):
        payload = mheap.Object(payload=b"abcdef").payload
        if sys.version_info >= (3, 12):
            view = memoryview(payload)
            self.assertEqual(b"".join([b"<", payload, b">"]), b"<abcdef>")
        else:
            # What those call. Before, no class of Python's own can have the protocol.
            view = payload.__buffer__(0)
            with self.assertRaises(TypeError):
                memoryview(payload)
        self.assertEqual((view.tobytes(), view.readonly), (b"abcdef", True))
        with self.assertRaises(BufferError):
            payload.__buffer__(1)

    def test_payload_is_read_into_a_buffer(self):
        payload = mheap.Object(payload=b"abcdef").payload
        room = bytearray(b"--------")
        self.assertEqual(payload.readinto(room), 6)
        self.assertEqual(room, b"abcdef--")
        self.assertEqual(payload.readinto(memoryview(room)[6:], 1), 2)
        self.assertEqual(room, b"abcdefbc")
        self.assertEqual(payload.readinto(room, 100), 0)
        self.assertEqual(payload.readinto(bytearray()), 0)
        room += b"not held any more"
        for wrong in (b"cannot be written", "text"):
            with self.assertRaises(TypeError):
                payload.readinto(wrong)
        with self.assertRaises(ValueError):
            payload.readinto(room, -1)

    def test_payload_can_be_read_by_parts(self):
        payload = mheap.Object(payload=b"abcdef").payload
        self.assertEqual(payload.read(2), b"cdef")
        self.assertEqual(payload.read(2, 2), b"cd")
        self.assertEqual(payload.read(5, 10), b"f")
        self.assertEqual(payload.read(6), b"")
        self.assertEqual(payload.read(100), b"")
        with self.assertRaises(ValueError):
            payload.read(-1)


class IdentityTests(HeapTest):
    def test_an_object_has_one_wrapper(self):
        a = mheap.Object(slots=1)
        a[0] = a
        self.assertIs(a[0], a)
        self.assertEqual(self.heap.stats()["handles"], 1)

    def test_an_object_is_not_wrapped_twice_by_two_threads(self):
        become, found = mheap.Object._become, []
        def late(obj, *arguments):
            if not other.ident:
                other.start()
                other.join(0.2)     # it waits until the object has its wrapper
            become(obj, *arguments)

        for kind in (mheap.Object, mheap.List, mheap.Dict):
            other = threading.Thread(target=lambda: found.extend(mheap.gc.get_objects()))
            with mock.patch.object(mheap.Object, "_become", late):
                obj = kind(slots=1) if kind is mheap.Object else kind()
            other.join(PATIENCE)
            self.assertEqual(len(found), 1)
            self.assertIs(found.pop(), obj)
            del obj
            self.assertEqual(self.heap.stats()["handles"], 0)

    def test_equality_and_hash_go_by_identity(self):
        a, b = mheap.Object(), mheap.Object()
        self.assertEqual(a, a)
        self.assertNotEqual(a, b)
        self.assertNotEqual(a, 5)
        self.assertEqual(len({a, b, a}), 2)

    def test_an_id_is_never_used_again(self):
        seen = set()
        for _ in range(100):
            obj = mheap.Object(slots=1)
            self.assertNotIn(obj.id, seen)
            seen.add(obj.id)

    def test_the_same_object_seen_through_two_sessions(self):
        a = mheap.Object()
        self.heap.roots["a"] = a
        with mheap.Heap.join(self.heap.fileno()) as other:
            b = other.roots["a"]
            self.assertIsNot(a, b)
            self.assertEqual(a, b)
            self.assertEqual(hash(a), hash(b))
            self.assertEqual(a.id, b.id)
            del b

    def test_wrappers_cannot_be_copied_or_pickled(self):
        obj = mheap.Object()
        with self.assertRaises(TypeError):
            pickle.dumps(obj)
        with self.assertRaises(TypeError):
            copy.copy(obj)


class CountTests(HeapTest):
    def test_refcount_counts_slots_and_this_wrapper(self):
        a, b = mheap.Object(slots=2), mheap.Object(slots=1)
        self.assertEqual(a.refcount, 1)
        b[0] = a
        a[0] = a[1] = a
        self.assertEqual(a.refcount, 4)
        self.assertEqual(a.info.outside, 1)
        self.heap.roots["a"] = a
        self.assertEqual(a.refcount, 5)

    def test_getrefcount_is_that_of_sys(self):
        a, model = mheap.List(), []
        self.assertEqual(mheap.getrefcount(a), sys.getrefcount(model))
        b, other = a, model
        self.assertEqual(mheap.getrefcount(a), sys.getrefcount(model))
        self.assertEqual(mheap.getrefcount(a), 3)
        a.append(a)
        model.append(model)
        self.assertEqual(mheap.getrefcount(a), sys.getrefcount(model))
        holder, list_holder = mheap.List([a, a]), [model, model]
        self.assertEqual(mheap.getrefcount(a), sys.getrefcount(model))
        del b, other, holder, list_holder
        self.assertEqual(mheap.getrefcount(a), sys.getrefcount(model))
        self.assertEqual(mheap.getrefcount(a), 3)

    def test_getsizeof_grows_with_the_object(self):
        small, large = mheap.Object(), mheap.Object(slots=100, length=1000)
        self.assertGreater(mheap.getsizeof(large), mheap.getsizeof(small) + 1000)
        self.assertLessEqual(mheap.getsizeof(mheap.Object(slots=4, length=16)), 24 + 16 + 16 + 16)

    def test_info_tells_what_the_object_was_made_with(self):
        obj = mheap.Object(slots=3, length=5, type=77)
        info = obj.info
        self.assertEqual((info.slots, info.length, info.type, info.references), (3, 5, 77, 1))
        self.assertEqual(obj.type, 77)
        self.assertEqual(obj.generation, 0)


class LifetimeTests(HeapTest):
    def test_an_object_dies_with_its_last_reference(self):
        a = mheap.Object(slots=1)
        a[0] = mheap.Object(slots=1)
        self.assertEqual(self.objects(), 2)
        inner = a[0]
        del a
        self.assertEqual(self.objects(), 1)
        del inner
        self.assertEqual(self.objects(), 0)

    def test_wrappers_in_a_cycle_of_python_give_their_handles_back(self):
        ring = [mheap.Object(slots=1)]
        ring.append(ring)
        del ring
        python_gc.collect()
        self.assertEqual(self.objects(), 0)

    def test_wrappers_in_a_cycle_of_python_can_be_used_to_the_last(self):
        seen, kept = [], []

        class Ring:
            def __init__(self, keep):
                self.ring, self.keep = self, keep
                self.obj = mheap.Object(slots=2)
                self.obj[1] = mheap.List([1])

            def __del__(self):
                self.obj[0] = self.obj
                seen.append(self.obj[1][0])
                if self.keep:
                    kept.append(self)

        class Own(mheap.Object, type=80):
            def __del__(self):
                seen.append(len(self))

        for keep in (False, True):
            Ring(keep)
            own = Own(slots=3)
            own.ring = own
            del own
            python_gc.collect()
            self.assertEqual(sorted(seen), [1, 3])
            del seen[:]
            self.assertEqual(self.heap.stats()["handles"], len(kept))
        self.assertEqual(kept[0].obj[1][0], 1)
        kept[0].obj.payload = b"kept"
        kept.pop().ring = None
        python_gc.collect()
        self.assertEqual(self.heap.stats()["handles"], 0)
        self.assertEqual(self.heap._links, {})

    def test_no_handle_is_lost(self):
        a = mheap.Object(slots=2)
        a[0], a[1] = mheap.Object(slots=1), "value"
        for _ in range(50):
            a[0], a[1]          # pylint: disable=pointless-statement
            list(a)
            a.referents()
            with self.assertRaises(IndexError):
                a[2]            # pylint: disable=pointless-statement
        self.assertEqual(self.heap.stats()["handles"], 1)

    def test_no_handle_is_lost_where_an_object_cannot_be_shown(self):
        class Shy(mheap.Object, type=79):
            shown = False

            def __new__(cls, *_arguments, **_named):
                if not cls.shown:
                    raise RuntimeError("not now")
                return super().__new__(cls)

        holder = mheap.Object(slots=4)
        holder[0] = mheap.Object(slots=1)
        Shy.shown = True
        holder[1], holder[3] = Shy(slots=1), mheap.Object(slots=1)
        Shy.shown = False
        bad = mheap.Object(slots=3)
        bad[0] = bad[2] = holder
        bad[1] = mheap.Object(length=3, type=_value.FLOAT)
        before = self.heap.stats()["handles"]
        with mheap.Batch() as batch:
            result = batch.load(holder, 1)
        for wrong, kind in ((holder.referents, RuntimeError), (lambda: holder[1], RuntimeError),
                            (mheap.gc.get_objects, RuntimeError),
                            (lambda: result.object, RuntimeError),
                            (bad.referents, struct.error)):
            with self.assertRaises(kind):
                wrong()
        del batch, result
        self.assertEqual(self.heap.stats()["handles"], before)

    def test_a_batch_that_fails_leaves_nothing(self):
        batch = mheap.Batch()
        a = batch.new(slots=1)
        batch.store(a, 7, a)
        with self.assertRaises(OSError):
            batch.submit()
        self.assertEqual(self.objects(), 0)
        self.assertEqual(self.heap.stats()["handles"], 0)

    def test_a_batch_builds_a_graph_in_one_call(self):
        with mheap.Batch() as batch:
            head = last = batch.new(slots=2)
            for number in range(100):
                following = batch.new(slots=2, temp=True)
                batch.store(last, 0, following)
                batch.store(last, 1, number)
                last = following
            batch.store(last, 0, head)
            first = batch.load(head, 1, temp=True)
            nothing = batch.load(last, 1)
        self.assertEqual(len(batch), 505)
        obj = head.object
        self.assertIsNone(nothing.object)
        with self.assertRaises(ValueError):
            first.object        # pylint: disable=pointless-statement
        with self.assertRaises(ValueError):
            head.object         # pylint: disable=pointless-statement
        self.assertEqual(obj[0][0][1], 2)
        self.assertEqual(self.heap.stats()["handles"], 1)
        del obj
        self.assertEqual(mheap.gc.collect(), 101)

    def test_wrappers_are_gone_before_the_interpreter_is(self):
        done = run_python("import mheap, sys\n"
                          "class Keep:\n"
                          "    def __init__(self): self.obj = mheap.List([1])\n"
                          "    def __del__(self): self.obj.append(self.obj)\n"
                          "sys.keep = Keep()\n"
                          "keep = Keep()\n"
                          "r = mheap.ref(keep.obj)\n")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_wrapper_outlives_a_closed_heap(self):
        heap = mheap.Heap()
        obj, root = mheap.Object(slots=1, heap=heap), heap.roots
        reference = mheap.ref(obj)
        heap.close()
        self.assertTrue(heap.closed)
        for use in (lambda: obj[0], lambda: obj.payload[0], lambda: obj.refcount,
                    lambda: mheap.Object(heap=heap), reference, heap.gc.collect, heap.stats,
                    heap.fileno, root.keys().__len__):
            with self.assertRaises(ValueError):
                use()
        heap.close()
        obj = reference = None

    def test_threads_share_a_heap(self):
        shared = mheap.Object(slots=4)
        shared[3] = shared
        wrong = []

        def work(slot):
            for number in range(50):
                shared[slot] = mheap.List([number])
                if shared[slot][0] != number or shared[3] is not shared:
                    wrong.append(slot)

        threads = [threading.Thread(target=work, args=(slot,)) for slot in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        shared = None
        mheap.gc.collect()
        self.assertEqual(self.objects(), 0)


class ClassTests(HeapTest):
    def test_an_object_is_shown_as_the_class_it_was_made_as(self):
        class Node(mheap.Object, type=7):
            def following(self):
                return self[0]

        node = Node(slots=1)
        node[0] = Node(slots=1)
        self.assertEqual(node.type, 7)
        self.assertIs(type(node.following()), Node)
        node[0] = mheap.Object(slots=1, type=8)
        self.assertIs(type(node[0]), mheap.Object)

    def test_a_class_has_the_same_type_in_every_process(self):
        code = ("import mheap\nclass Node(mheap.Object):\n    pass\n"
                "Node.__module__\nprint(Node.TYPE)")
        first, second = run_python(code), run_python(code)
        self.assertTrue(first.stdout.strip().isdigit(), first.stderr)
        self.assertEqual(first.stdout, second.stdout)
