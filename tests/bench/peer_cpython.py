#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The benchmark's contender CPython (module gc), as it comes:

    shapes SHAPE OBJECTS | peer_cpython.py full|young|pause SHAPE

An object is an instance of a class with four __slots__, empty where the graph
has no edge, and 16 bytes of payload in the instance itself, which is what
deriving from complex gives. Of the ways that Python has to write "four
references and 16 bytes" this is the fastest to collect and the smallest; tried
besides, and slower in every shape: a bytes object in a fifth slot, slots that
hold None, a list of four elements and bytes. The roots are held by a list that
is older than the objects: were it younger, the collector would at first take
all objects for garbage and turn their list upside down, which makes rings
three times slower.

Automatic collection is off while the graph is built. Printed, per object:

live_ns  gc.collect() while everything is reachable, median of several
dead_ns  gc.collect() after the roots have been cleared

and for "young", per collection, the graph being in the oldest generation

young_ns  gc.collect(0) of 700 dead rings of four, median of several

and for "pause", with everything reachable

pause_ns  gc.collect() of all objects, for which the program stands still: the
          shortest of three, by the processor's time, so that what others take of
          a busy machine is not in it

gc.collect() of the bare interpreter is subtracted from the figures of full
collections; gc.collect(0) looks at young objects only, so nothing is there.
Start it with python3 -I -S, so that the bare interpreter is small.
"""

import gc
import json
import platform
import sys
import time
from array import array
from statistics import median

ROUNDS = 5
YOUNG_RINGS = 700
YOUNG_ROUNDS = 201
NONE = 0xFFFFFFFF


class Node(complex):
    __slots__ = ("a", "b", "c", "d")


def collect(generation=2):
    begin = time.process_time_ns()
    found = gc.collect(generation)
    return time.process_time_ns() - begin, found


def build(held, roots, edges):
    nodes = [Node() for _ in range(len(edges) // 4)]
    edge = iter(edges)
    for node, a, b, c, d in zip(nodes, edge, edge, edge, edge):
        if a != NONE:
            node.a = nodes[a]
        if b != NONE:
            node.b = nodes[b]
        if c != NONE:
            node.c = nodes[c]
        if d != NONE:
            node.d = nodes[d]
    for i, root in enumerate(roots):
        held[i] = nodes[root]


def read_graph():
    graph = array("I")
    graph.frombytes(sys.stdin.buffer.read())
    n, count = graph[:2]
    roots = graph[2 : 2 + count]
    edges = graph[2 + count :]
    assert graph.itemsize == 4 and len(edges) == 4 * n
    return n, roots, edges


def full(shape):
    n, roots, edges = read_graph()
    held = [None] * len(roots)
    collect()
    empty = median(collect()[0] for _ in range(ROUNDS))

    build(held, roots, edges)
    assert collect()[1] == 0
    live = median(collect()[0] for _ in range(ROUNDS))
    held.clear()
    dead, found = collect()
    assert found == n, found
    return {
        "shape": shape,
        "n": n,
        "live_ns": round((live - empty) / n, 3),
        "dead_ns": round((dead - empty) / n, 3),
        "empty_ns": round(empty / n, 3),
        # With the collector's header, which getsizeof() knows of.
        "bytes_per_object": sys.getsizeof(Node()),
    }


def young(shape):
    n, roots, edges = read_graph()
    held = [None] * len(roots)
    build(held, roots, edges)
    collect()
    times = []
    for _ in range(YOUNG_ROUNDS):
        for _ in range(YOUNG_RINGS):
            a, b, c, d = Node(), Node(), Node(), Node()
            a.a, b.a, c.a, d.a = b, c, d, a
        a = b = c = d = None
        spent, found = collect(0)
        assert found == 4 * YOUNG_RINGS, found
        times.append(spent)
    return {"shape": shape, "old": n, "rings": YOUNG_RINGS, "young_ns": median(times)}


def pause(shape):
    n, roots, edges = read_graph()
    held = [None] * len(roots)
    build(held, roots, edges)
    del edges
    collect()
    return {"shape": shape, "n": n, "pause_ns": min(collect()[0] for _ in range(3))}


def main():
    gc.disable()
    measures = {"full": full, "young": young, "pause": pause}
    if len(sys.argv) != 3 or sys.argv[1] not in measures:
        sys.exit("usage: shapes SHAPE OBJECTS | peer_cpython.py full|young|pause SHAPE")
    result = measures[sys.argv[1]](sys.argv[2])
    print(json.dumps({"contender": "cpython", "version": platform.python_version()} | result))


main()
