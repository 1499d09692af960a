# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""How a session listens to its heap's events and waits for them."""
import signal
import threading
import time
from unittest import mock

import mheap
from mheap import _events, _library
from support import PATIENCE, HeapTest, wait_until


class ListenTests(HeapTest):
    def test_threads_that_begin_to_listen_at_once_hear_all(self):
        listen, seen = _library.lib.mh_listen, []

        def slow(session, kinds):
            time.sleep(0.05)
            code = listen(session, kinds)
            time.sleep(0.05)
            return code

        first, second = mheap.Object(slots=1), mheap.Object(slots=1)
        found = []
        acts = (lambda: first.set_finalizer(lambda _: seen.append("finalizer")),
                lambda: found.append(mheap.ref(second, lambda _: seen.append("ref"))),
                lambda: mheap.gc.callbacks.append(lambda *_: seen.append("collection")),
                lambda: setattr(self.heap, "on_limit", lambda *_: seen.append("limit")))
        with mock.patch.object(_library.lib, "mh_listen", slow):
            threads = [threading.Thread(target=act) for act in acts]
            for one in threads:
                one.start()
            for one in threads:
                one.join(PATIENCE)
        del first, second
        mheap.gc.collect()
        self.heap.limits = {"objects": 1}
        with self.assertRaises(OSError):
            mheap.List([1, 2])
        self.assertTrue(wait_until(lambda: set(seen) == {"finalizer", "ref", "collection",
                                                         "limit"}))

    def test_what_cannot_be_listened_to_is_not(self):
        events = self.heap._events
        with mock.patch.object(_library.lib, "mh_listen", lambda *_: -12):
            with self.assertRaises(MemoryError):
                self.heap.on_limit = print
        self.assertIsNone(self.heap.on_limit)
        self.assertEqual((events._listening, events._wanted), (0, 0))


class WaitTests(HeapTest):
    def setUp(self):
        super().setUp()
        self.heap.on_limit = lambda *_: None        # so that there is something to wait for

    def test_signals_do_not_make_it_longer(self):
        signal.signal(signal.SIGALRM, lambda *_: None)
        self.addCleanup(signal.signal, signal.SIGALRM, signal.SIG_DFL)
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)
        calls = []
        real = _library.lib.mh_next_event

        def counted(session, event, wait):
            calls.append(wait)
            if len(calls) > 1000:
                raise AssertionError("it waits on and on")
            return real(session, event, wait)

        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        begin = time.monotonic()
        with mock.patch.object(_library.lib, "mh_next_event", counted):
            self.assertEqual(self.heap.poll(0.4), 0)
        self.assertGreaterEqual(time.monotonic() - begin, 0.4)
        self.assertLess(calls[-1], 400)
        self.assertEqual(calls, sorted(calls, reverse=True))

    def test_a_time_is_as_long_as_it_is(self):
        waits = []

        def none_yet(_session, _event, wait):
            waits.append(wait)
            return 1 if len(waits) % 2 == 0 or 0 <= wait < 10 ** 9 else 0

        with mock.patch.object(_library.lib, "mh_next_event", none_yet):
            for timeout in (3e6, 1e300):
                self.assertEqual(_events._next(None, _events._abi.Event(), timeout), 1)
            self.assertEqual(max(waits), (1 << 31) - 1)
            self.assertGreater(min(waits), 10 ** 9)
            del waits[:]
            for timeout in (None, float("inf"), 0, -1, 0.0001):
                _events._next(None, _events._abi.Event(), timeout)
        self.assertEqual(waits, [-1, -1, 0, 0, 1])
        with self.assertRaises(ValueError):
            self.heap.poll(float("nan"))
