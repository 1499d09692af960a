# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""The scenarios of CPython's own test_gc.py, with objects of a heap.

Names are CPython's; the tests are written anew. "3.11" are all of that version, "3.13" what
that version adds. What CPython's objects have inside (classes, functions, frames, instances
with a dictionary) is here an object with slots that refer to the same things.

CPython's scenario                                        here
GCTests (3.11)
  test_list                                               ported
  test_dict                                               ported
  test_tuple                                              ported
  test_class                                              ported
  test_newstyleclass                                      ported
  test_instance                                           ported
  test_newinstance                                        ported
  test_method                                             ported
  test_legacy_finalizer                                   no: there are no finalizers of the old
                                                          kind, which make cycles uncollectable
  test_legacy_finalizer_newclass                          no: the same
  test_function                                           ported
  test_function_tp_clear_leaves_consistent_state          ported: a weak reference that a finalizer
                                                          makes never gives half an object
  test_frame                                              ported
  test_saveall                                            ported
  test_del                                                ported
  test_del_newclass                                       ported
  test_get_count                                          ported
  test_collect_generations                                ported
  test_trashcan                                           ported
  test_trashcan_threads                                   ported
  test_boom                                               ported
  test_boom2                                              ported
  test_boom_new                                           ported
  test_boom2_new                                          ported
  test_get_referents                                      ported
  test_is_tracked                                         ported
  test_is_finalized                                       ported
  test_bug1055820b                                        ported
  test_bug21435                                           ported
  test_garbage_at_shutdown                                no: warns of uncollectable objects, which
                                                          there are none of
  test_gc_main_module_at_shutdown                         ported: nothing is left of the heap
  test_gc_ordinary_module_at_shutdown                     ported: nothing is left of the heap
  test_global_del_SystemExit                              ported: nothing is left of the heap
  test_get_stats                                          ported
  test_freeze                                             ported
  test_get_objects                                        ported
  test_get_objects_arguments                              ported
  test_resurrection_only_happens_once_per_object          ported
  test_resurrection_is_transitive                         ported
  test_resurrection_does_not_block_cleanup_of_other_objects   ported
  test_trash_weakref_clear                                no: is about references that the collector
                                                          cannot see, and weak references that are
                                                          objects; here are neither
GCTests (3.13)
  test_get_objects_generations                            ported
  test_get_referents_on_capsule                           ported: an object without slots
GCCallbackTests (3.11)
  test_collect                                            ported
  test_collect_generation                                 ported
  test_collect_garbage                                    ported, with DEBUG_SAVEALL
  test_refcount_errors                                    no: a program cannot break a count here
GCTogglingTests (3.11)
  test_bug1055820c                                        ported
  test_bug1055820d                                        ported
GCTogglingTests (3.13)
  test_indirect_calls_with_gc_disabled                    ported
PythonFinalizationTests (3.11)
  test_ast_fini                                           ported: nothing is left of the heap
"""
import os
import tempfile
import threading

import mheap
from mheap import gc
from support import HeapTest, run_python, wait_until


class Loop(mheap.Struct, fields="loop keep"):
    """What refers to itself, so that only the collector can free it."""

    def __init__(self, keep=None):
        super().__init__(keep=keep)
        self.loop = self


class Detector:
    """Knows when the collector has been at work: it leaves it some trash."""

    def __init__(self):
        self.gc_happened = False
        self.reference = mheap.ref(Loop(), self._it_happened)

    def _it_happened(self, _):
        self.gc_happened = True


class Instance(mheap.Struct, fields="cls dict"):
    """An instance with a class and a dictionary for its attributes."""


def make_class(*bases):
    """A class refers to its dictionary and its order of bases, and that to the class."""
    cls = mheap.Struct.__new__(Class)
    Class.__init__(cls, dict=mheap.Dict(), bases=mheap.List(bases))
    cls.mro = mheap.List([cls, *bases])
    return cls


class Class(mheap.Struct, fields="dict bases mro"):
    """A class."""


class ShutdownTest(HeapTest):
    def check_shutdown(self, code, *arguments):
        """A program that prints the name of its heap: is all of it gone when it ends?"""
        done = run_python("import mheap\nprint(mheap.default_heap().name, flush=True)\n" + code,
                          *arguments)
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.returncode, 0)
        name = done.stdout.strip()
        self.assertTrue(name)
        self.assertTrue(wait_until(lambda: not os.path.exists("/sys/kernel/mheap/" + name)))


class GCTests(ShutdownTest):
    def test_list(self):
        l = mheap.List()
        l.append(l)
        gc.collect()
        del l
        self.assertEqual(gc.collect(), 1)

    def test_dict(self):
        d = mheap.Dict()
        d[1] = d
        gc.collect()
        del d
        self.assertEqual(gc.collect(), 1)
        self.assertEqual(self.objects(), 0)

    def test_tuple(self):
        l = mheap.List()
        t = mheap.Object(slots=1)
        t[0] = l
        l.append(t)
        gc.collect()
        del t
        del l
        self.assertEqual(gc.collect(), 2)

    def test_class(self):
        a = make_class()
        a.dict["a"] = a
        gc.collect()
        del a
        self.assertNotEqual(gc.collect(), 0)
        self.assertEqual(self.objects(), 0)

    def test_newstyleclass(self):
        base = make_class()
        a = make_class(base)
        gc.collect()
        del a
        self.assertNotEqual(gc.collect(), 0)
        self.assertIs(base.mro[0], base)

    def test_instance(self):
        a = Instance(cls=make_class(), dict=mheap.Dict())
        a.dict["a"] = a
        gc.collect()
        del a
        self.assertNotEqual(gc.collect(), 0)
        self.assertEqual(self.objects(), 0)

    def test_newinstance(self):
        class_a = make_class()
        a = Instance(cls=class_a, dict=mheap.Dict())
        a.dict["a"] = a
        gc.collect()
        del a
        self.assertEqual(gc.collect(), 2)
        class_b = make_class()
        class_c = make_class(class_b, class_a)
        a = Instance(cls=class_c, dict=mheap.Dict())
        a.dict["a"] = a
        gc.collect()
        del a
        self.assertEqual(gc.collect(), 2)
        del class_b, class_c
        self.assertNotEqual(gc.collect(), 0)
        class_a.dict["a"] = Instance(cls=class_a, dict=mheap.Dict())
        del class_a
        self.assertNotEqual(gc.collect(), 0)
        self.assertEqual(gc.collect(), 0)
        self.assertEqual(self.objects(), 0)

    def test_method(self):
        class Method(mheap.Struct, fields="function instance"):
            pass

        a = Instance(dict=mheap.Dict())
        a.dict["init"] = Method(function=mheap.Object(length=8), instance=a)
        gc.collect()
        del a
        self.assertEqual(gc.collect(), 3)
        self.assertEqual(self.objects(), 0)

    def test_function(self):
        class Function(mheap.Struct, fields="globals"):
            pass

        d = mheap.Dict()
        d["f"] = Function(globals=d)
        gc.collect()
        del d
        self.assertEqual(gc.collect(), 2)

    def test_function_tp_clear_leaves_consistent_state(self):
        class Function(mheap.Struct, fields="module name"):
            pass

        class Cyclic(mheap.Struct, fields="function"):
            def __finalize__(self):
                found.append(mheap.ref(self.function))

        found = []
        function = Function(name="function")
        function.module = Cyclic(function=function)
        del function
        gc.collect()
        self.assertEqual(len(found), 1)
        left = found[0]()
        self.assertTrue(left is None or left.name == "function")
        del left
        gc.collect()
        self.assertIsNone(found[0]())
        self.assertEqual(self.objects(), 0)

    def test_frame(self):
        class Frame(mheap.Struct, fields="back frame"):
            pass

        def f(back):
            frame = Frame(back=back)
            frame.frame = frame

        outer = Frame()
        gc.collect()
        f(outer)
        self.assertEqual(gc.collect(), 1)

    def test_saveall(self):
        gc.collect()
        self.assertEqual(gc.garbage, [])
        l = mheap.List()
        l.append(l)
        id_l = l.id
        debug = gc.get_debug()
        gc.set_debug(debug | gc.DEBUG_SAVEALL)
        del l
        gc.collect()
        gc.set_debug(debug)
        self.assertEqual(len(gc.garbage), 1)
        obj = gc.garbage.pop()
        self.assertEqual(obj.id, id_l)
        self.assertIs(obj[0], obj)
        self.assertEqual(gc.garbage, [])

    def check_del(self, cls):
        gc.enable()
        gc.set_threshold(1)
        before = gc.get_stats()[0]["collections"]
        a = cls()
        del a
        self.assertTrue(wait_until(lambda: cls.looked))
        junk = [mheap.List() for _ in range(3)]
        self.assertTrue(wait_until(lambda: gc.get_stats()[0]["collections"] > before))
        del junk
        gc.disable()

    def test_del(self):
        class A(mheap.Struct, fields="x"):
            looked = []

            def __finalize__(self):
                self.looked.append([self.x, mheap.List([self])])

        self.check_del(A)

    def test_del_newclass(self):
        class Base(mheap.Struct, fields="x"):
            looked = []

            def __finalize__(self):
                self.looked.append(mheap.List().info.slots)

        class A(Base):
            pass

        self.check_del(A)

    def test_get_count(self):
        gc.collect()
        a, b, c = gc.get_count()
        x = mheap.List()
        d, e, f = gc.get_count()
        self.assertEqual((a, b, c), (0, 0, 0))
        self.assertEqual((d, e, f), (1, 0, 0))
        del x
        self.assertEqual(gc.get_count(), (0, 0, 0))

    def test_collect_generations(self):
        gc.collect()
        x = mheap.Object(slots=1)
        gc.collect(0)
        _, b, c = gc.get_count()
        self.assertEqual(x.generation, 1)
        gc.collect(1)
        _, e, f = gc.get_count()
        self.assertEqual(x.generation, 2)
        gc.collect(2)
        _, h, i = gc.get_count()
        self.assertEqual((b, c), (1, 0))
        self.assertEqual((e, f), (0, 1))
        self.assertEqual((h, i), (0, 0))
        self.assertEqual(x.generation, 2)

    def test_trashcan(self):
        class Ouch(mheap.Struct, fields=""):
            made = 0
            n = 0

            def __init__(self):
                super().__init__()
                Ouch.made += 1

            def __finalize__(self):
                Ouch.n += 1
                if Ouch.n % 17 == 0:
                    gc.collect()

        gc.enable()
        for _ in range(2):
            t = mheap.List()
            for _ in range(50):
                t = mheap.List([t, Ouch()])
            u = mheap.List()
            for _ in range(50):
                u = mheap.List([u, Ouch()])
            v = mheap.Dict()
            for _ in range(50):
                v = mheap.Dict({1: v, 2: Ouch()})
        gc.disable()
        del t, u, v
        self.assertTrue(wait_until(lambda: Ouch.n == Ouch.made))
        self.assertEqual(Ouch.n, 300)
        self.assertEqual(self.objects(), 0)

    def test_trashcan_threads(self):
        class C(mheap.Struct, fields="inner"):
            inits = []
            dels = []

            def __init__(self, inner):
                super().__init__(inner=inner)
                C.inits.append(None)

            def __finalize__(self):
                C.dels.append(None)
                mheap.List([self])

        def make_nested():
            x = C(None)
            for _ in range(20):
                x = mheap.List([C(mheap.List([x]))])
            del x

        def run_thread():
            for _ in range(5):
                make_nested()

        threads = [threading.Thread(target=run_thread) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        gc.collect()
        self.assertEqual(len(C.inits), 2 * 5 * 21)
        self.assertTrue(wait_until(lambda: len(C.dels) == len(C.inits)))
        self.assertEqual(self.objects(), 0)

    def check_boom(self, cls):
        a = cls()
        b = cls()
        a.attr = b
        b.attr = a
        gc.collect()
        garbage = len(gc.garbage)
        del a, b
        cls.asked.clear()
        self.assertEqual(gc.collect(), 2)
        # The collector asks the objects nothing: no method of theirs ran.
        self.assertEqual(cls.asked, [])
        self.assertEqual(len(gc.garbage), garbage)

    def test_boom(self):
        class Boom(mheap.Struct, fields="attr"):
            asked = []

            def __getattr__(self, name):
                self.asked.append(name)
                del self.attr
                raise AttributeError(name)

        self.check_boom(Boom)

    def test_boom2(self):
        class Boom2(mheap.Struct, fields="attr x"):
            asked = []

            def __getattr__(self, name):
                self.asked.append(name)
                self.x = (self.x or 0) + 1
                if self.x > 1:
                    del self.attr
                raise AttributeError(name)

        self.check_boom(Boom2)

    def test_boom_new(self):
        class BoomNew(mheap.Struct, fields="attr"):
            asked = []

            def __getattribute__(self, name):
                if name == "attr":
                    type(self).asked.append(name)
                return super().__getattribute__(name)

        self.check_boom(BoomNew)

    def test_boom2_new(self):
        class Boom2New(mheap.Struct, fields="attr x"):
            asked = []

            def __getattribute__(self, name):
                if name in ("attr", "__finalize__"):
                    type(self).asked.append(name)
                    self.attr = None
                return super().__getattribute__(name)

        self.check_boom(Boom2New)

    def test_get_referents(self):
        alist = mheap.List([1, 3, 5])
        got = gc.get_referents(alist)
        got.sort()
        self.assertEqual(got, list(alist))

        atuple = mheap.Object(slots=3)
        for slot, value in enumerate(alist):
            atuple[slot] = value
        got = gc.get_referents(atuple)
        got.sort()
        self.assertEqual(got, list(alist))

        adict = mheap.Dict({1: 3, 5: 7})
        expected = [1, 3, 5, 7]
        got = gc.get_referents(adict)
        got.sort()
        self.assertEqual(got, expected)

        zeros = mheap.List([0, 0, 0])
        got = gc.get_referents(mheap.List([1, 2]), mheap.Dict({3: 4}), zeros)
        got.sort()
        self.assertEqual(got, [0, 0] + list(range(5)))
        self.assertEqual(gc.get_referents(1, 'a', 4j), [])

    def test_is_tracked(self):
        for value in (None, 1, 1.0, 1.0 + 5.0j, True, False, b"a", "a", bytearray(b"a")):
            self.assertFalse(gc.is_tracked(value))
        self.assertFalse(gc.is_tracked(mheap.Object()))
        self.assertFalse(gc.is_tracked(mheap.Object(length=100)))

        class UserClass(mheap.Struct, fields="a"):
            pass

        class UserClassSlots(mheap.Struct, fields=""):
            pass

        self.assertTrue(gc.is_tracked(mheap.Object(slots=1)))
        self.assertTrue(gc.is_tracked(mheap.List([1])))
        self.assertTrue(gc.is_tracked(mheap.Dict({1: 1})))
        self.assertTrue(gc.is_tracked(UserClass()))
        # Unlike in CPython what can refer to nothing is never tracked.
        self.assertFalse(gc.is_tracked(UserClassSlots()))

    def test_is_finalized(self):
        self.assertFalse(gc.is_finalized(3))
        storage = []

        class Lazarus(mheap.Struct, fields="x"):
            def __finalize__(self):
                storage.append(self)

        lazarus = Lazarus()
        self.assertFalse(gc.is_finalized(lazarus))
        del lazarus
        gc.collect()
        lazarus = storage.pop()
        self.assertTrue(gc.is_finalized(lazarus))

    def test_bug1055820b(self):
        ouch = []

        def callback(_):
            ouch[:] = [reference() for reference in references]

        objects = [Loop() for _ in range(2)]
        references = [mheap.ref(one, callback) for one in objects]
        gc.collect()
        self.assertEqual(len(ouch), 0)
        objects = None
        gc.collect()
        self.assertTrue(wait_until(lambda: len(ouch) == 2))
        for one in ouch:
            self.assertIsNone(one)

    def test_bug21435(self):
        class A(mheap.Struct, fields="attr"):
            pass

        class B(mheap.Struct, fields="x attr"):
            def __finalize__(self):
                self.attr = None

        def do_work():
            a = A()
            b = B(x=A())
            a.attr = b
            b.attr = a

        do_work()
        gc.collect()
        self.assertEqual(self.objects(), 0)

    def test_gc_main_module_at_shutdown(self):
        self.check_shutdown("l = mheap.List([mheap.Object(slots=1)])\nl.append(l)\n")

    def test_gc_ordinary_module_at_shutdown(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "ordinary.py"), "w", encoding="utf-8") as module:
                module.write("import mheap\nl = mheap.List([mheap.Object(slots=1)])\n"
                             "l.append(l)\nr = mheap.ref(l)\n")
            self.check_shutdown("import sys\nsys.path.insert(0, sys.argv[1])\nimport ordinary\n",
                                folder)

    def test_global_del_SystemExit(self):
        self.check_shutdown("class Link(mheap.Struct, fields='link'):\n    pass\n"
                            "a = Link()\na.link = a\nraise SystemExit(0)\n")

    def test_get_stats(self):
        stats = gc.get_stats()
        self.assertEqual(len(stats), 3)
        for one in stats:
            self.assertIsInstance(one, dict)
            self.assertEqual(set(one), {"collected", "collections", "uncollectable"})
            self.assertGreaterEqual(one["collected"], 0)
            self.assertGreaterEqual(one["collections"], 0)
            self.assertGreaterEqual(one["uncollectable"], 0)
        old = gc.get_stats()
        gc.collect(0)
        new = gc.get_stats()
        self.assertEqual(new[0]["collections"], old[0]["collections"] + 1)
        self.assertEqual(new[1]["collections"], old[1]["collections"])
        self.assertEqual(new[2]["collections"], old[2]["collections"])
        gc.collect(2)
        new = gc.get_stats()
        self.assertEqual(new[0]["collections"], old[0]["collections"] + 1)
        self.assertEqual(new[1]["collections"], old[1]["collections"])
        self.assertEqual(new[2]["collections"], old[2]["collections"] + 1)

    def test_freeze(self):
        l = mheap.List([1])
        loop = Loop()
        del loop
        gc.freeze()
        self.assertGreater(gc.get_freeze_count(), 0)
        self.assertEqual(l.generation, 3)
        # Even garbage is left alone there.
        self.assertEqual(gc.collect(), 0)
        gc.unfreeze()
        self.assertEqual(gc.get_freeze_count(), 0)
        self.assertEqual(l.generation, 2)
        self.assertEqual(gc.collect(), 1)

    def generations_of(self, obj):
        return [any(obj is one for one in gc.get_objects(generation=generation))
                for generation in range(3)]

    def test_get_objects(self):
        gc.collect()
        l = mheap.List()
        l.append(l)
        self.assertTrue(any(l is one for one in gc.get_objects()))
        leaf = mheap.Object(length=1)
        self.assertNotIn(leaf, gc.get_objects())

    def test_get_objects_generations(self):
        gc.collect()
        l = mheap.List()
        l.append(l)
        self.assertEqual(self.generations_of(l), [True, False, False])
        gc.collect(generation=0)
        self.assertEqual(self.generations_of(l), [False, True, False])
        gc.collect(generation=1)
        self.assertEqual(self.generations_of(l), [False, False, True])
        gc.collect(generation=2)
        self.assertEqual(self.generations_of(l), [False, False, True])
        del l
        self.assertEqual(gc.collect(), 1)

    def test_get_objects_arguments(self):
        objects = [mheap.List([number]) for number in range(10)]
        self.assertEqual(len(gc.get_objects()), len(objects))
        self.assertEqual(len(gc.get_objects()), len(gc.get_objects(generation=None)))
        self.assertRaises(ValueError, gc.get_objects, 1000)
        self.assertRaises(ValueError, gc.get_objects, -1000)
        self.assertRaises(TypeError, gc.get_objects, "1")
        self.assertRaises(TypeError, gc.get_objects, 1.234)

    def test_get_referents_on_capsule(self):
        capsule = mheap.Object(length=100)
        self.assertFalse(gc.is_tracked(capsule))
        self.assertEqual(gc.get_referents(capsule), [])

    def test_resurrection_only_happens_once_per_object(self):
        class Lazarus(Loop):
            resurrected = 0
            resurrected_instances = []

            def __finalize__(self):
                Lazarus.resurrected += 1
                Lazarus.resurrected_instances.append(self)

        gc.collect()
        laz = Lazarus()
        self.assertEqual(Lazarus.resurrected, 0)
        del laz
        gc.collect()
        self.assertEqual(Lazarus.resurrected, 1)
        self.assertEqual(len(Lazarus.resurrected_instances), 1)
        Lazarus.resurrected_instances.clear()
        self.assertEqual(Lazarus.resurrected, 1)
        self.assertEqual(gc.collect(), 1)
        self.assertEqual(Lazarus.resurrected, 1)

    def test_resurrection_is_transitive(self):
        class Cargo(mheap.Struct, fields="me laz"):
            pass

        class Lazarus(mheap.Struct, fields="cargo"):
            resurrected_instances = []

            def __finalize__(self):
                Lazarus.resurrected_instances.append(self)

        gc.collect()
        laz = Lazarus()
        cargo = Cargo()
        cargo.me = cargo
        cargo_id = cargo.id
        laz.cargo = cargo
        cargo.laz = laz
        del laz, cargo
        gc.collect()
        self.assertEqual(len(Lazarus.resurrected_instances), 1)
        instance = Lazarus.resurrected_instances.pop()
        self.assertEqual(instance.cargo.id, cargo_id)
        self.assertIs(instance.cargo.laz, instance)
        del instance
        self.assertEqual(gc.collect(), 2)

    def test_resurrection_does_not_block_cleanup_of_other_objects(self):
        count = 100
        zs = []

        class Z(Loop):
            def __finalize__(self):
                zs.append(self)

        def stats():
            last = gc.get_stats()[-1]
            return last["collected"], last["uncollectable"]

        gc.collect()
        before, kept_before = stats()
        for _ in range(count):
            Loop()
        found = gc.collect()
        collected, kept = stats()
        self.assertEqual(found, count)
        self.assertEqual(collected - before, count)
        self.assertEqual(kept - kept_before, 0)

        before, kept_before = collected, kept
        Z()
        found = gc.collect()
        collected, kept = stats()
        self.assertEqual(found, 0)
        self.assertEqual(collected - before, 0)
        self.assertEqual(kept - kept_before, 0)
        self.assertEqual(len(zs), 1)

        before, kept_before = collected, kept
        for _ in range(count):
            Loop()
        Z()
        found = gc.collect()
        collected, kept = stats()
        self.assertEqual(found, count)
        self.assertEqual(collected - before, count)
        self.assertEqual(kept - kept_before, 0)
        self.assertEqual(len(zs), 2)

        before, kept_before = collected, kept
        zs.clear()
        found = gc.collect()
        collected, kept = stats()
        self.assertEqual(found, 2)
        self.assertEqual(collected - before, 2)
        self.assertEqual(kept - kept_before, 0)


class GCCallbackTests(HeapTest):
    def setUp(self):
        super().setUp()
        self.visit = []
        gc.callbacks.append(self.cb1)
        gc.callbacks.append(self.cb2)

    def tearDown(self):
        gc.callbacks.remove(self.cb1)
        gc.callbacks.remove(self.cb2)
        super().tearDown()

    def cb1(self, phase, info):
        self.visit.append((1, phase, dict(info)))

    def cb2(self, phase, info):
        self.visit.append((2, phase, dict(info)))

    def collect(self, *arguments):
        """Collects, and waits for both callbacks to hear of its end."""
        self.visit.clear()
        found = gc.collect(*arguments)
        self.assertTrue(wait_until(lambda: [v[1] for v in self.visit].count("stop") == 2))
        return found

    def test_collect(self):
        self.collect()
        self.assertEqual([v[0] for v in self.visit], [1, 2, 1, 2])
        self.assertEqual([v[1] for v in self.visit], ["start", "start", "stop", "stop"])
        for _, _, info in self.visit:
            self.assertEqual(set(info), {"generation", "collected", "uncollectable"})

    def test_collect_generation(self):
        for generation in range(3):
            self.collect(generation)
            for _, _, info in self.visit:
                self.assertEqual(info["generation"], generation)

    def test_collect_garbage(self):
        Loop()
        self.collect()
        for _, phase, info in self.visit:
            if phase == "stop":
                self.assertEqual((info["collected"], info["uncollectable"]), (1, 0))
        gc.set_debug(gc.DEBUG_SAVEALL)
        for _ in range(4):
            Loop()
        self.assertEqual(self.collect(), 4)
        gc.set_debug(0)
        for _, phase, info in self.visit:
            if phase == "stop":
                self.assertEqual(info["collected"] + info["uncollectable"], 4)
        self.assertEqual(len(gc.garbage), 4)
        for one in gc.garbage:
            self.assertIsInstance(one, Loop)
        del one
        # A callback may let them go.
        gc.callbacks.append(lambda phase, info: gc.garbage.clear())
        self.collect()
        self.assertEqual(gc.garbage, [])
        self.assertEqual(self.collect(), 4)


class GCTogglingTests(HeapTest):
    def setUp(self):
        super().setUp()
        gc.enable()

    def wait_for_collection(self, ouch):
        """Makes objects until the collector comes by itself."""
        junk = []
        detector = Detector()
        while not detector.gc_happened:
            self.assertLess(len(junk), 100000, "no collection")
            self.assertLessEqual(len(ouch), 1)
            junk.append(mheap.Object(slots=1))
            gc.poll()
        self.assertTrue(wait_until(lambda: len(ouch) == 1))

    def test_bug1055820c(self):
        c0 = Loop()
        gc.collect()
        # Only c1, which is young, keeps c0, which is old.
        c1 = Loop(keep=c0)
        del c0.loop
        c2 = Loop()
        c2wr = mheap.ref(c2)
        ouch = []
        c0wr = mheap.ref(c0, lambda _: ouch.append(c2wr()))
        del c0, c1, c2
        self.wait_for_collection(ouch)
        self.assertEqual(ouch, [None])
        self.assertIsNone(c0wr())

    def test_bug1055820d(self):
        ouch = []

        class D(Loop):
            def __finalize__(self):
                ouch.append(c2wr())

        d0 = D()
        gc.collect()
        c1 = Loop(keep=d0)
        del d0.loop
        c2 = Loop()
        c2wr = mheap.ref(c2)
        del d0, c1, c2
        self.wait_for_collection(ouch)
        # What is left of it, if anything, is whole.
        self.assertTrue(ouch[0] is None or ouch[0].loop is ouch[0])

    def test_indirect_calls_with_gc_disabled(self):
        self.wait_for_collection([None])
        gc.disable()
        # An automatic collection that is under way has ended, and is counted, behind one more.
        gc.collect()
        self.heap.settle()
        before = gc.get_stats()
        detector = Detector()
        junk = [mheap.Object(slots=1) for _ in range(2000)]
        gc.poll()
        self.assertFalse(detector.gc_happened)
        self.assertEqual(gc.get_stats(), before)
        del junk


class PythonFinalizationTests(ShutdownTest):
    def test_ast_fini(self):
        self.check_shutdown("import codecs\n"
                            "tree = mheap.Dict({'body': mheap.List([1, 'two'])})\n"
                            "x = mheap.List([tree])\n"
                            "x.append(x)\n"
                            "def search(encoding):\n    return None\n"
                            "search.a = x\n"
                            "codecs.register(search)\n")
