#!/bin/bash
# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#
# Tests of the command and the library that need no /dev/mheap.
#
#	tests/cli/native.sh		with build/mheap, or the program in $MHEAP

# shellcheck disable=SC2016
set -uo pipefail

here=$(dirname "$(readlink -f "$0")")
top=$(readlink -f "$here/../..")
mheap=${MHEAP:-$top/build/mheap}
work=$(mktemp -d "${TMPDIR:-/tmp}/mheap-cli.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
# shellcheck source-path=SCRIPTDIR
. "$here/ktap.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/native_snapshot.sh"

# malformed NAME LINE PATTERN TRACE: the trace, a format for printf, is refused
# at that line for that reason.
malformed() {
	# shellcheck disable=SC2059
	printf "$4" > trace
	expect "malformed: $1" 2 "^trace:$2: .*$3" "$mheap" replay trace
}

wellformed() {
	# shellcheck disable=SC2059
	printf "$2" > trace
	expect "well-formed: $1" 0 "" "$mheap" replay --dry-run trace
}

test_usage() {
	expect "no command" 2 "which command" "$mheap"
	expect "unknown command" 2 "no command 'frob'" "$mheap" frob
	expect "unknown option" 2 "unrecognized option" "$mheap" --frob
	expect "--help" 0 "replay +run a trace" "$mheap" --help
	expect "--version" 0 "^mheap [0-9]+\.[0-9]+\.[0-9]+$" "$mheap" --version
	for command in diff events export gc objects packages path replay retained snapshot stat who; do
		expect "$command --help" 0 "Usage: mheap $command" "$mheap" $command --help
		expect "$command --version" 0 "^mheap [0-9]" "$mheap" $command --version
		expect "$command: unknown option" 2 "unrecognized" "$mheap" $command --frob
	done
	expect "help that cannot be written" 1 "cannot write" \
		bash -c '"$0" --help > /dev/full' "$mheap"
	expect "gc: no verb" 2 "what to do" "$mheap" gc
	expect "gc: unknown verb" 2 "no verb 'frob'" "$mheap" gc frob
	expect "gc collect: no number" 2 "'x' is no number from 0 to 2" "$mheap" gc collect x
	expect "gc collect: no such generation" 2 "'3' is no number" "$mheap" gc collect 3
	expect "gc collect: two generations" 2 "too many" "$mheap" gc collect 0 1
	expect "gc threshold: two values" 2 "too few" "$mheap" gc threshold 1 2
	expect "gc threshold: four values" 2 "too many" "$mheap" gc threshold 1 2 3 4
	expect "gc threshold: too large" 2 "'2147483648' is no number" \
		"$mheap" gc threshold 2147483648 1 1
	expect "gc threshold: negative" 2 "'-1' is no number|invalid option" \
		"$mheap" gc threshold -- 1 1 -1
	expect "gc limit: two values" 2 "too few" "$mheap" gc limit 1 2
	expect "gc limit: too large" 2 "is no number" "$mheap" gc limit 1 9223372036854775808 1
	expect "gc enable: a value" 2 "too many" "$mheap" gc enable 1
	expect "gc freeze: a value" 2 "too many" "$mheap" gc freeze 1
	expect "gc count --clear" 2 "nothing to clear" "$mheap" gc count --clear
	expect "gc garbage --clear --json" 2 "prints nothing" "$mheap" gc garbage --clear --json
	expect "gc: --all and --heap" 2 "only one of" "$mheap" gc count --all --heap x
	expect "gc collect --defaults" 2 "no defaults" "$mheap" gc collect --defaults
	expect "gc enable --json" 2 "prints nothing" "$mheap" gc enable --json
	expect "gc get: no such setting" 2 "no setting 'frob'" "$mheap" gc get frob
	expect "gc get: a value" 2 "shrink: too many" "$mheap" gc get shrink 1
	expect "gc set: nothing" 2 "which setting" "$mheap" gc set
	expect "gc set: no such setting" 2 "no setting 'frob'" "$mheap" gc set frob 1
	expect "gc set: no value" 2 "shrink: too few" "$mheap" gc set shrink
	expect "gc set: an empty value" 2 "allocator: too few" \
		"$mheap" gc set --defaults allocator ""
	expect "gc set: two values" 2 "shrink: too many" "$mheap" gc set shrink 1 1
	expect "gc set: no number" 2 "'on' is no number from 0 to 1" "$mheap" gc set shrink on
	expect "gc set: two of three" 2 "threshold: too few" "$mheap" gc set threshold 1 2
	for value in "garbage_ceiling 1001" "interval_ms 86400001" "idle_ms 86400001" \
		"finalizers_max 4294967296" "limit_objects 9223372036854775808" "verify 2"; do
		# shellcheck disable=SC2086
		expect "gc set $value: too large" 2 "'${value#* }' is no number" \
			"$mheap" gc set $value
	done
	expect "gc set --json" 2 "prints nothing" "$mheap" gc set shrink 1 --json
	expect "gc set: more words than a file takes" 2 "too many words" \
		"$mheap" gc set debug "$(repeat 128 x)"
	expect "gc set profile --defaults" 2 "no defaults" "$mheap" gc set profile 1 --defaults
	expect "gc get quarantine of a heap" 2 "no heap has it" "$mheap" gc get quarantine
	expect "gc set allocator of a heap" 2 "keeps what it was made with" \
		"$mheap" gc set allocator slab
	expect "objects: no heap" 2 "which heap" "$mheap" objects
	expect "objects: two heaps" 2 "Too many arguments" "$mheap" objects a b
	expect "objects: no such generation" 2 "'4' is no generation" "$mheap" objects a -g 4
	expect "events: no heap" 2 "which heap" "$mheap" events
	expect "events: --pid alone" 2 "go together" "$mheap" events --pid 1
	expect "events: a heap and a process" 2 "which heap" "$mheap" events x --pid 1 --fd 3
	expect "events: --count=0" 2 "nothing to wait for" "$mheap" events x --count=0
	expect "events: no time" 2 "'1s' is no such number" "$mheap" events x --timeout=1s
	expect "replay: no file" 2 "which FILE" "$mheap" replay
	expect "replay: two files" 2 "only one FILE" "$mheap" replay a b
	expect "replay --dry-run --json" 2 "nothing to print" "$mheap" replay -n --json a
	expect "replay: file does not exist" 1 "cannot open nowhere: No such file" \
		"$mheap" replay nowhere
	expect "replay: a directory" 1 "cannot read \.: Is a directory" "$mheap" replay .
}

test_malformed() {
	malformed "no such operation" 1 "no operation 'frob'" 'frob 1\n'
	malformed "operation in capitals" 1 "no operation 'NEW'" 'NEW 1 0 0\n'
	malformed "last line without newline" 2 "no operation 'x'" 'new 1 0 0\nx'
	malformed "CRLF" 1 "carriage return" 'new 1 0 0\r\n'
	malformed "CRLF in an empty line" 2 "carriage return" 'new 1 0 0\n\r\n'
	malformed "CRLF after a comment" 1 "carriage return" '# x\r\n'
	malformed "NUL" 1 "NUL" 'new 1\0 0 0\n'
	malformed "NUL in a comment" 1 "NUL" '# \0\n'
	malformed "two spaces" 1 "exactly one space" 'new 1  0 0\n'
	malformed "leading space" 1 "exactly one space" ' new 1 0 0\n'
	malformed "trailing space" 1 "exactly one space" 'new 1 0 0 \n'
	malformed "tab" 1 "exactly one space" 'new\t1 0 0\n'
	malformed "line of one space" 2 "exactly one space" '\n \n'
	malformed "new: too few fields" 1 "new: too few" 'new 1 0\n'
	malformed "new: too many fields" 1 "new: too many" 'new 1 0 0 0\n'
	malformed "new: far too many fields" 1 "new: too many" 'new 1 0 0 0 0 0 0\n'
	malformed "collect: too few fields" 1 "collect: too few" 'collect\n'
	malformed "drop: too many fields" 1 "drop: too many" 'drop 1 2\n'
	malformed "ID 0" 1 "'0' is no ID" 'new 0 0 0\n'
	malformed "ID 2^32" 1 "'4294967296' is no ID" 'new 4294967296 0 0\n'
	malformed "ID 2^64 + 1" 1 "is no ID" 'new 18446744073709551617 0 0\n'
	malformed "negative ID" 1 "'-1' is no ID" 'new -1 0 0\n'
	malformed "ID with a sign" 1 "'\+1' is no ID" 'new +1 0 0\n'
	malformed "hexadecimal ID" 1 "'0x1' is no ID" 'new 0x1 0 0\n'
	malformed "ID of other characters" 1 "'\?\?' is no ID" 'new \303\266 0 0\n'
	malformed "new: too many slots" 1 "'67108865' is no number" 'new 1 67108865 0\n'
	malformed "new: slots not a number" 1 "slots: 'x'" 'new 1 x 0\n'
	malformed "new: too many bytes" 1 "'1073741825' is no number" 'new 1 0 1073741825\n'
	malformed "new: bytes overflow" 1 "bytes: '99999999999999999999'" \
		'new 1 0 99999999999999999999\n'
	malformed "new: ID is held" 2 "still holds a reference to 7" 'new 7 0 0\nnew 7 0 0\n'
	malformed "new: ID is held after load" 6 "still holds a reference to 2" \
		'new 1 1 0\nnew 2 0 0\nset 1 0 2\ndrop 2\nload 2 1 0\nnew 2 0 0\n'
	malformed "drop: ID unknown" 1 "no reference to 3" 'drop 3\n'
	malformed "drop: given up" 3 "no reference to 3" 'new 3 0 0\ndrop 3\ndrop 3\n'
	malformed "drop: more often than loaded" 6 "no reference to 1" \
		'new 1 1 0\nset 1 0 1\nload 1 1 0\ndrop 1\ndrop 1\ndrop 1\n'
	malformed "set: holder unknown" 1 "no reference to 1" 'set 1 0 0\n'
	malformed "set: holder given up" 3 "no reference to 1" 'new 1 1 0\ndrop 1\nset 1 0 0\n'
	malformed "set: target unknown" 2 "no reference to 2" 'new 1 1 0\nset 1 0 2\n'
	malformed "set: target given up" 4 "no reference to 2" \
		'new 1 1 0\nnew 2 0 0\ndrop 2\nset 1 0 2\n'
	malformed "set: target no number" 2 "'x' is no ID" 'new 1 1 0\nset 1 0 x\n'
	malformed "set: no such slot" 2 "no slot 1: 1 has 1 slots" 'new 1 1 0\nset 1 1 0\n'
	malformed "set: slots of an ID made anew" 4 "no slot 1: 1 has 1 slots" \
		'new 1 2 0\ndrop 1\nnew 1 1 0\nset 1 1 0\n'
	malformed "set: leaf" 2 "no slot 0: 1 has 0 slots" 'new 1 0 8\nset 1 0 0\n'
	malformed "load: unknown ID" 2 "2 names no object" 'new 1 1 0\nload 2 1 0\n'
	malformed "load: ID 0" 2 "'0' is no ID" 'new 1 1 0\nload 0 1 0\n'
	malformed "load: holder unknown" 2 "no reference to 2" 'new 1 1 0\nload 1 2 0\n'
	malformed "load: no such slot" 2 "no slot 1" 'new 1 1 0\nload 1 1 1\n'
	malformed "weak: unknown ID" 1 "no reference to 1" 'weak 1\n'
	malformed "weak: given up" 3 "no reference to 1" 'new 1 0 0\ndrop 1\nweak 1\n'
	malformed "live: not remembered" 2 "1 is not remembered" 'new 1 0 0\nlive 1\n'
	malformed "dead: not remembered" 1 "1 is not remembered" 'dead 1\n'
	malformed "collect: no such generation" 1 "generation: '3'" 'collect 3\n'
	malformed "collect: negative" 1 "generation: '-1'" 'collect -1\n'
	malformed "auto: neither on nor off" 1 "'yes' is neither" 'auto yes\n'
	malformed "count: no number" 1 "count: 'many'" 'count many\n'
	malformed "count: overflow" 1 "count: '18446744073709551616'" \
		'count 18446744073709551616\n'
	malformed "after comments and empty lines" 4 "no operation" '# a\n\n#b\nfrob\n'
	malformed "behind a thousand good lines" 2001 "no operation 'frob'" \
		"$(repeat 1000 'new @ 0 0\ndrop @\n')frob\n"

	printf 'new 1 0 0\n#%65535s\n' x > trace
	expect "malformed: line too long" 2 "^trace:2: .*longer than 65535" "$mheap" replay trace
	printf '#%65535s' x > trace
	expect "malformed: last line too long" 2 "^trace:1: .*longer" "$mheap" replay trace
	expect "malformed: a line without end" 2 "^/dev/zero:1: .*longer" \
		"$mheap" replay /dev/zero
	expect "malformed: from standard input" 2 "^<stdin>:2: " \
		bash -c 'printf "new 1 0 0\nnew 1 0 0\n" | "$0" replay -' "$mheap"
}

test_wellformed() {
	wellformed "nothing" ''
	wellformed "comments and empty lines" '\n# x\n   # x\n\t# x\n#\n'
	wellformed "comment behind an operation" 'new 1 0 0 # x\ndrop 1# y  z\n'
	wellformed "last line without newline" 'new 1 0 0\ndrop 1'
	wellformed "largest numbers" \
		'new 4294967295 67108864 1073741824\nset 4294967295 67108863 0\ncount 18446744073709551615\n'
	wellformed "ID made anew" 'new 1 1 0\ndrop 1\nnew 1 2 0\nset 1 1 1\n'
	wellformed "weak memory outlives the reference" \
		'new 1 0 0\nweak 1\nlive 1\ndrop 1\ndead 1\nnew 1 0 0\ndead 1\n'
	wellformed "references are counted" \
		'new 1 1 0\nset 1 0 1\nload 1 1 0\nload 1 1 0\ndrop 1\ndrop 1\ndrop 1\n'
	wellformed "load of what was given up" \
		'new 1 1 0\nnew 2 0 0\nset 1 0 2\ndrop 2\nload 2 1 0\ndrop 2\n'
	wellformed "all operations" \
		'auto off\nnew 1 1 8\nset 1 0 1\nset 1 0 0\nweak 1\nlive 1\ncollect 0\ncollect 1\ncollect 2\ncount 1\nauto on\n'
	printf '#%65534s\n#%65534s' x y > trace
	expect "well-formed: longest lines" 0 "" "$mheap" replay -n trace
	"$here/gen-trace" 1 20000 > trace
	expect "well-formed: generated" 0 "" "$mheap" replay -n trace
	# In pieces that end anywhere in a line.
	expect "well-formed: in small pieces" 0 "" \
		bash -c 'dd if=trace ibs=997 obs=61 2> /dev/null | "$0" replay -n -' "$mheap"
}

test_no_device() {
	if [ -e /dev/mheap ] || [ -e /sys/kernel/mheap ]; then
		skip "without the module" "the module is loaded"
		return
	fi
	echo "new 1 0 0" > trace
	expect "replay without the module" 1 "not loaded" "$mheap" replay trace
	expect "stat without the module" 1 "not loaded" "$mheap" stat
	expect "gc without the module" 1 "not loaded" "$mheap" gc count
	expect "gc get without the module" 1 "not loaded" "$mheap" gc get
	expect "gc set --defaults without the module" 1 "not loaded" "$mheap" gc set --defaults shrink 1
	expect "gc --heap without the module" 1 "not loaded" "$mheap" gc count --heap x
	expect "gc --defaults without the module" 1 "not loaded" "$mheap" gc threshold --defaults
}

# stat and gc, on files that look like those of two heaps.
test_directory() {
	if ! unshare -rm mount -t tmpfs none /sys/kernel 2> /dev/null; then
		skip "sysfs" "cannot put a file system over /sys/kernel here"
		return
	fi
	check "what makes a heap go" "${CC:-cc}" -Wall -Wextra -Werror -D_GNU_SOURCE -shared -fPIC \
		"$here/gone.c" -o gone.so -ldl
	while IFS= read -r line; do
		case $line in
		"ok "*) ktap_result ok "${line#ok * - }" ;;
		"not ok "*) ktap_result "not ok" "${line#not ok * - }" ;;
		"# "*) echo "$line" ;;
		esac
	done < <(unshare -rm bash "$here/native_sysfs.sh" "$mheap" "$work/gone.so")
}

test_library() {
	local call cc=("${CC:-cc}" -Wall -Wextra -Werror "-I$top/userspace/lib" "-I$top/uapi")

	printf '#include <mheap.h>\nint main(void) { struct mh_session *s; return mh_open(&s) == 0; }\n' > a.c
	check "the header is enough" "${cc[@]}" -std=c11 -pedantic -c a.c
	check "a program links with the shared library" "${cc[@]}" a.c -L"$top/build" -lmheap -o a
	expect "mh_open without the module" 0 "" env LD_LIBRARY_PATH="$top/build" ./a
	check "a program of refused arguments builds" "${cc[@]}" -O1 "$here/arguments.c" \
		-L"$top/build" -lmheap -o arguments
	check "arguments that the library refuses" env LD_LIBRARY_PATH="$top/build" ./arguments
	if command -v c++ > /dev/null; then
		cp a.c a.cc
		check "C++ takes the header" c++ -std=c++11 -Wall -Wextra -Werror \
			-I"$top/userspace/lib" -I"$top/uapi" a.cc -L"$top/build" -lmheap -o b
	else
		skip "C++ takes the header" "no c++"
	fi
	check "the library gives out what the map lists, and nothing else" diff \
		<(nm -D --defined-only "$top/build/libmheap.so" | sed -n 's/.* T \(.*\)@@.*/\1/p' | sort) \
		<(sed -n 's/^\t\(mh_.*\);$/\1/p' "$top/userspace/lib/libmheap.map" | sort)
	check "the header declares what the map lists" diff \
		<(sed -n 's/.*[ *]\(mh_[a-z_]*\)(.*/\1/p' "$top/userspace/lib/mheap.h" |
			grep -v mh_result | sort -u |
			comm -12 - <(sed -n 's/^\t\(mh_.*\);$/\1/p' "$top/userspace/lib/libmheap.map" | sort)) \
		<(sed -n 's/^\t\(mh_.*\);$/\1/p' "$top/userspace/lib/libmheap.map" | sort)
	for call in mh_result $(sed -n 's/^\t\(mh_.*\);$/\1/p' "$top/userspace/lib/libmheap.map"); do
		grep -q "\<$call(" "$here"/library*.c || echo "$call"
	done > untested
	check "the library's tests call every function" diff /dev/null untested
}

test_manual() {
	local page call
	if ! command -v mandoc > /dev/null; then
		skip "manual pages" "no mandoc"
		return
	fi
	for page in "$top"/userspace/man/*.[1-9]; do
		expect "mandoc -T lint $(basename "$page")" 0 "" mandoc -T lint -W warning "$page"
	done
	for call in mh_result $(sed -n 's/^\t\(mh_.*\);$/\1/p' "$top/userspace/lib/libmheap.map"); do
		grep -q "Fo $call\$\|Fn $call\\>" "$top/userspace/man/libmheap.3" || echo "$call"
	done > missing
	check "libmheap(3) has every function" diff /dev/null missing
}

test_readme() {
	check "the README lists the suites of tests/run" diff \
		<("$top/tests/run" --list | awk -F'\t' '{ printf "| `%s` | %s |\n", $1, $3 }') \
		<(sed -n '/^| Suite |/,/^$/p' "$top/README.md" | sed '1,2d;$d')
}

ktap_begin
test_usage
test_malformed
test_wellformed
test_no_device
test_directory
test_output
test_damaged
test_names
test_library
test_manual
test_readme
ktap_end
