# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
# shellcheck shell=bash
#
# For device.sh: snapshots of another process's heap, and what is found in them.

# shellcheck disable=SC2154 # mheap and here are device.sh's
test_snapshot() {
	local name fd list item leaf ring pid

	coproc holder { exec "$here/holder"; }
	# shellcheck disable=SC2031
	pid=$holder_PID
	read -r -u "${holder[0]}" name fd list item leaf ring
	read -r -u "${holder[0]}"

	check "snapshot: by the name of the heap" "$mheap" snapshot "$name" -o old.mheap
	check "snapshot: by process and descriptor" \
		"$mheap" snapshot --pid="$pid" --fd="$fd" -o same.mheap
	ln -s /dev/full full
	expect "snapshot: a link to a device" 1 "cannot write full: No space left" \
		"$mheap" snapshot "$name" -o full
	check "snapshot: the link stays" test -L full
	expect "diff: nothing has changed" 0 "nothing has changed" "$mheap" diff old.mheap same.mheap
	echo grow >&"${holder[1]}"
	read -r -u "${holder[0]}"
	check "snapshot: to standard output" bash -c '"$0" snapshot "$1" > new.mheap' "$mheap" "$name"
	expect "diff: by type" 0 "^ +\+10 +\+[0-9]+  type 9$" "$mheap" diff old.mheap new.mheap
	expect "diff: by site" 0 "^ +\+10 +\+[0-9]+  tag 5$" "$mheap" diff old.mheap new.mheap
	expect "diff: the other way round" 0 "^ +-10 +-[0-9]+  tag 5$" "$mheap" diff new.mheap old.mheap
	check "diff: as JSON" bash -c '"$0" diff --json old.mheap new.mheap | python3 -c "
import json, sys
d = json.load(sys.stdin)
assert {\"name\": \"type 9\", \"objects\": 10} == {k: d[\"types\"][0][k] for k in (\"name\", \"objects\")}
assert d[\"sites\"][0][\"name\"] == \"tag 5\""' "$mheap"

	expect "who: a handle, and so a process" 0 "session [0-9]+ \(pid $pid, .*\), handle" \
		"$mheap" who old.mheap "$list"
	expect "who: an object's slot" 0 "^  object $list \(type 1\), slot 1$" \
		"$mheap" who old.mheap "$item"
	expect "who: a name" 0 '^  the name "root"$' "$mheap" who old.mheap "$item"
	expect "who: a weak handle" 0 "weak handle" "$mheap" who old.mheap "$leaf"
	expect "who: garbage holds itself" 0 "^  object $ring \(type 4\), slot 0$" \
		"$mheap" who old.mheap "$ring"
	expect "who: on the heap as it is" 0 "^  object $item" "$mheap" who "$name" "$leaf"
	expect "who: no such object" 1 "has no object 4242" "$mheap" who old.mheap 4242
	expect "who: the generation" 0 "^object $list: type 1, generation 0, 2 slots" \
		"$mheap" who old.mheap "$list"
	expect "who: without slots, none" 0 "^object $leaf: type 3, generation -, 0 slots" \
		"$mheap" who old.mheap "$leaf"
	expect "who: what it refers to" 0 "^  slot 1: object $item \(type 2\)$" \
		"$mheap" who old.mheap "$list"
	expect "who: it refers to nothing" 0 "^  nothing$" "$mheap" who old.mheap "$leaf"

	expect "objects" 0 "^ *$item +0 +2 +1 +100 +[0-9]+ +1  -$" "$mheap" objects old.mheap
	expect "objects: those without slots" 0 "^ *$leaf +- +3 +0 +5000 +[0-9]+ +0  -$" \
		"$mheap" objects old.mheap
	"$mheap" objects --json old.mheap > out
	check "objects --json" json "[o['id'] for o in d] == sorted([$list, $item, $ring]) + [$leaf] and
		[o['generation'] for o in d] == [0, 0, 0, None] and d[0]['tracked'] and
		not d[3]['tracked'] and [o['type'] for o in d if o['id'] == $ring] == [4]" < out
	"$mheap" objects --json -g 2 old.mheap > out
	check "objects --generation: none are in it" json 'd == []' < out
	"$mheap" gc freeze --heap "$name"
	"$mheap" objects --json --generation=3 "$name" > out
	check "objects of a heap: the permanent generation" json \
		"{$list, $item, $ring} == {o['id'] for o in d}" < out
	expect "objects: what cannot be read" 1 "no file and no heap" "$mheap" objects nobody
	"$mheap" gc unfreeze --heap "$name"

	expect "path: through slots, from what is nearest" 0 "^slot 0 -> object $leaf \(type 3\)$" \
		"$mheap" path old.mheap "$leaf"
	expect "path: from a name" 0 '^the name "root"$' "$mheap" path old.mheap "$item"
	expect "path: garbage" 0 "no way leads there" "$mheap" path old.mheap "$ring"

	expect "retained: a session, and what it alone holds" 0 " 1  session [0-9]+ \(pid $pid" \
		"$mheap" retained old.mheap
	expect "retained: what two hold, neither retains" 0 " 2  object $item \(type 2\)" \
		"$mheap" retained old.mheap
	expect "retained: garbage is nobody's" 0 " 1  nobody" "$mheap" retained old.mheap
	expect "snapshot --top" 0 "RETAINED" "$mheap" snapshot --top=3 "$name"

	check "export: heapsnapshot" "$mheap" export old.mheap -f heapsnapshot -o out.heapsnapshot
	check "export: its structure" "$here/check-heapsnapshot" out.heapsnapshot
	check "export: dot" "$mheap" export old.mheap --format=dot -o out.dot
	check "export: Graphviz draws it" dot -Tsvg -o out.svg out.dot
	# shellcheck disable=SC2016
	expect "export: and sees all of it" 0 "^7 7$" \
		gvpr 'BEG_G { printf("%d %d\n", $G.n_nodes, $G.n_edges) }' out.dot
	expect "export: its objects and references" 0 ": 4 objects, 3 references$" \
		"$here/check-dot" out.dot 4 3
	expect "export: folded" 0 "^$name;tag 5;type 9 [0-9]+$" "$mheap" export new.mheap -f folded
	expect "export: what cannot be written" 1 "cannot write" \
		"$mheap" export old.mheap -f dot -o /nowhere/x

	head -c 300 old.mheap > cut.mheap
	expect "a snapshot that was cut off" 2 "cut off" "$mheap" retained cut.mheap
	expect "no snapshot at all" 2 "is no snapshot" "$mheap" retained "$here/ktap.sh"
	expect "no such file or heap" 1 "no file and no heap" "$mheap" retained nobody
	expect "snapshot: no such process" 1 "No such process" "$mheap" snapshot --pid=4000000 --fd=3
	expect "snapshot: no such descriptor" 1 "Bad file descriptor" \
		"$mheap" snapshot --pid="$pid" --fd=77
	expect "snapshot: no descriptor of a heap" 1 "cannot take a snapshot" \
		"$mheap" snapshot --pid="$pid" --fd=0
	test_events "$name" "$pid" "$fd" "$ring"
	echo quit >&"${holder[1]}"
	wait "$pid"
}

# collects_until JOB HEAP GENERATION: the job ends when it has seen enough, which begins
# at a moment that nobody tells. Leaves its status in $ended.
collects_until() {
	while kill -0 "$1" 2> /dev/null; do
		"$mheap" gc collect "$3" --heap "$2"
	done
	ended=0
	wait "$1" || ended=$?
}

# test_events HEAP PROCESS FD RING: the ring is garbage.
test_events() {
	local name=$1 ended
	expect "events: the time is over" 1 "after 0 of 3" "$mheap" events "$name" -n 3 --timeout=0
	expect "events: none" 0 "" "$mheap" events "$name" --timeout=0
	expect "events: --watch of no object" 1 "no object 4242 with slots" \
		"$mheap" events "$name" --watch=4242
	expect "events: no such heap" 1 "no heap nobody" "$mheap" events nobody
	expect "events: no descriptor of a heap" 1 "cannot join" \
		"$mheap" events --pid="$2" --fd=0

	"$mheap" events "$name" -n 4 > out &
	collects_until $! "$name" 0
	check "events --count: it ends" test "$ended" = 0
	expect "events: a collection begins" 0 "^ *[0-9]+\.[0-9]{6} start: generation 0$" cat out
	expect "events: and ends" 0 " end: generation 0, visited [0-9]+, freed 0, .* took " cat out
	check "events: as many as asked for" test "$(wc -l < out)" = 4
	"$mheap" events --json --pid="$2" --fd="$3" -n 2 > out &
	collects_until $! "$name" 1
	check "events --json: it ends" test "$ended" = 0
	python3 -c 'import json, sys; print(json.dumps([json.loads(l) for l in sys.stdin]))' < out > list
	check "events --json: a line each" json '{e["kind"] for e in d} == {"start", "end"} and
		all(e["generation"] == 1 and e["time"] > 0 for e in d)' < list

	# Who prints watches already. The ring is old, and dies in the first full collection.
	: > out
	"$mheap" events "$name" --watch="$4" --timeout=600 > out &
	while [ ! -s out ]; do
		kill -0 $! || break
		"$mheap" gc collect 1 --heap "$name"
	done
	"$mheap" gc collect 2 --heap "$name"
	while ! grep -q death out; do
		kill -0 $! || break
	done
	kill $!
	expect "events --watch: a death" 0 " death: object $4$" cat out

	"$mheap" gc set limit_objects 1 --heap "$name"
	"$mheap" events "$name" --timeout=600 > out &
	while ! grep -q limit out; do
		kill -0 $! || break
		echo try >&"${holder[1]}"
		read -r -u "${holder[0]}"
	done
	kill $!
	expect "events: a limit is reached" 0 " limit: objects, [0-9]+ of 1$" cat out
}
