# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""The package where there is no device, and where there is no library."""
import errno
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import mheap
from mheap import _library, _value
from support import PACKAGE, TOP, run_python


@unittest.skipIf(os.path.exists("/dev/mheap"), "the module is loaded")
class NoDeviceTests(unittest.TestCase):
    def test_a_heap_says_that_the_module_is_not_loaded(self):
        for make in (mheap.Heap, mheap.default_heap, mheap.Object, mheap.List,
                     mheap.gc.collect, mheap.gc.get_threshold):
            with self.assertRaises(FileNotFoundError) as problem:
                make()
            self.assertEqual(problem.exception.errno, errno.ENOENT)
            self.assertEqual(problem.exception.filename, "/dev/mheap")
            self.assertIn("not loaded", str(problem.exception))

    def test_a_descriptor_that_is_none(self):
        with open("/dev/null", "rb") as null:
            with self.assertRaises(OSError):
                mheap.Heap.from_fd(null.fileno())

    def test_nothing_is_said_when_a_heap_that_failed_goes(self):
        done = run_python("import mheap\ntry:\n    mheap.Heap()\n"
                          "except FileNotFoundError:\n    print('no')\n")
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("no\n", "", 0))

    def test_what_is_no_object_needs_no_heap(self):
        self.assertEqual(_value.decode(*_value.encode("text")), "text")


class LibraryTests(unittest.TestCase):
    def test_a_library_that_is_not_there(self):
        done = subprocess.run([sys.executable, "-c", "import mheap"], check=False,
                              env=dict(os.environ, PYTHONPATH=PACKAGE,
                                       MHEAP_LIBRARY="/nowhere/libmheap.so.0"),
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("ImportError: cannot load libmheap", done.stderr)

    def test_a_call_that_the_library_does_not_have(self):
        _library._CALLS["mh_no_such_call"] = (None, [])
        try:
            self.assertFalse(mheap.supports("mh_no_such_call"))
            self.assertTrue(mheap.supports("mh_open", "mh_submit"))
            with self.assertRaises(mheap.NotSupported) as problem:
                _library.lib.mh_no_such_call()
            self.assertIn("mh_no_such_call", str(problem.exception))
        finally:
            del _library._CALLS["mh_no_such_call"]
        with self.assertRaises(AttributeError):
            _library.lib.mh_never_heard_of()

    def test_errors_are_pythons_own(self):
        for code, kind in ((errno.ENOMEM, MemoryError), (errno.ENOENT, FileNotFoundError),
                           (errno.EEXIST, FileExistsError), (errno.EACCES, PermissionError),
                           (errno.ENOTTY, mheap.NotSupported), (errno.ESTALE, OSError)):
            self.assertIs(type(_library.error(-code)), kind)


class ManualTests(unittest.TestCase):
    def test_the_manual_page_has_every_name(self):
        with open(os.path.join(TOP, "userspace", "man", "mheap-python.7"),
                  encoding="utf-8") as page:
            words = set(re.findall(r"\w+", page.read()))
        names = set(mheap.__all__)
        for one in (mheap.Heap, mheap.Object, mheap.Batch, mheap.Memory, mheap.Payload):
            names |= {name for name in dir(one) if not name.startswith("_")}
        # The type of a class, and a step of mheap.ref's.
        self.assertEqual(names - words, {"TYPE", "upgrade"})


class InstallTests(unittest.TestCase):
    def make(self, verb, folder):
        subprocess.run(["make", "-s", "-C", os.path.join(TOP, "userspace"), verb,
                        "PREFIX=/usr", f"DESTDIR={folder}",
                        "BUILD=" + os.path.join(TOP, "build")],
                       check=True, stdout=subprocess.DEVNULL)

    @unittest.skipUnless(shutil.which("make"), "no make")
    def test_what_is_installed_can_be_imported_and_goes_again(self):
        with tempfile.TemporaryDirectory() as folder:
            self.make("install", folder)
            path = os.path.join(folder, "usr/lib/python3/dist-packages")
            environment = {name: value for name, value in os.environ.items()
                           if name not in ("MHEAP_LIBRARY", "LD_LIBRARY_PATH")}
            done = subprocess.run(
                [sys.executable, "-c", "import mheap; print(mheap.__file__)"], cwd=folder,
                env=dict(environment, PYTHONPATH=path), capture_output=True, text=True,
                check=False)
            self.assertEqual((done.stdout.strip(), done.stderr),
                             (os.path.join(path, "mheap", "__init__.py"), ""))
            self.make("uninstall", folder)
            left = [os.path.join(at, name) for at, _, names in os.walk(folder)
                    for name in names]
            self.assertEqual(left, [])
