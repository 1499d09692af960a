# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""The examples print what they say."""
import os
import subprocess
import sys
import unittest

from support import PACKAGE, PATIENCE, TOP

EXAMPLES = os.path.join(TOP, "userspace", "examples", "python")

# What each prints.
EXPECTED = {
    "eight": """\
8 objects are there
8 were unreachable
0 objects are there
""",
    "thresholds": """\
(700, 10, 10)
(900, 15, 15)
(5, 0, 0) five lists more than there were
(0, 1, 0) one collection of the youngest
[1, 1, 1, 1, 1] where the lists are now
""",
    "refcount": """\
2 2 the variable and the argument
3 3 another variable
4 4 an item of a list
2 2 all of that gone
1 in the kernel, where this program counts once
""",
    "identity": """\
True True another name for it
False False True another list with the same items
True what went in comes out
""",
    "weak": """\
True while there is a variable
True the cycle keeps itself
None after a collection
""",
    "share": """\
['from the child']
1 unreachable object was the child's
""",
    "finalizer": """\
finalizer of Lazarus
0 freed: its finalizer kept it
1 freed: there is no second time
""",
    "callbacks": """\
the list is dead
start of generation 2 collected 0
stop of generation 2 collected 1
""",
    "leak": """\
1 list was unreachable, and is in gc.garbage
True it refers to the name
True and that is what it refers to
1 freed, now that nobody keeps it
""",
    "freeze": """\
100 objects in the permanent generation
[] in the others
100 objects in the oldest generation
""",
    "ephemeron": """\
about it, as long as the key is there
None None
""",
    "memory": """\
b'hello\\x00\\x00\\x00' what is added is zero
hello! written from another buffer
68656c6c 6f210000 seen through a memoryview
[] nothing that the collector knows
0 blocks behind the with statement
""",
    "limits": """\
100 objects of 100
a collection has made room: 99 freed
100 objects of 100
No space left on device: operation 0 of the batch
""",
}


class ExampleTests(unittest.TestCase):
    def test_every_example_is_here(self):
        there = {name[:-3] for name in os.listdir(EXAMPLES) if name.endswith(".py")}
        self.assertEqual(there, set(EXPECTED))


def example(name, expected):
    def test(self):
        environment = dict(os.environ, PYTHONPATH=PACKAGE, PYTHONDONTWRITEBYTECODE="1")
        done = subprocess.run([sys.executable, os.path.join(EXAMPLES, name + ".py")],
                              env=environment, capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
        self.assertEqual((done.stdout, done.stderr, done.returncode), (expected, "", 0))
    return test


for _name, _expected in EXPECTED.items():
    setattr(ExampleTests, "test_" + _name, example(_name, _expected))
