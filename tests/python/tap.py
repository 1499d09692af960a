#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""Run unittest modules of this directory and print TAP.

	tests/python/tap.py [--after N] [--part] MODULE[.CLASS[.TEST]]...

--after N lets the numbers begin at N + 1; --part leaves out the plan at the end, because
more follows.
"""
import argparse
import os
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [HERE, os.path.join(HERE, "..", "..", "userspace", "python")]


class TapResult(unittest.TestResult):
    """A line for each test, and what went wrong behind it."""

    def __init__(self, after):
        super().__init__()
        self.count = after

    def line(self, verdict, test, rest=""):
        self.count += 1
        name = test.id() if hasattr(test, "id") else str(test)
        print(f"{verdict} {self.count} - {name}{rest}", flush=True)

    def trouble(self, test, problem):
        self.line("not ok", test)
        for line in self._exc_info_to_string(problem, test).splitlines():
            print(f"# {line}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.line("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.trouble(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self.trouble(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.trouble(subtest, err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.line("ok", test, f" # SKIP {reason}")

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.line("ok", test)

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.line("not ok", test)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--after", type=int, default=0)
    parser.add_argument("--part", action="store_true")
    parser.add_argument("modules", nargs="+")
    arguments = parser.parse_args()
    result = TapResult(arguments.after)
    for name in arguments.modules:
        begin = time.monotonic()
        unittest.defaultTestLoader.loadTestsFromName(name).run(result)
        print(f"# {name}: {time.monotonic() - begin:.1f} s", flush=True)
    if not arguments.part:
        print(f"1..{result.count}")
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)


if __name__ == "__main__":
    main()
