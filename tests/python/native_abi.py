# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""The package's structs and numbers are those of <linux/mheap.h>, as a C compiler sees it."""
import ctypes
import os
import re
import subprocess
import tempfile
import unittest

from mheap import _abi, _library
from support import TOP

HEADER = os.path.join(TOP, "uapi", "linux", "mheap.h")

with open(HEADER, encoding="utf-8") as _file:
    TEXT = _file.read()


def evaluate(expressions):
    """The values of C expressions."""
    lines = "".join(f'\tprintf("%llu\\n", (unsigned long long)({one}));\n'
                    for one in expressions)
    source = ("#include <stddef.h>\n#include <stdio.h>\n#include <linux/mheap.h>\n"
              "int main(void)\n{\n" + lines + "\treturn 0;\n}\n")
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "program")
        subprocess.run(["cc", "-x", "c", "-", "-o", program, "-I", os.path.join(TOP, "uapi")],
                       input=source, text=True, check=True)
        done = subprocess.run([program], capture_output=True, text=True, check=True)
    return [int(line) for line in done.stdout.split()]


def in_header(name):
    return re.search(rf"\b{name}\b", TEXT) is not None


class StructTests(unittest.TestCase):
    """One test a struct, added below."""


def struct_test(name, ours):
    def test(self):
        if not in_header(f"struct {name} {{"[:-2]):
            self.skipTest(f"the header has no struct {name}")
        fields = [field[0] for field in ours._fields_ if field[0] not in ("place",)]
        fields += ["expected", "offset"] if name == "mheap_op" else []
        expressions = [f"sizeof(struct {name})"]
        for field in fields:
            expressions += [f"offsetof(struct {name}, {field})",
                            f"sizeof(((struct {name} *)0)->{field})"]
        values = evaluate(expressions)
        size = values.pop(0)
        if name == "mheap_stats":
            # It may have grown; what is there must be what was there first.
            self.assertEqual(ctypes.sizeof(ours), evaluate(["MHEAP_STATS_SIZE_0"])[0])
            self.assertLess(size, ctypes.sizeof(_abi.StatsBuffer))
        else:
            self.assertEqual(ctypes.sizeof(ours), size)
        for field, offset, length in zip(fields, values[::2], values[1::2]):
            with self.subTest(field=field):
                mine = getattr(ours, field)
                self.assertEqual((mine.offset, mine.size), (offset, length))
    return test


for _name, _ours in _abi.STRUCTS.items():
    setattr(StructTests, "test_" + _name, struct_test(_name, _ours))


class NumberTests(unittest.TestCase):
    def compare(self, prefix):
        ours = {name: value for name, value in vars(_abi).items()
                if name.startswith(prefix) and isinstance(value, int)}
        self.assertTrue(ours)
        missing = [name for name in ours if not in_header("MHEAP_" + name)]
        there = {name: value for name, value in ours.items() if name not in missing}
        values = evaluate("MHEAP_" + name for name in there)
        self.assertEqual(there, dict(zip(there, values)))
        if missing:
            self.skipTest("the header has no MHEAP_" + ", MHEAP_".join(missing))

    def test_operations(self):
        self.compare("OP_")

    def test_objects(self):
        self.compare("OBJECT_")

    def test_events(self):
        self.compare("EVENT_")

    def test_debug_flags(self):
        self.compare("DEBUG_")

    def test_enumeration(self):
        self.compare("ENUMERATE_")

    def test_limits(self):
        for name in ("BATCH_", "IO_", "SLOTS_", "LENGTH_", "GENERATIONS", "THRESHOLD_", "ROOT_",
                     "RESULT_", "SUBMIT_"):
            self.compare(name)


class CallTests(unittest.TestCase):
    def test_calls_are_declared_as_in_the_librarys_header(self):
        """As many arguments as there; what is missing there is for the tests that need it."""
        path = os.path.join(TOP, "userspace", "lib", "mheap.h")
        with open(path, encoding="utf-8") as header:
            text = header.read()
        found = 0
        for name, (_, arguments) in _library._CALLS.items():
            match = re.search(rf"^[a-z][\w ]*[ *]{name}\(([^)]*)\);", text, re.M)
            if match is None:
                continue
            found += 1
            with self.subTest(call=name):
                self.assertEqual(len(arguments), len(match.group(1).split(",")))
        self.assertGreater(found, 15)
