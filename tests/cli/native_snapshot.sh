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
