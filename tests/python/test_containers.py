# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""List, Dict and Struct beside Python's own."""
import random
import struct
from unittest import mock

import mheap
from mheap import _dict, _list
from support import HeapTest, wait_until


class ListTests(HeapTest):
    def test_a_list_does_as_a_list(self):
        chance = random.Random(1)
        mine, model = mheap.List(), []
        for step in range(80):
            index = chance.randrange(-len(model), len(model)) if model else 0
            act = chance.randrange(8)
            if act <= 1 or not model:
                mine.append(step)
                model.append(step)
            elif act == 2:
                self.assertEqual(mine.pop(), model.pop())
            elif act == 3:
                self.assertEqual(mine.pop(index), model.pop(index))
            elif act == 4:
                mine.insert(index, step)
                model.insert(index, step)
            elif act == 5:
                mine[index] = model[index] = str(step)
            elif act == 6:
                mine.extend([step, None])
                model.extend([step, None])
            else:
                del mine[index:index + 2]
                del model[index:index + 2]
            self.assertEqual(len(mine), len(model))
        self.assertEqual(mine, model)
        self.assertEqual(mine[1:7:2], model[1:7:2])
        self.assertEqual(mine[::-1], model[::-1])
        self.assertEqual(mine.index(model[3]), model.index(model[3]))
        self.assertEqual(mine.count(None), model.count(None))
        mine.clear()
        self.assertFalse(mine)
        self.assertEqual(mine, [])

    def test_indices_out_of_range(self):
        mine = mheap.List([1, 2])
        for index in (2, -3):
            with self.assertRaises(IndexError):
                mine[index]         # pylint: disable=pointless-statement
            with self.assertRaises(IndexError):
                mine[index] = 1
        with self.assertRaises(IndexError):
            mheap.List().pop()
        with self.assertRaises(ValueError):
            mine.remove(7)
        with self.assertRaises(TypeError):
            mine.append(object())
        self.assertEqual(mine, [1, 2])

    def test_a_long_list(self):
        model = list(range(9000))
        mine = mheap.List(model)
        self.assertEqual(len(mine), 9000)
        self.assertEqual(mine[:], model)
        self.assertEqual(self.heap.stats()["handles"], 1)

    def test_taking_an_item_out_drops_it(self):
        mine = mheap.List([mheap.List() for _ in range(5)])
        mine.pop()
        mine.pop(0)
        del mine[0]
        self.assertEqual(self.objects(), 3)
        mine.clear()
        self.assertEqual(self.objects(), 1)

    @mock.patch.object(_list, "_AT_ONCE", 16)
    def test_a_change_that_fails_changes_nothing(self):
        inner = mheap.List(["inner"])
        model = [1, None, inner, "x", 2.5]
        mine = mheap.List(model)
        foreign = mheap.Object(heap=mheap.Heap())
        before = self.objects()
        for wrong, kind in (([], TypeError), (foreign, ValueError), ("x" * 70000, OSError)):
            for change in (lambda: mine.insert(0, wrong), lambda: mine.append(wrong),
                           lambda: mine.extend([1, wrong]),
                           lambda: mine.__setitem__(0, wrong),
                           lambda: mine.__setitem__(slice(1, 3), [7, wrong, 8]),
                           lambda: mine.__setitem__(slice(0, 0), ["y"] * 40 + [wrong]),
                           lambda: mine.__setitem__(slice(0, 4), [wrong]),
                           lambda: mine.__setitem__(slice(None, None, -2), [0, wrong, 2])):
                with self.assertRaises(kind):
                    change()
                self.assertEqual(mine, model)
        self.assertIs(mine[2], inner)
        self.assertEqual(self.objects(), before)

    def test_items_are_kept_where_there_is_no_room_for_more(self):
        model = [1, None, "x", 3]
        mine = mheap.List(model)
        self.heap.limits = {"objects": self.objects() + 1}
        for change in (lambda: mine.__setitem__(slice(0, 0), [7, 8, 9]),
                       lambda: mine.__setitem__(slice(0, 4), [7, 8, 9])):
            with self.assertRaises(OSError):
                change()
            self.assertEqual(mine, model)
        del mine[2:], mine[0]
        self.heap.limits = {}
        self.assertEqual(mine, [None])

    def test_items_that_stay_are_the_same_objects(self):
        mine = mheap.List(["a", mheap.List(), "b", None, "c"])
        handles, made = self.heap.stats()["handles"], self.heap.stats()["created"]
        mine.insert(0, None)
        del mine[1]
        mine[1:1] = [None, None]
        del mine[0:2]
        self.assertEqual(mine[2:], ["b", None, "c"])
        self.assertEqual(self.heap.stats()["handles"], handles)
        self.assertEqual(self.heap.stats()["created"], made)

    @mock.patch.object(_list, "_AT_ONCE", 16)
    def test_what_is_too_much_for_one_batch_is_done_in_pieces(self):
        model = list(range(100))
        model[1::3] = [None] * len(model[1::3])
        mine = mheap.List(model)
        for start, stop, values in ((3, 3, ["new"]), (5, 6, []), (7, 60, []), (2, 2, ["x"] * 70),
                                    (0, 80, [1, None]), (0, 0, [None] * 40), (9, 9, ["y"] * 16)):
            mine[start:stop] = values
            model[start:stop] = values
            self.assertEqual(mine[:], model)
        self.assertEqual(self.objects(), 1 + sum(one is not None for one in model))
        mine.clear()
        self.assertEqual(self.objects(), 1)
        self.assertLess(mine.info.slots, 10)

    def test_a_long_list_changes_at_its_start(self):
        count = _list._AT_ONCE + 100
        mine = mheap.List([None] * count)
        mine[count - 1] = "last"
        mine[:1] = ["first", 2]
        self.assertEqual((len(mine), mine[0], mine[1]), (count + 1, "first", 2))
        self.assertEqual(mine[count], "last")
        self.assertEqual(self.objects(), 4)

    def test_slices_are_as_a_lists(self):
        for index in (slice(1, 4), slice(4, 1), slice(None), slice(None, None, 2),
                      slice(None, None, -1), slice(5, 1, -2), slice(-3, None), slice(9, 12)):
            for values in ([], ["x"], ["a", "b", "c"], list("abcdef")):
                model = list(range(6))
                mine = mheap.List(model)
                try:
                    model[index] = iter(values)
                except ValueError:
                    with self.assertRaises(ValueError):
                        mine[index] = iter(values)
                else:
                    mine[index] = iter(values)
                self.assertEqual(mine, model)
            del mine[index], model[index]
            self.assertEqual(mine, model)
        mine = mheap.List([1, 2])
        mine[1:] = mine
        self.assertEqual(mine, [1, 1, 2])
        mine.insert(-100, "first")
        mine.insert(100, "last")
        self.assertEqual(mine, ["first", 1, 1, 2, "last"])
        with self.assertRaises(TypeError):
            mine.insert(None, 1)

    def test_lists_are_found_as_lists(self):
        mine = mheap.List([mheap.List(["inner"])])
        self.heap.roots["list"] = mine
        del mine
        found = self.heap.roots["list"]
        self.assertIsInstance(found, mheap.List)
        self.assertEqual(found[0], ["inner"])
        self.assertIn("1 items", repr(found))


class DictTests(HeapTest):
    def test_a_dict_does_as_a_dict(self):
        chance = random.Random(2)
        keys = [0, 1, -1, "a", "b", "", b"a", 2.5, None, True, 10 ** 20, "key"]
        keys.remove(None)
        mine, model = mheap.Dict(), {}
        for step in range(80):
            key = chance.choice(keys)
            act = chance.randrange(4)
            if act <= 1:
                mine[key] = model[key] = step
            elif act == 2:
                self.assertEqual(mine.pop(key, None), model.pop(key, None))
            else:
                self.assertEqual(key in mine, key in model)
            self.assertEqual(len(mine), len(model))
        self.assertEqual(list(mine.items()), list(model.items()))
        for key in keys:
            mine.pop(key, None)
        self.assertFalse(mine)

    def test_equal_numbers_are_one_key(self):
        mine = mheap.Dict({1: "int"})
        mine[1.0] = "float"
        mine[True] = "bool"
        self.assertEqual(dict(mine), {1: "bool"})

    def test_objects_are_keys_and_values(self):
        a, b = mheap.Object(), mheap.List()
        mine = mheap.Dict([(a, b)])
        mine[b] = mine
        self.assertIs(mine[a], b)
        self.assertIs(mine[b], mine)
        with self.assertRaises(KeyError):
            mine[mheap.Object()]        # pylint: disable=pointless-statement
        with self.assertRaises(TypeError):
            mine[[]] = 1

    def test_many_keys(self):
        mine = mheap.Dict((number, str(number)) for number in range(100))
        self.assertEqual(mine[77], "77")
        self.assertEqual(list(mine), list(range(100)))
        mine.clear()
        self.assertEqual(len(mine), 0)
        self.assertEqual(self.objects(), 1)
        with self.assertRaises(KeyError):
            del mine[77]


    def test_popitem_takes_the_last(self):
        mine, model = mheap.Dict({"a": 1, "b": None, 3: "c"}), {"a": 1, "b": None, 3: "c"}
        while model:
            self.assertEqual(mine.popitem(), model.popitem())
            self.assertEqual(list(mine.items()), list(model.items()))
        with self.assertRaises(KeyError):
            mine.popitem()
        self.assertEqual(self.objects(), 1)

    def test_a_key_goes_out_of_a_large_one(self):
        count = _dict._AT_ONCE + 2000
        mine = mheap.Dict()
        with mheap.Batch() as batch:
            batch.resize(mine, 2 * count, 4 * (1 + count))
            for entry in (1, 8000, 8300, count - 1):
                for slot in (2 * entry, 2 * entry + 1):
                    batch.store(mine, slot, entry)
            hashes = [_dict._hash(entry) for entry in range(count)]
            data = struct.pack(f"<{count + 1}I", count, *hashes)
            for start in range(0, len(data), 65536):
                batch.write(mine, start, data[start:start + 65536])
        made = self.heap.stats()["created"]
        del mine[1]
        self.assertEqual(len(mine), count - 1)
        self.assertEqual(mine._hashes(), hashes[:1] + hashes[2:])
        self.assertEqual((mine[8000], mine[8300], mine[count - 1]), (8000, 8300, count - 1))
        self.assertNotIn(1, mine)
        self.assertEqual(self.heap.stats()["created"], made)
        self.assertEqual(mine.popitem(), (count - 1, count - 1))
        self.assertEqual(self.objects(), 5)

    @mock.patch.object(_dict, "_AT_ONCE", 2)
    def test_keys_go_in_pieces(self):
        for count in range(1, 8):
            for gone in range(count):
                model = {key: key if key % 2 else None for key in range(count)}
                mine = mheap.Dict(model)
                del mine[gone], model[gone]
                self.assertEqual(list(mine.items()), list(model.items()))

    def test_an_entry_that_fails_changes_nothing(self):
        mine = mheap.Dict({1: 2})
        before = self.objects()
        for wrong in ([], mheap.Object(heap=mheap.Heap()), "x" * 70000):
            with self.assertRaises((TypeError, ValueError, OSError)):
                mine["key"] = wrong
            self.assertEqual(dict(mine), {1: 2})
            self.assertEqual(self.objects(), before)


class StructTests(HeapTest):
    def test_fields_are_slots(self):
        class Node(mheap.Struct, fields="next value"):
            pass

        node = Node(None, value=7)
        node.next = node
        self.assertIs(node.next, node)
        self.assertEqual((node[1], len(node)), (7, 2))
        del node.value
        self.assertIsNone(node.value)
        del node
        self.assertEqual(mheap.gc.collect(), 1)

    def test_fields_are_inherited(self):
        class Base(mheap.Struct, fields=["a"]):
            pass

        class Derived(Base, fields=["b"]):
            def sum(self):
                return self.a + self.b

        holder = mheap.List([Derived(1, b=2)])
        self.assertIsInstance(holder[0], Derived)
        self.assertEqual(holder[0].sum(), 3)

    def test_wrong_fields_are_type_errors(self):
        class Node(mheap.Struct, fields="next"):
            pass

        for wrong in (lambda: Node(1, 2), lambda: Node(last=1), lambda: Node(1, next=2)):
            with self.assertRaises(TypeError):
                wrong()

    def test_a_field_is_not_called_as_something_else(self):
        class Base(mheap.Struct, fields="a"):
            pass

        for wrong in ("id", "info", "next payload", "type", "a", "b b", "_handle", "FIELDS",
                      "__class__"):
            with self.assertRaises(ValueError):
                type("Node", (Base,), {}, fields=wrong)

    def test_a_subclass_may_have_other_attributes_of_these_names(self):
        class Odd(mheap.Object, type=78):
            id = info = payload = heap = referents = resize = "odd"

        one, other = Odd(slots=1, payload=b"x" * 70000), Odd(slots=1)
        one[0] = other
        seen = []
        one.set_finalizer(lambda _: seen.append("one"))
        other.set_finalizer(lambda _: seen.append("other"))
        reference = mheap.ref(other, lambda _: seen.append("dead"))
        self.assertIs(mheap.Dict({one: 1, other: 2})[other], 2)
        self.assertEqual(mheap.gc.get_referents(one), [other])
        self.assertEqual(mheap.gc.get_referrers(other), [one])
        self.assertTrue(mheap.gc.is_tracked(one))
        self.assertEqual((one.type, len(one), mheap.WeakKeyPair(one, 7).value), (78, 1, 7))
        del one, other
        self.assertTrue(wait_until(lambda: sorted(seen) == ["dead", "one", "other"]))
        self.assertIsNone(reference())
