#!/bin/bash
# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#
# Part of native.sh: stat and gc on a directory that looks like the module's, in
# a mount namespace of its own.
#
#	unshare -rm native_sysfs.sh PROGRAM LIBRARY
#
# The library is made of gone.c.

set -uo pipefail
here=$(dirname "$(readlink -f "$0")")
mheap=$1 gone=(env LD_PRELOAD="$2" GONE=heap10)
# shellcheck source-path=SCRIPTDIR
. "$here/ktap.sh"

mount -t tmpfs none /sys/kernel || exit 1
heaps=/sys/kernel/mheap

make_heap() {
	local dir=$heaps/$1 name
	mkdir -p "$dir/stats" "$dir/classes"
	echo 8 16 1342177296 > "$dir/classes/sizes"
	echo 3 0 1 > "$dir/classes/used"
	echo 20 0 10000 > "$dir/classes/asked"
	echo 24 0 12288 > "$dir/classes/held"
	echo 4 0 2288 > "$dir/classes/wasted"
	echo 96 0 12288 > "$dir/classes/slabs"
	echo 700 10 10 > "$dir/threshold"
	echo 1 > "$dir/enabled"
	: > "$dir/collect"
	echo 12 3 1 > "$dir/count"
	echo slab > "$dir/allocator"
	for name in objects bytes handles sessions; do
		echo 2048 > "$dir/$name"
	done
	for name in collections visited collected uncollectable nanoseconds longest objects; do
		echo 5 6 7000000 > "$dir/stats/$name"
	done
	for name in collection_times_0 collection_times_1 collection_times_2; do
		echo $(seq 39) 7000000 > "$dir/stats/$name"
	done
	echo $(seq -s ' 0 ' 1 20) 0 > "$dir/stats/stalls"
	for name in objects bytes handles; do
		echo 7 > "$dir/limit_$name"
	done
	for name in verify shrink collect_on_close; do
		echo 1 > "$dir/$name"
	done
	echo 2 8 > "$dir/profile"
	for name in created freed_by_count freed_by_collector pending table_bytes; do
		echo 9 > "$dir/stats/$name"
	done
	echo 4 0 1 > "$dir/stats/verdicts"
	echo 1 2 3 4 5 > "$dir/stats/allocator_errors"
}

json() { python3 -c "import json, sys; d = json.load(sys.stdin); assert ($1), d"; }

mkdir -p $heaps/defaults
echo 700 10 10 > $heaps/defaults/threshold
echo 1 > $heaps/defaults/enabled
echo slab > $heaps/defaults/allocator
echo 1048576 > $heaps/defaults/quarantine

expect "stat: no heaps" 0 "^NAME +OBJECTS" "$mheap" stat
"$mheap" stat --json > /sys/kernel/out
check "stat: no heaps in JSON" json 'd == []' < /sys/kernel/out
expect "gc: no heap" 1 "there is no heap" "$mheap" gc count

make_heap heap2
expect "stat" 0 "^heap2 +2048 +2\.0 KiB +2048 +2048 +700,10,10 +12,3,1 +yes +5,6,7000000 +7000011 +7\.0 ms$" \
	"$mheap" stat
expect "stat: a heap by name" 0 "^heap2 " "$mheap" stat heap2
expect "stat: no such heap" 1 "no heap 'heap3'" "$mheap" stat heap3
expect "stat: a name that leads elsewhere" 1 "no heap '\.\./mheap/heap2'" "$mheap" stat ../mheap/heap2
expect "stat --classes" 0 "^heap2 +8 +3 +20 B +24 B +4 B +16\.7% +96 B +75\.0%$" "$mheap" stat --classes
expect "stat --classes: what is larger" 0 "^heap2 +larger +1 +9\.8 KiB +12\.0 KiB +2\.2 KiB +18\.6% +12\.0 KiB +0\.0%$" "$mheap" stat -c heap2
expect "stat --classes: the sum" 0 "^heap2 +all +4 +9\.8 KiB +12\.0 KiB +2\.2 KiB +18\.6% +12\.1 KiB +0\.6%$" "$mheap" stat -c
expect "stat --classes: no such heap" 1 "no heap 'heap3'" "$mheap" stat -c heap3
expect "stat --classes --times" 2 "not both" "$mheap" stat -c -t
"$mheap" stat --classes --json > /sys/kernel/out
check "stat --classes --json" json 'd[0]["classes"] == [
	{"size": 8, "used": 3, "asked": 20, "held": 24, "wasted": 4, "slabs": 96},
	{"size": 16, "used": 0, "asked": 0, "held": 0, "wasted": 0, "slabs": 0},
	{"size": 1342177296, "used": 1, "asked": 10000, "held": 12288, "wasted": 2288, "slabs": 12288}]' < /sys/kernel/out
"$mheap" stat --json > /sys/kernel/out
check "stat --json" json 'd[0]["name"] == "heap2" and d[0]["threshold"] == [700, 10, 10] and
	d[0]["enabled"] is True and d[0]["stats"]["longest"] == [5, 6, 7000000] and
	d[0]["stats"]["collection_times_1"][38:] == [39, 7000000] and
	d[0]["stats"]["stalls"][:3] == [1, 0, 2] and
	d[0]["stats"]["created"] == 9 and d[0]["allocator"] == "slab"' < /sys/kernel/out
check "stat --json: settings, and counters of several numbers" json 'd[0]["verify"] is True and
	d[0]["profile"] == [2, 8] and d[0]["stats"]["verdicts"] == [4, 0, 1] and
	d[0]["stats"]["allocator_errors"] == [1, 2, 3, 4, 5]' < /sys/kernel/out
check "stat --json: null where there is no file" json 'd[0]["interval_ms"] is None and
	d[0]["stats"]["peak_bytes"] is None' < /sys/kernel/out
expect "gc threshold" 0 "^700 10 10$" "$mheap" gc threshold
expect "gc threshold T T T" 0 "" "$mheap" gc threshold 800 0 2147483647
check "gc threshold wrote" grep -qx "800 0 2147483647" $heaps/heap2/threshold
expect "gc limit" 0 "^7 7 7$" "$mheap" gc limit
expect "gc limit N N N" 0 "" "$mheap" gc limit 9223372036854775807 0 5
check "gc limit wrote objects" grep -qx 9223372036854775807 $heaps/heap2/limit_objects
check "gc limit wrote bytes" grep -qx 0 $heaps/heap2/limit_bytes
check "gc limit wrote handles" grep -qx 5 $heaps/heap2/limit_handles
expect "gc count" 0 "^12 3 1$" "$mheap" gc count
expect "gc is-enabled" 0 "^yes$" "$mheap" gc is-enabled
expect "gc disable" 0 "" "$mheap" gc disable
check "gc disable wrote" grep -qx 0 $heaps/heap2/enabled
expect "gc is-enabled of a disabled heap" 0 "^no$" "$mheap" gc is-enabled
expect "gc collect" 0 "" "$mheap" gc collect
check "gc collect wrote" grep -qx 2 $heaps/heap2/collect
expect "gc collect 0" 0 "" "$mheap" gc collect 0
check "gc collect 0 wrote" grep -qx 0 $heaps/heap2/collect
expect "gc stats" 0 "^longest +5 ns +6 ns +7\.0 ms$" "$mheap" gc stats
"$mheap" gc stats --json > /sys/kernel/out
check "gc stats --json" json 'd["heap2"][2]["collected"] == 7000000' < /sys/kernel/out
expect "gc --heap" 0 "^12 3 1$" "$mheap" gc count --heap heap2
expect "gc --heap: no such heap" 1 "no heap 'heap3'" "$mheap" gc count --heap heap3
expect "gc --heap defaults" 1 "no heap 'defaults'" "$mheap" gc threshold --heap defaults
expect "gc --defaults" 0 "^700 10 10$" "$mheap" gc threshold --defaults
expect "gc threshold --defaults" 0 "" "$mheap" gc threshold --defaults 1 2 3
check "gc threshold --defaults wrote" grep -q "^1 2 3" $heaps/defaults/threshold

expect "gc get NAME" 0 "^2 8$" "$mheap" gc get profile
expect "gc get: all of them" 0 "^shrink +1$" "$mheap" gc get
expect "gc get: what the module does not have" 0 "^interval_ms +-$" "$mheap" gc get
expect "gc get NAME: the module does not have it" 1 "has no setting 'interval_ms'" \
	"$mheap" gc get interval_ms
expect "gc get NAME: no such heap" 1 "no heap 'heap3'" "$mheap" gc get shrink --heap heap3
expect "gc get --defaults" 0 "^quarantine +1048576$" "$mheap" gc get --defaults
"$mheap" gc get --json > /sys/kernel/out
check "gc get --json" json 'd["heap2"]["shrink"] is True and d["heap2"]["profile"] == [2, 8] and
	d["heap2"]["allocator"] == "slab" and d["heap2"]["idle_ms"] is None and
	d["heap2"]["limit_bytes"] == 0 and "quarantine" not in d["heap2"]' < /sys/kernel/out
"$mheap" gc get --json shrink > /sys/kernel/out
check "gc get NAME --json" json 'd == {"heap2": True}' < /sys/kernel/out
expect "gc set NAME VALUE" 0 "" "$mheap" gc set shrink 0
check "gc set wrote" grep -qx 0 $heaps/heap2/shrink
expect "gc set NAME VALUE VALUE" 0 "" "$mheap" gc set profile 1 7
check "gc set wrote both" grep -qx "1 7" $heaps/heap2/profile
expect "gc set profile: the second may be left out" 0 "" "$mheap" gc set profile 1
check "gc set wrote a zero for it" grep -qx "1 0" $heaps/heap2/profile
expect "gc set: the module does not have it" 1 "has no setting 'interval_ms'" \
	"$mheap" gc set interval_ms 5
expect "gc set: no such heap" 1 "no heap 'heap3'" "$mheap" gc set shrink 0 --heap heap3
expect "gc set --defaults" 0 "" "$mheap" gc set --defaults allocator debug
check "gc set --defaults wrote" grep -qx debug $heaps/defaults/allocator
echo nonsense > $heaps/heap2/verify
expect "gc get: a file with nonsense" 1 "verify of heap 'heap2': Protocol error" \
	"$mheap" gc get verify
echo 1 > $heaps/heap2/verify

expect "snapshot: a heap that no process has" 1 "no process has heap heap2 open" \
	"$mheap" snapshot heap2 -o /sys/kernel/out
expect "events: a heap that no process has" 1 "no process has heap heap2 open" \
	"$mheap" events heap2

make_heap heap10
expect "gc get --all" 0 "^heap10: 2 8$" "$mheap" gc get --all profile
expect "gc set --all" 0 "" "$mheap" gc set --all collect_on_close 0
check "gc set --all wrote" grep -qx 0 $heaps/heap2/collect_on_close
check "gc set --all wrote everywhere" grep -qx 0 $heaps/heap10/collect_on_close
expect "gc: which heap" 2 "several heaps \(heap2, heap10\)" "$mheap" gc count
expect "gc --all" 0 "^heap10: 12 3 1$" "$mheap" gc count --all
"$mheap" gc count --all --json > /sys/kernel/out
check "gc --all --json" json 'd == {"heap2": [12, 3, 1], "heap10": [12, 3, 1]}' < /sys/kernel/out
expect "stat: a heap that ends when it is open" 0 "^heap2 " "${gone[@]}" "$mheap" stat
expect "stat: one that was asked for" 1 "no heap 'heap10'" "${gone[@]}" "$mheap" stat heap10
expect "stat --classes: a heap that ends" 0 "^heap2 " "${gone[@]}" "$mheap" stat --classes
expect "gc: a heap that ends" 0 "^heap2: 12 3 1$" "${gone[@]}" "$mheap" gc count --all
expect "gc: one that was asked for" 1 "no heap 'heap10'" \
	"${gone[@]}" "$mheap" gc count --heap heap10
expect "gc set: a heap that ends" 0 "" "${gone[@]}" "$mheap" gc set --all shrink 1
expect "gc set: one that was asked for" 1 "no heap 'heap10'" \
	"${gone[@]}" "$mheap" gc set shrink 1 --heap heap10
echo nonsense > $heaps/heap10/count
expect "stat: a file with nonsense" 1 "cannot read heap 'heap10': Protocol error" "$mheap" stat
expect "stat --times" 0 "^heap2 +1\.0 us +6 +11 +11 +11$" "$mheap" stat --times heap2
expect "stat --times: the last" 0 "^heap2 +longer +0 +7000000 +7000000 +7000000$" \
	"$mheap" stat -t heap2
rm $heaps/heap2/stats/stalls
expect "stat --times: an older module" 0 "^heap2 +1 ns +- +1 +1 +1$" "$mheap" stat -t heap2
rm $heaps/heap2/stats/longest
expect "stat: an older module" 0 "^heap2 .* -$" "$mheap" stat heap2
