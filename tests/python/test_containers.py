# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""List, Dict and Struct beside Python's own."""
import random

import mheap
from support import HeapTest


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
