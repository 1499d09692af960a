# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""Documentation/cpython.md names only tests that there are; and the table of test_gc.py too."""
import os
import re
import unittest
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader

from support import HERE, TOP

_loader = SourceFileLoader("facilities", os.path.join(TOP, "tests", "check", "facilities"))
facilities = module_from_spec(spec_from_loader("facilities", _loader))
_loader.exec_module(facilities)


def row(proof):
    return "| CPython's | ours | " + proof + " |\n"


GOOD = "`tests/host/test_cpython.c: eight_self_loops`"


class FacilityTests(unittest.TestCase):
    def test_every_row_names_a_test_that_is_there(self):
        with open(os.path.join(TOP, "Documentation", "cpython.md"), encoding="utf-8") as table:
            self.assertEqual(list(facilities.problems(table.read())), [])

    def test_a_row_without_a_test_is_found(self):
        for proof, problem in (("no proof", "no test"), ("`tests/host/none.c: x`", "there is no"),
                               ("`tests/host/test_cpython.c: eight_self`", "has no test"),
                               (GOOD + " `README.md: mheap`", "has no test"),
                               ("`tests/cli/library.c: Not of this domain`", "has no test"),
                               ("`tests/cli/library.c: check_domain`", "has no test"),
                               ("`tests/python/test_gc.py: make_class`", "has no test"),
                               ("`tests/python/test_heap.py: in_child`", "has no test"),
                               ("`tests/python/test_heap.py: HeapTest`", "has no test"),
                               ("`tests/selftests/ops.c: session_new`", "has no test"),
                               ("`tests/cli/device_snapshot.sh: python3`", "has no test")):
            found = list(facilities.problems(row(GOOD) * 50 + row(proof)))
            self.assertEqual(len(found), 1, proof)
            self.assertIn(problem, found[0])

    def test_each_way_to_define_a_test_is_known(self):
        for proof in (GOOD, "`tests/host/test_cpython.c: eight self-loops give eight`",
                      "`tests/selftests/ops.c: id_is_never_seen_twice`",
                      "`tests/cli/library.c: test_memory`",
                      "`tests/cli/device_snapshot.sh: diff: by site`",
                      "`tests/python/test_examples.py: eight`",
                      "`tests/python/test_heap.py: test_a_limit_is_kept`",
                      "`tests/kunit/kapi_allocators.c: objects_come_from_the_allocator_of_their_heap`"):
            self.assertEqual(list(facilities.problems(row(GOOD) * 50 + row(proof))), [], proof)

    def test_a_table_that_cannot_be_read_is_found(self):
        self.assertEqual(list(facilities.problems(row(GOOD) * 50)), [])
        self.assertEqual(len(list(facilities.problems("no table"))), 1)


class PortedTests(unittest.TestCase):
    def test_what_is_said_to_be_ported_is(self):
        with open(os.path.join(HERE, "test_gc.py"), encoding="utf-8") as file:
            text = file.read()
        table = re.findall(r"^  (test_\w+) +(ported|no:)", text, re.M)
        self.assertEqual(len(table), 51)
        ported = {name for name, verdict in table if verdict == "ported"}
        self.assertGreaterEqual(len([1 for _, verdict in table if verdict == "ported"]), 45)
        self.assertEqual(ported, set(re.findall(r"def (test_\w+)\(self\)", text)))
