#!/bin/bash
# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#
# Tests of the command and the library that need /dev/mheap.
#
#	tests/vm/run -- $PWD/tests/cli/device.sh [--quick]
#
# --quick leaves out the trace of a million lines.

# shellcheck disable=SC2016
set -uo pipefail

here=$(dirname "$(readlink -f "$0")")
top=$(readlink -f "$here/../..")
mheap=${MHEAP:-$(command -v mheap || echo "$top/build/mheap")}
quick=no
[ "${1-}" != --quick ] || quick=yes
work=$(mktemp -d "${TMPDIR:-/tmp}/mheap-cli.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
# shellcheck source-path=SCRIPTDIR
. "$here/ktap.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/device_snapshot.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/device_packages.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/device_readme.sh"

json() { python3 -c "import json, sys; d = json.load(sys.stdin); assert ($1), d"; }

# passes NAME TRACE: every check of the trace holds. The trace is a format.
passes() {
	# shellcheck disable=SC2059
	printf "$2" > trace
	expect "trace: $1" 0 "" "$mheap" replay trace
}

# fails NAME LINE PATTERN TRACE: a check does not hold.
fails() {
	# shellcheck disable=SC2059
	printf "$4" > trace
	expect "trace: $1" 1 "^trace:$2: $3$" "$mheap" replay trace
}

test_good() {
	passes "nothing" ''
	passes "an object" 'count 0\nnew 1 0 8\nweak 1\nlive 1\ncount 1\ndrop 1\ndead 1\ncount 0\n'
	passes "a chain goes with its head" \
		'auto off\nnew 1 1 0\nnew 2 1 0\nset 1 0 2\nweak 2\ndrop 2\nlive 2\ndrop 1\ndead 2\ncount 0\n'
	passes "a cycle needs the collector" \
		'auto off\nnew 1 1 0\nweak 1\nset 1 0 1\ndrop 1\nlive 1\ncount 1\ncollect 0\ndead 1\ncount 0\n'
	passes "a cycle that is held stays" \
		'new 1 1 0\nnew 2 1 0\nset 1 0 2\nset 2 0 1\nweak 2\ndrop 2\ncollect 2\nlive 2\nload 2 1 0\ndrop 1\ncollect 2\nlive 2\ncount 2\ndrop 2\ncollect 2\ndead 2\ncount 0\n'
	passes "an old cycle needs an old collection" \
		'auto off\nnew 1 1 0\nweak 1\nset 1 0 1\ncollect 0\ncollect 1\ndrop 1\ncollect 1\nlive 1\ncollect 2\ndead 1\n'
	passes "references are counted" \
		'new 1 1 0\nset 1 0 1\nload 1 1 0\nload 1 1 0\nset 1 0 0\nweak 1\ndrop 1\ndrop 1\nlive 1\ndrop 1\ndead 1\n'
	passes "load after drop" \
		'new 1 1 0\nnew 2 0 0\nset 1 0 2\ndrop 2\nload 2 1 0\nset 1 0 0\nweak 2\nlive 2\ndrop 2\ndead 2\n'
	passes "an ID made anew; the weak reference stays with the old object" \
		'new 1 0 0\nweak 1\ndrop 1\nnew 1 0 0\ndead 1\nweak 1\nlive 1\ncount 1\n'
	passes "an ID made anew while the old object lives" \
		'new 1 1 0\nnew 2 0 0\nset 1 0 2\nweak 2\ndrop 2\nnew 2 0 0\nlive 2\nset 1 0 0\ndead 2\ncount 2\n'
	passes "automatic collection" \
		"$(repeat 2000 'new @ 1 0\nset @ 0 @\ndrop @\n')collect 2\ncount 0\n"
	passes "a chain of 100000" \
		"$(python3 -c 'n = 100000
print("new 1 1 0", *(f"new {i} 1 0\\nset {i} 0 {i - 1}\\ndrop {i - 1}" for i in range(2, n + 1)),
f"count {n}", f"drop {n}", "count 0", sep="\\n")')\n"
	passes "a large object" 'new 1 100000 10000000\nset 1 99999 1\nload 1 1 99999\n'
}

test_bad() {
	fails "dead, but it lives" 3 "dead 1: expected dead, found alive" \
		'new 1 0 0\nweak 1\ndead 1\n'
	fails "live, but it is dead" 4 "live 1: expected alive, found dead" \
		'new 1 0 0\nweak 1\ndrop 1\nlive 1\n'
	fails "wrong count" 2 "count: expected 2, found 1" 'new 1 0 0\ncount 2\n'
	fails "the slot is empty" 3 "slot 0 of 1: expected object 2, found an empty slot" \
		'new 1 1 0\nnew 2 0 0\nload 2 1 0\n'
	fails "the slot is empty, ID not held" 4 "slot 0 of 1: expected object 2, found an empty slot" \
		'new 1 1 0\nnew 2 0 0\ndrop 2\nload 2 1 0\n'
	fails "the slot holds another object" 5 "slot 0 of 1: expected object 2, found object 3" \
		'new 1 1 0\nnew 2 0 0\nnew 3 0 0\nset 1 0 3\nload 2 1 0\n'
	fails "the slot holds what had that ID before" 6 \
		"slot 0 of 1: expected object 2, found an object that has no ID any more" \
		'new 1 1 0\nnew 2 0 0\nset 1 0 2\ndrop 2\nnew 2 0 0\nload 2 1 0\n'
	fails "the first of two failures" 3 "dead 1: .*" \
		'new 1 0 0\nweak 1\ndead 1\ncount 7\n'
	fails "far behind" 20001 "count: expected 1, found 0" \
		"$(repeat 10000 'new @ 0 0\ndrop @\n')count 1\n"
	printf 'count 1\nfrob\n' > trace
	expect "malformed goes before failed" 2 "^trace:2: " "$mheap" replay trace
}

test_summary() {
	printf '# x\nauto off\nnew 1 1 0\nset 1 0 1\ndrop 1\nnew 2 0 0\ndrop 2\nnew 3 0 0\ncollect 2\ncount 1\n' > trace
	"$mheap" replay --json trace > out
	check "replay --json" json 'd["passed"] is True and d["lines"] == 10 and
		d["operations"] == 9 and d["checks"] == 1 and d["objects"] == 1 and
		d["freed_by_count"] == 1 and d["freed_by_collector"] == 1 and d["seconds"] > 0' < out
	expect "replay --verbose" 0 "^1 objects alive, 1 freed by count, 1 by the collector$" \
		"$mheap" replay --verbose trace
	echo "count 5" >> trace
	"$mheap" replay --json trace > out 2> /dev/null
	check "replay --json of a failure" json 'd["passed"] is False and
		d["failure"] == {"line": 11, "expected": "5", "found": "1"}' < out
}

# What stat --json has and sysfs does not, and the other way round. What is only
# written is no figure; classes are counted only when they are asked for.
json_and_files() {
	python3 - "/sys/kernel/mheap/$1" << 'END'
import json, os, sys

def readable(directory):
    return {n for n in os.listdir(directory)
            if os.path.isfile(f"{directory}/{n}") and os.stat(f"{directory}/{n}").st_mode & 0o400}

heap = json.load(open("out"))[0]
stats = heap.pop("stats")
for found, files in ((heap, sys.argv[1]), (stats, sys.argv[1] + "/stats")):
    for name in sorted((set(found) - {"name"}) ^ readable(files)):
        print(name, "is not in", files if name in found else "the JSON")
END
}

# Names of settings that "gc get" does not know, or knows and there are none: files
# that can be written, but for those that only make something happen.
settings_and_files() {
	diff <("$mheap" gc get "$@" | sed 's/ .*//' | sort) \
		<(find "$directory" -maxdepth 1 -type f \( -perm -u+w -o -name allocator \) \
			-printf '%f\n' | grep -vxE 'collect|freeze|garbage' | sort)
}

# Each can be written back as it is, and is refused what is no value of it.
test_settings() {
	local heap=$1 directory=/sys/kernel/mheap/$1 name value
	expect "gc get knows what a heap has" 0 "" settings_and_files
	directory=/sys/kernel/mheap/defaults
	expect "gc get knows what defaults there are" 0 "" settings_and_files --defaults
	"$mheap" gc get | grep -v '^allocator ' > before
	while read -r name value; do
		# shellcheck disable=SC2086
		expect "gc set $name $value" 0 "" "$mheap" gc set "$name" $value
	done < before
	check "gc set as it is changes nothing" diff before <("$mheap" gc get | grep -v '^allocator ')
	expect "gc set garbage_ceiling" 0 "" "$mheap" gc set garbage_ceiling 77
	check "gc set reaches the heap" grep -qx 77 "/sys/kernel/mheap/$heap/garbage_ceiling"
	expect "gc set profile" 0 "" "$mheap" gc set profile 2 10
	expect "gc get profile" 0 "^2 10$" "$mheap" gc get profile
	expect "gc set profile: no such mode" 1 "'3 0' is no value of profile" "$mheap" gc set profile 3
	expect "gc get profile, unchanged" 0 "^2 10$" "$mheap" gc get profile
	expect "gc set debug" 0 "" "$mheap" gc set debug collectable uncollectable
	expect "gc get debug" 0 "^6$" "$mheap" gc get debug
	expect "gc set --defaults allocator: no such one" 1 "'frob' is no value of allocator" \
		"$mheap" gc set --defaults allocator frob
	expect "gc set --defaults allocator" 0 "" "$mheap" gc set --defaults allocator page
	exec 8<> /dev/mheap
	expect "defaults reach a new heap: allocator" 0 ": page$" "$mheap" gc get --all allocator
	exec 8>&-
	"$mheap" gc set --defaults allocator slab
	# shellcheck disable=SC2046
	"$mheap" gc set debug 0 && "$mheap" gc set $(grep '^garbage_ceiling ' before) &&
		"$mheap" gc set profile 0
}

# A heap of this shell's, in $heap.
test_sysfs() {
	local heap
	exec 9<> /dev/mheap
	heap=$("$mheap" stat --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[-1]["name"])')
	expect "stat" 0 "^$heap +0 +0 B +1 +0 +700,10,10 +0,0,0 +yes +0,0,0 +0 +0 ns$" "$mheap" stat
	expect "stat HEAP" 0 "^$heap " "$mheap" stat "$heap"
	expect "gc threshold" 0 "^700 10 10$" "$mheap" gc threshold
	expect "gc threshold T T T" 0 "" "$mheap" gc threshold 800 9 2147483647
	expect "gc threshold, set" 0 "^800 9 2147483647$" "$mheap" gc threshold --heap "$heap"
	expect "gc limit" 0 "^0 0 0$" "$mheap" gc limit
	expect "gc limit N N N" 0 "" "$mheap" gc limit 1000 1000000 9223372036854775807
	expect "gc limit, set" 0 "^1000 1000000 9223372036854775807$" "$mheap" gc limit
	expect "gc count" 0 "^0 0 0$" "$mheap" gc count
	expect "gc disable" 0 "" "$mheap" gc disable
	expect "gc is-enabled" 0 "^no$" "$mheap" gc is-enabled
	expect "gc enable" 0 "" "$mheap" gc enable
	expect "gc is-enabled again" 0 "^yes$" "$mheap" gc is-enabled
	expect "gc collect" 0 "" "$mheap" gc collect
	expect "gc collect 1" 0 "" "$mheap" gc collect 1
	expect "gc freeze" 0 "" "$mheap" gc freeze
	expect "gc frozen" 0 "^[0-9]+$" "$mheap" gc frozen
	expect "gc unfreeze" 0 "" "$mheap" gc unfreeze
	expect "gc frozen, none" 0 "^0$" "$mheap" gc frozen
	expect "gc debug" 0 "^0$" "$mheap" gc debug
	expect "gc debug FLAG FLAG" 0 "" "$mheap" gc debug stats saveall
	expect "gc debug, set" 0 "^33$" "$mheap" gc debug
	expect "gc debug: no such flag" 1 "debug of heap" "$mheap" gc debug frob
	expect "gc debug 0" 0 "" "$mheap" gc debug 0
	expect "gc garbage" 0 "^0$" "$mheap" gc garbage
	expect "gc garbage --clear" 0 "" "$mheap" gc garbage --clear
	expect "gc stats" 0 "^collections +0 +1 +1$" "$mheap" gc stats
	expect "stat --classes" 0 "^$heap +all +" "$mheap" stat --classes "$heap"
	"$mheap" stat --classes --json > out
	check "stat --classes --json" json 'len(d[0]["classes"]) == 65 and
		all(c["held"] - c["asked"] == c["wasted"] and c["slabs"] >= c["held"]
		    for c in d[0]["classes"])' < out
	"$mheap" stat --json > out
	check "stat --json knows all there is" json 'None not in d[0].values() and
		None not in d[0]["stats"].values() and
		d[0]["stats"]["collections"] == [0, 1, 1]' < out
	expect "stat --json has what sysfs has" 0 "" json_and_files "$heap"
	test_settings "$heap"
	exec 8<> /dev/mheap
	expect "gc with two heaps" 2 "several heaps" "$mheap" gc count
	expect "gc --all" 0 "^$heap: 0 0" "$mheap" gc count --all
	exec 8>&- 9>&-
	expect "gc without a heap" 1 "there is no heap" "$mheap" gc count
	expect "gc --heap of a heap that is gone" 1 "no heap '$heap'" "$mheap" gc count --heap "$heap"
	expect "gc threshold --defaults" 0 "" "$mheap" gc threshold --defaults 500 5 5
	expect "gc disable --defaults" 0 "" "$mheap" gc disable --defaults
	exec 9<> /dev/mheap
	expect "defaults reach a new heap: threshold" 0 "^500 5 5$" "$mheap" gc threshold
	expect "defaults reach a new heap: enabled" 0 "^no$" "$mheap" gc is-enabled
	exec 9>&-
	"$mheap" gc threshold --defaults 700 10 10
	"$mheap" gc enable --defaults
}

# Traces that the host has made before it booted the guest are taken as they are:
# emulated, the generator takes minutes for a million lines.
generated() {
	local made="$top/build/traces/$1-$2"
	if [ -e "$made" ]; then
		cp "$made" trace
	else
		"$here/gen-trace" "$1" "$2" > trace
	fi
}

test_generated() {
	local seed
	for seed in 1 2 3; do
		generated $seed 20000
		expect "generated trace, seed $seed, 20000 lines" 0 "" "$mheap" replay trace
	done
	if [ $quick = yes ]; then
		skip "generated trace, a million lines" "--quick"
		return
	fi
	generated 4 1000000
	expect "generated trace, a million lines" 0 "objects alive" "$mheap" replay --verbose trace
}

# A program as a user builds it, with the shared library.
test_library() {
	local build="$top/build"
	if ! command -v cc > /dev/null; then
		skip "library" "no compiler"
		return
	fi
	check "the tests of the library build" cc -O1 -Wall -pthread -I"$top/userspace/lib" -I"$top/uapi" \
		"$here"/library*.c -L"$build" -lmheap -o library
	LD_LIBRARY_PATH=$build${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} ./library > out 2>&1
	while IFS= read -r line; do
		case $line in
		"ok "*) ktap_result ok "library: ${line#ok * - }" ;;
		"not ok "*) ktap_result "not ok" "library: ${line#not ok * - }" ;;
		"KTAP "*) ;;
		*) echo "# ${line#\# }" ;;
		esac
	done < out
	check "library: all tests ran" grep -q "^1\.\." out
}

# What an example says at its end that it prints.
printed() { sed -n '/^ \* Prints:$/,$ s/^ \*\t//p' "$1"; }

# Each example, as make built it, prints exactly what is written in it.
test_examples() {
	local source name
	for source in "$top"/userspace/examples/*.c; do
		name=$(basename "$source" .c)
		printed "$source" > wanted
		"$top/build/examples/$name" > printed 2>&1
		echo "status $?" >> printed
		echo "status 0" >> wanted
		check "example: $name" diff wanted printed
		check "example: $name says what it prints" test "$(wc -l < wanted)" -gt 1
	done
}

ktap_begin
if [ ! -e /dev/mheap ]; then
	echo "1..0 # SKIP there is no /dev/mheap"
	exit 77
fi
test_library
test_examples
test_good
test_bad
test_summary
test_sysfs
test_generated
test_snapshot
test_packages
test_readme
ktap_end
