# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""The package's structs and numbers are those of <linux/mheap.h>, as a C compiler sees it."""
import ctypes
import os
import re
import subprocess
import tempfile
import unittest
from ctypes import Union

import mheap
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


def fields_in_header(name):
    """The names of a struct's fields, in order."""
    body = re.search(rf"^struct {name} \{{(.*?)^\}};", TEXT, re.M | re.S).group(1)
    return re.findall(r"(\w+)(?:\[\w+\])?;", body)


class StructTests(unittest.TestCase):
    """One test a struct, added below."""


def struct_test(name, ours):
    def test(self):
        fields = []
        for field, kind in ours._fields_:
            fields += [one for one, _ in kind._fields_] if issubclass(kind, Union) else [field]
        self.assertEqual(fields, fields_in_header(name))
        expressions = [f"sizeof(struct {name})"]
        for field in fields:
            expressions += [f"offsetof(struct {name}, {field})",
                            f"sizeof(((struct {name} *)0)->{field})"]
        values = evaluate(expressions)
        size = values.pop(0)
        self.assertEqual(ctypes.sizeof(ours), size)
        if name == "mheap_stats":
            # A newer library may write more.
            self.assertLess(size, ctypes.sizeof(_abi.StatsBuffer))
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
        values = evaluate("MHEAP_" + name for name in ours)
        self.assertEqual(ours, dict(zip(ours, values)))

    def test_operations(self):
        self.compare("OP_")

    def test_objects(self):
        self.compare("OBJECT_")

    def test_events(self):
        self.compare("EVENT_")

    def test_debug_flags(self):
        self.compare("DEBUG_")

    def test_profile(self):
        self.compare("PROFILE_")

    def test_enumeration(self):
        self.compare("ENUMERATE_")

    def test_limits(self):
        for name in ("BATCH_", "IO_", "SLOTS_", "LENGTH_", "GENERATIONS", "THRESHOLD_", "ROOT_",
                     "RESULT_", "SUBMIT_"):
            self.compare(name)


class CallTests(unittest.TestCase):
    def test_every_call_is_in_the_library(self):
        missing = [name for name in _library._CALLS if not mheap.supports(name)]
        self.assertEqual(missing, [])

    def test_calls_are_declared_as_in_the_librarys_header(self):
        path = os.path.join(TOP, "userspace", "lib", "mheap.h")
        with open(path, encoding="utf-8") as header:
            text = header.read()
        for name, (_, arguments) in _library._CALLS.items():
            match = re.search(rf"^[a-z][\w ]*[ *]{name}\(([^)]*)\);", text, re.M)
            with self.subTest(call=name):
                self.assertIsNotNone(match)
                self.assertEqual(len(arguments), len(match.group(1).split(",")))
