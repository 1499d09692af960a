# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
# shellcheck shell=bash
#
# For device.sh: the graph of Debian's packages in a heap, as the main job has it, and
# its snapshot as other programs read it.

# figure NAME: one that was computed without a heap.
figure() {
	python3 -c 'import json, sys
print(json.load(open("graph"))["graph_computed_outside_the_heap"][sys.argv[1]]["value"])' "$1"
}

# shellcheck disable=SC2154 # mheap, here and top are device.sh's
test_packages() {
	local list=$top/build/Packages
	check "packages: the graph, without a heap" \
		bash -c '"$0" packages --dry-run --json "$1" > graph' "$mheap" "$list"
	check "packages: the heap has every figure right" \
		"$mheap" packages "$list" --snapshot packages.mheap
	check "packages: export to DOT" "$mheap" export packages.mheap -f dot -o packages.dot
	check "packages: Graphviz reads it, and sees all of it" "$here/check-dot" packages.dot \
		"$(figure packages)" "$(figure references)"
	check "packages: export to .heapsnapshot" \
		"$mheap" export packages.mheap -f heapsnapshot -o packages.heapsnapshot
	# And one node for all that is outside, one for the only session.
	expect "packages: its structure, and all of it" 0 "$(($(figure packages) + 2)) nodes, " \
		"$here/check-heapsnapshot" packages.heapsnapshot
	head -c 10000 packages.dot > cut.dot
	expect "packages: a DOT file that was cut off is told" 1 "does not read" \
		"$here/check-dot" cut.dot
	rm -f packages.*
}
