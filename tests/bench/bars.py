#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Prints the bars of DESIGN section 10 beside what was reached.

    bars.py DIRECTORY OUTPUT.json

DIRECTORY has what tests/bench/run measured, one JSON object a line. Figures of
several rounds are medians. A verdict is "met", "not met" or "not measured",
with the reason.
"""

import json
import math
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median

SHAPES = ("tree", "list", "shuffled", "random", "rings")
LOCAL = ("tree", "list", "rings")
SLOTS = 4
PAYLOAD = 16
CHARGED = ", memory charged to a control group"


def read(path):
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


def medians(records, keys, values):
    """{(value of each key): {value: median}}"""
    found = defaultdict(lambda: defaultdict(list))
    for record in records:
        for value in values:
            found[tuple(record[key] for key in keys)][value].append(record[value])
    return {
        key: {value: median(numbers) for value, numbers in columns.items()}
        for key, columns in found.items()
    }


def geometric_mean(numbers):
    numbers = list(numbers)
    return math.exp(sum(map(math.log, numbers)) / len(numbers))


def figure(number):
    if number is None:
        return "-"
    if number >= 1000:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}"


class Bars:
    """The rows of the table."""

    def __init__(self):
        self.rows = []

    def add(self, what, bar, reached, unit, peer, peer_name, ratio, verdict):
        if isinstance(verdict, bool):
            verdict = "met" if verdict else "not met"
        self.rows.append(
            {
                "what": what,
                "bar": bar,
                "reached": reached,
                "unit": unit,
                "peer": peer,
                "peer_name": peer_name,
                "ratio": ratio,
                "verdict": verdict,
            }
        )

    def faster(self, what, factor, reached, unit, peer, peer_name):
        """At least so many times faster than the peer."""
        ratio = peer / reached
        self.add(what, f"{factor} x faster", reached, unit, peer, peer_name, ratio, ratio >= factor)

    def dearer(self, what, factor, reached, unit, peer, peer_name):
        """At most so many times the peer's cost."""
        ratio = reached / peer
        self.add(what, f"{factor} x at most", reached, unit, peer, peer_name, ratio, ratio <= factor)

    def missing(self, what, bar, why):
        self.add(what, bar, None, "", None, "", None, f"not measured: {why}")


def add_full(bars, full):
    """Full collections beside the other collectors."""
    if not full:
        bars.missing("full collections", "", "there are no figures")
        return
    n = full[("mheap", "list")]["n"]

    def compare(column, peer, peer_name, what, mean, every, random=None):
        ours = {shape: full[("mheap", shape)][column] for shape in SHAPES}
        theirs = {shape: full[(peer, shape)][column] for shape in SHAPES}
        worst = min(SHAPES, key=lambda shape: theirs[shape] / ours[shape])
        head = f"full collection, {n:,.0f} {what}"
        bars.faster(f"{head}, geometric mean", mean, geometric_mean(ours.values()), "ns/object",
                    geometric_mean(theirs.values()), peer_name)
        bars.faster(f"{head}, every shape: worst is {worst}", every, ours[worst], "ns/object",
                    theirs[worst], peer_name)
        if random:
            bars.faster(f"{head}, random", random, ours["random"], "ns/object",
                        theirs["random"], peer_name)

    compare("live_ns", "cpython", "CPython", "live", 8, 3.5, 30)
    compare("live_ns", "boehm", "Boehm", "live", 2.5, 1.5)
    compare("dead_ns", "cpython", "CPython", "garbage", 40, 12)


def add_young(bars, young):
    if not young:
        bars.missing("young collections", "", "there are no figures")
        return
    few, many = sorted(old for contender, old in young if contender == "mheap")
    spent = {key: value["young_ns"] / 1000 for key, value in young.items()}
    bars.faster("young collection of 700 dead rings", 4, spent[("mheap", few)], "us",
                spent[("cpython", few)], "CPython")
    bars.dearer(f"the same with {many:,} old objects against {few:,}", 1.15,
                spent[("mheap", many)], "us", spent[("mheap", few)], f"with {few:,}")


def machine_alone(record):
    """The longer of what the clock alone and the clock with some memory took."""
    return {value: max(record["control"][value], record["look"][value])
            for value in ("p99", "max")}


def add_stalls(bars, stalls, pauses, where):
    """Operations beside full collections; beside young ones is in a table of its own."""
    what = f"stall of one operation beside full collections, {where}"
    full = {n: record for (w, kind, n), record in stalls.items() if (w, kind) == (where, "full")}
    if not full:
        why = "there are no figures" if where == "core" else "without User-mode Linux"
        bars.missing(f"{what}, p99", "10 us at most", why)
        bars.missing(f"{what}, maximum", "1/1000 of CPython's pause", why)
        return
    n = max(full)
    spent, control = full[n]["operations"], machine_alone(full[n])
    bars.add(f"{what}, {n:,} objects, p99", "10 us at most", spent["p99"] / 1000, "us",
             control["p99"] / 1000, "machine alone", spent["p99"] / 10000, spent["p99"] <= 10000)
    limit = pauses[n]["pause_ns"] / 1000 if n in pauses else None
    if not limit:
        bars.missing(f"{what}, maximum", "1/1000 of CPython's pause", "CPython was not measured")
    else:
        met = spent["max"] <= limit
        verdict = "met" if met else "not met"
        if not met and control["max"] > limit:
            verdict += ", but neither does the machine alone"
        bars.add(f"{what}, {n:,} objects, maximum",
                 f"1/1000 of CPython's pause: {limit / 1000:,.0f} us", spent["max"] / 1000, "us",
                 control["max"] / 1000, "machine alone", spent["max"] / limit, verdict)
    few = min(full)
    bars.add(f"the same p99 with {n:,} objects against {few:,}", "no bar", spent["p99"] / 1000, "us",
             full[few]["operations"]["p99"] / 1000, f"with {few:,}",
             spent["p99"] / full[few]["operations"]["p99"], "for information")


def add_snapshots(bars, stalls, where):
    found = {n: record for (w, kind, n), record in stalls.items() if (w, kind) == (where, "snapshot")}
    for n, record in sorted(found.items()):
        spent, control = record["operations"], machine_alone(record)
        bars.add(f"stall of one operation beside snapshots, {where}, {n:,} objects, p99",
                 "10 us at most", spent["p99"] / 1000, "us", control["p99"] / 1000,
                 "machine alone", spent["p99"] / 10000, spent["p99"] <= 10000)


def add_floating(bars, floating, where):
    what = f"floating garbage of a collection beside a busy program, {where}"
    found = {n: record for (w, n), record in floating.items() if w == where}
    if not found:
        bars.missing(what, "10 % at most",
                     "there are no figures" if where == "core" else "without User-mode Linux")
        return
    for n, record in sorted(found.items()):
        share = 100 * record["left"] / record["collections"] / record["objects"]
        made = 100 * record["made"] / record["collections"] / record["objects"]
        bars.add(f"{what}, {n:,} objects", "10 % at most", share, "% of the heap", made,
                 "% made meanwhile", share / 10, share <= 10)


def add_concurrent(bars, stalls, floating, pauses):
    for where in ("core", "module"):
        add_stalls(bars, stalls, pauses, where)
        add_snapshots(bars, stalls, where)
    for where in ("core", "module"):
        add_floating(bars, floating, where)


def add_ceiling(bars, ceiling):
    """A producer of cycles at full speed, and innocents beside it."""
    what = "garbage beside a producer of cycles"
    if not ceiling:
        bars.missing(what, "below the ceiling", "there are no figures")
        return
    allowed = max(ceiling["alive"] * ceiling["percent"] / 100, 8 << 20)
    over = max(ceiling["beyond"], 0)
    bars.add(what, f"below the ceiling of {ceiling['percent']} %", over / 1024, "KiB beyond it",
             allowed / 1024, "KiB allowed", over / allowed, over <= allowed / 100)
    for who, where in (("same", "in the same heap"), ("other", "in another heap")):
        busy, quiet = ceiling[f"{who}_busy"], ceiling[f"{who}_quiet"]
        bars.add(f"innocent session {where} beside it, p99", "2 x its quiet figure at most",
                 busy["p99"] / 1000, "us", quiet["p99"] / 1000, "quiet",
                 busy["p99"] / quiet["p99"], busy["p99"] <= 2 * quiet["p99"])


def add_instructions(bars, cost):
    """Instructions of operations beside the kernel's own calls."""
    pairs = [("store", "batch", 120), ("load+drop", "pairs", 160), ("dup+drop", "pairs", 100)]
    if ("root", "batch", "store") not in cost:
        why = "without the virtual machine (--no-vm)" if not cost else "the module was not there"
        bars.missing("new+drop in a batch of 64", "2 x at most", why)
        for name, _, limit in pairs:
            bars.missing(f"{name} in a batch of 64", f"{limit} at most", why)
        bars.missing("a one-operation call", "1.5 x at most", why)
        return

    bars.dearer("new+drop in a batch of 64", 2, cost[("root", "pairs", "new+drop")], "instructions",
                cost[("root", "kernel", "kmem_cache")], "kmem_cache pair")
    bars.dearer("new+drop in a batch of 64" + CHARGED, 2, cost[("child", "pairs", "new+drop")],
                "instructions", cost[("child", "kernel", "kmem_cache_account")],
                "kmem_cache pair, charged")
    for group, suffix, cache in (("root", "", "kmem_cache"),
                                 ("child", CHARGED, "kmem_cache_account")):
        bars.dearer("new+drop by the interface in the kernel, in a batch of 64" + suffix, 1.5,
                    cost[(group, "interface", "pair")], "instructions",
                    cost[(group, "kernel", cache)], "kmem_cache pair" + ", charged" * bool(suffix))
    for name, kind, limit in pairs:
        reached = max(cost[(group, kind, name)] for group in ("root", "child"))
        verdict = "met" if reached <= limit else "not met"
        if kind == "pairs" and limit < reached <= 2 * limit:
            verdict += " by the pair; met if each of the two is an operation"
        bars.add(f"{name} in a batch of 64", f"{limit} at most", reached, "instructions", None, "",
                 reached / limit, verdict)
    for group, suffix in (("root", ""), ("child", CHARGED)):
        # A temporary object is made and dropped, so that is two operations.
        ones = {name: c for (g, kind, name), c in cost.items()
                if (g, kind) == (group, "one") and "temporary" not in name}
        dearest = max(ones, key=ones.get)
        bars.dearer(f"a one-operation call, the dearest: {dearest}{suffix}", 1.5, ones[dearest],
                    "instructions", cost[(group, "ioctl", "empty")], "empty ioctl")


def add_bytes(bars, sizes, full):
    what = f"bytes beyond the payload, {SLOTS} slots"
    limit = 24 + 4 * SLOTS
    bar = f"{limit} at most"
    peer = full[("cpython", "list")]["bytes_per_object"] - PAYLOAD if full else None

    def add(how, reached, doubt=0.0):
        bars.add(f"{what}, {how}", bar, reached, "bytes", peer, "CPython",
                 reached / peer if peer else None, reached <= limit + doubt)

    if not sizes:
        bars.missing(what, bar, "needs the module in the virtual machine")
        return
    add("as the module counts", sizes["root"]["charged"] - PAYLOAD)
    for group, suffix in (("root", ""), ("child", CHARGED)):
        # Half a byte of doubt: pages that are only begun, other programs' memory.
        add(f"by the memory that is gone{suffix}",
            sizes[group]["memory"] / sizes[group]["objects"] - PAYLOAD, 0.5)


def add_scale(bars, scale):
    if not scale:
        bars.missing("cost per object as the heap grows", "", "there are no figures")
        return
    few, many = sorted({n for _, _, n in scale})
    for shapes, factor in ((LOCAL, 1.3), (("random",), 4.5), (("shuffled",), 4.5)):
        ratio = {s: scale[("mheap", s, many)]["live_ns"] / scale[("mheap", s, few)]["live_ns"]
                 for s in shapes}
        worst = max(shapes, key=ratio.get)
        kind = f"local shapes: worst is {worst}" if len(shapes) > 1 else worst
        bars.dearer(f"cost per object, {many:,} against {few:,}, {kind}", factor,
                    scale[("mheap", worst, many)]["live_ns"], "ns/object",
                    scale[("mheap", worst, few)]["live_ns"], f"with {few:,}")


def print_table(head, rows):
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for number, row in enumerate([head, *rows]):
        cells = [cell.ljust(width) for cell, width in zip(row, widths)]
        print("  ".join(cells).rstrip())
        if not number:
            print("  ".join("-" * width for width in widths))
    print()


def print_full(full):
    if not full:
        return
    contenders = ("mheap", "cpython", "boehm", "mheap, huge pages")
    n = full[("mheap", "list")]["n"]
    print(f"Full collection of {n:,.0f} objects, ns of processor time per object: live, garbage")
    print("(huge pages: as in the kernel's direct map; all others with what malloc gives)")
    rows = [
        [shape]
        + [figure(full[(contender, shape)][column])
           for contender in contenders for column in ("live_ns", "dead_ns")]
        for shape in SHAPES
    ]
    head = ["shape", "mheap live", "dead", "CPython live", "dead", "Boehm live", "dead",
            "mheap, huge pages live", "dead"]
    print_table(head, rows)


def print_stalls(stalls, pauses):
    if not stalls:
        return
    print("Operations, one at a time, beside collections or snapshots back to back, us of time that")
    print("passes. In every other 67 ms the program does nothing but read the clock, or the clock")
    print("and an object's memory: what is as long there is the machine's doing")
    values = ("p50", "p99", "p999", "max")
    rows = []
    for (where, kind, n), record in sorted(stalls.items()):
        row = [where, kind, f"{n:,}", figure(record["collections"]["n"]),
               figure(record["collections"]["p50"] / 1e6),
               figure(record["alone"] / 1e6) if kind == "full" else "-",
               figure(pauses[n]["pause_ns"] / 1e6) if kind == "full" and n in pauses else "-",
               f"{record['stalls']:,}, {record['stalls_over_8us']:,}"]
        for name, act in (("operations", "operations"), ("memory", "look"), ("clock", "control")):
            rows.append(row + [name] + [figure(record[act][value] / 1000) for value in values]
                        + [f"{record[act]['over_10us']:,} of {record[act]['n']:,}"])
            row = [""] * len(row)
    print_table(["where", "beside", "objects", "how many", "ms each", "alone", "CPython, ms",
                 "stalls, over 8 us", "what", "p50", "p99", "p99.9", "max", "over 10 us"], rows)


def print_instructions(cost):
    if not cost:
        return
    what = {
        "kernel": "kernel call",
        "interface": "interface in the kernel",
        "ioctl": "empty call",
        "one": "one operation in a call",
        "batch": "64 operations in a call, each",
        "pairs": "32 pairs of operations in a call, each pair",
    }
    print("Instructions, in the root control group and (memory charged) in another one")
    rows = [
        [what[kind], name, figure(value), figure(cost.get(("child", kind, name)))]
        for (group, kind, name), value in cost.items()
        if group == "root"
    ]
    print_table(["what", "name", "root", "another"], rows)


def print_bars(bars):
    print("The bars of DESIGN section 10")
    print("(ratio: to the peer, or to the bar where there is none)")
    rows = []
    for row in bars.rows:
        reached = figure(row["reached"])
        peer = figure(row["peer"])
        rows.append([
            row["what"],
            row["bar"],
            f"{reached} {row['unit']}".strip() if row["reached"] is not None else "-",
            f"{peer} {row['peer_name']}" if row["peer"] is not None else "-",
            figure(row["ratio"]),
            row["verdict"],
        ])
    print_table(["what", "bar", "reached", "peer", "ratio", "verdict"], rows)
    verdicts = [row["verdict"] for row in bars.rows]
    met = sum(verdict == "met" for verdict in verdicts)
    unknown = sum(verdict.startswith("not measured") for verdict in verdicts)
    missed = sum(verdict.startswith("not met") for verdict in verdicts)
    print(f"{met} met, {missed} not met, {unknown} not measured")


def main():
    directory, output = map(Path, sys.argv[1:])
    records = {path.stem: read(path) for path in sorted(directory.glob("*.jsonl"))}
    full = medians(records.get("full", []), ("contender", "shape"),
                   ("n", "live_ns", "dead_ns", "bytes_per_object"))
    young = medians(records.get("young", []), ("contender", "old"), ("young_ns",))
    scale = medians(records.get("scale", []), ("contender", "shape", "n"), ("live_ns", "dead_ns"))
    lines = records.get("stalls", [])
    stalls = {(line["where"], line["kind"], line["n"]): line
              for line in lines if line["bench"] == "stall"}
    floating = {(line["where"], line["n"]): line for line in lines if line["bench"] == "floating"}
    pauses = {line["n"]: line for line in records.get("pause", [])}
    lines = records.get("instructions", [])
    cost = {(line["group"], line["bench"], line["name"]): line["cost"]
            for line in lines if "cost" in line}
    sizes = {line["group"]: line for line in lines if line["bench"] == "bytes"}
    machine = records["machine"][0]
    peers = {f"{r['contender']} {r['version']}": r.get("configuration", "")
             for r in records.get("full", []) if "version" in r}

    bars = Bars()
    add_full(bars, full)
    add_young(bars, young)
    add_concurrent(bars, stalls, floating, pauses)
    add_ceiling(bars, (records.get("ceiling") or [None])[0])
    add_instructions(bars, cost)
    add_bytes(bars, sizes, full)
    add_scale(bars, scale)

    print(f"Measured {machine['date']} on {machine['processor']}, load {machine['load']} "
          f"at the start, {machine['rounds']} rounds")
    for peer, configuration in sorted(peers.items()):
        print(f"Beside {peer}" + (f" ({configuration})" if configuration else ""))
    print()
    print_full(full)
    print_stalls(stalls, pauses)
    print_instructions(cost)
    print_bars(bars)
    output.write_text(json.dumps(
        {"machine": machine, "peers": peers, "bars": bars.rows, "raw": records}, indent=1) + "\n")


main()
