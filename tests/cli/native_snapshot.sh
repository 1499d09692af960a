# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
# shellcheck shell=bash
#
# For native.sh: what reads snapshots, on files that make-snapshot makes.

# shellcheck disable=SC2016,SC2154 # mheap and here are native.sh's

# What was begun and cannot be finished is removed; what is no file of bytes stays.
test_output() {
	local reader
	"$here/make-snapshot" good > good.snap
	"$here/make-snapshot" large > large.snap
	check "export to a file" "$mheap" export good.snap -f dot -o out.dot
	check "export: it is there" grep -q "^digraph" out.dot
	expect "export: a file that must not grow" 1 "cannot write out.dot: File too large" \
		bash -c 'trap "" XFSZ; ulimit -f 8; "$0" export large.snap -f dot -o out.dot' "$mheap"
	check "export: it was removed" test ! -e out.dot
	ln -s /dev/full link
	expect "export: a link to a device" 1 "cannot write link: No space left" \
		"$mheap" export good.snap -f dot -o link
	check "export: the link stays" test -L link
	echo > target
	ln -s target to-file
	expect "export: a link to a file that must not grow" 1 "cannot write to-file: File too large" \
		bash -c 'trap "" XFSZ; ulimit -f 8; "$0" export large.snap -f dot -o to-file' "$mheap"
	check "export: link and file stay" test -L to-file -a -f target
	mkfifo pipe
	timeout 10 head -c 1 pipe > /dev/null & reader=$!
	expect "export: a pipe that nobody reads" 1 "cannot write pipe: Broken pipe" \
		timeout 10 bash -c 'trap "" PIPE; "$0" export large.snap -f dot -o pipe' "$mheap"
	wait $reader
	check "export: the pipe stays" test -p pipe
}

# No file makes the reader believe what it has not seen.
test_damaged() {
	local what number=0
	while read -r what; do
		expect "damaged: $what" 2 "^mheap: damaged-$number.snap is damaged, or was cut off$" \
			"$mheap" retained damaged-$number.snap
		number=$((number + 1))
	done < <("$here/make-snapshot" damaged)
	"$here/make-snapshot" far > far.snap
	expect "a number that is far away costs nothing" 0 "^ *34359738367 " \
		bash -c 'ulimit -v 1000000; "$0" objects far.snap' "$mheap"
	"$here/make-snapshot" good > good.snap
	expect "who: of a whole one" 0 '^  object 1 \(type 0\), slot 0$' "$mheap" who good.snap 2
	expect "path: of a whole one" 0 '^the name "x"$' "$mheap" path good.snap 2
	expect "retained: of a whole one" 0 " 1  object 1 " "$mheap" retained good.snap
	check "export: its structure" "$mheap" export good.snap -f heapsnapshot -o good.heapsnapshot
	check "export: Chrome would read it" "$here/check-heapsnapshot" good.heapsnapshot
}

# Names reach no terminal and no other program as they are.
test_names() {
	local name
	"$here/make-snapshot" odd > odd.snap
	expect "names: controls, and no UTF-8" 0 '^  the name "a\\x0ab\\xff\\x1b\]0;hi\\x07"$' \
		"$mheap" who odd.snap 1
	expect "names: UTF-8 stays" 0 '^  the name "ü€😀 "\\"$' "$mheap" who odd.snap 1
	expect "names: the longest" 0 '^  the name "(\\x1b){255}"$' \
		"$mheap" who odd.snap 1
	expect "names: what looks like UTF-8" 0 \
		'"\\xc0\\xaf\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80\\xe2\\x82"$' "$mheap" who odd.snap 1
	expect "names: controls in UTF-8" 0 \
		'"\\xc2\\x9b\\xe2\\x80\\xae\\xe2\\x80\\xa8\\x7f"$' "$mheap" who odd.snap 1
	expect "names: of a process" 0 'session 2 \(pid 5, (\\x80){16}\), handle' \
		"$mheap" who odd.snap 1
	for name in dot heapsnapshot folded; do
		check "export -f $name of odd names" "$mheap" export odd.snap -f $name -o odd.$name
		check "export -f $name: all can be printed" python3 -c '
import sys
assert open(sys.argv[1], encoding="utf-8").read().replace("\n", "").replace("\t", "").isprintable()
' odd.$name
	done
	check "export of odd names: Chrome would read it" "$here/check-heapsnapshot" odd.heapsnapshot
	if command -v gvpr > /dev/null; then
		check "export of odd names: Graphviz reads it" "$here/check-dot" odd.dot 1 1
	fi
	expect "retained of odd names" 0 'session 1 \(pid 5, \\xff\\x1b\[31mX\\x0a\)$' \
		"$mheap" retained odd.snap
}
