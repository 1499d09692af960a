# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
"""How a session listens to its heap's events and waits for them."""
import threading
import time
from unittest import mock

import mheap
from mheap import _library
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
