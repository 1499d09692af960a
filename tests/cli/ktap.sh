# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
# shellcheck shell=bash
#
# For tests in bash: KTAP output. ktap_begin first, ktap_end last; between them
#
#	expect NAME STATUS PATTERN COMMAND...
#		The command's exit status and, somewhere in stdout and stderr, an
#		extended regular expression (empty: no output at all).
#	check NAME COMMAND...
#		The command succeeds.
#	skip NAME WHY
#	repeat N TEXT
#		Prints TEXT N times, with the number in the place of each @.

ktap_count=0
ktap_failed=0

ktap_begin() { echo "KTAP version 1"; }

ktap_result() {
	ktap_count=$((ktap_count + 1))
	[ "$1" = ok ] || ktap_failed=$((ktap_failed + 1))
	echo "$1 $ktap_count - $2"
}

skip() { ktap_result ok "$1 # SKIP $2"; }

# The plan comes last: who stops early shows none.
ktap_end() {
	echo "1..$ktap_count"
	[ $ktap_failed = 0 ]
}

check() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then
		ktap_result ok "$name"
	else
		ktap_result "not ok" "$name"
		echo "# ${output//$'\n'/$'\n'# }"
	fi
}

repeat() {
	local i
	for ((i = 1; i <= $1; i++)); do
		printf '%s' "${2//@/$i}"
	done
}

expect() {
	local name=$1 status=$2 pattern=$3 output got=0
	shift 3
	output=$("$@" 2>&1) || got=$?
	if [ $got = "$status" ] && { [ -n "$pattern" ] || [ -z "$output" ]; } &&
		grep -qE -- "$pattern" <<< "$output"; then
		ktap_result ok "$name"
	else
		ktap_result "not ok" "$name"
		echo "# exit status $got, expected $status; output, expected '$pattern':"
		head -n 20 <<< "$output" | sed 's/^/#   /'
	fi
}
