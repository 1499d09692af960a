# SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
# shellcheck shell=bash
#
# For device.sh: what the README tells people to type, as it stands there.

# shellcheck disable=SC2154 # mheap, here and top are device.sh's

# The lines that begin with mheap or echo, without what follows a #. What stands for
# something else is replaced: heap0, ID and FILE.
readme_commands() {
	sed -n 's/^    \(\(mheap\|echo\) [^#]*[^# ]\).*/\1/p' "$top/README.md" |
		sed "s/\\<heap0\\>/$1/g; s/\\<ID\\>/$2/g; s/\\<FILE\\>/trace/g"
}

# The block in language $1.
readme_block() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$top/README.md" | sed '1d;$d'; }

test_readme() {
	local holder pid name list command count=0
	coproc holder { exec "$here/holder"; }
	# shellcheck disable=SC2031
	pid=$holder_PID
	read -r -u "${holder[0]}" name _ list _
	read -r -u "${holder[0]}"
	printf 'new 1 0 0\ndrop 1\ncount 0\n' > trace
	PATH=$(dirname "$mheap"):$PATH
	while IFS= read -r command; do
		count=$((count + 1))
		check "README: $command" bash -o pipefail -c "$command"
	done < <(readme_commands "$name" "$list")
	check "README: its commands were found" test $count -ge 15
	echo quit >&"${holder[1]}"
	wait "$pid"

	readme_block c > block
	check "README: the program is the example" \
		diff block <(sed -n '/^#include/,/^}/p' "$top/userspace/examples/first.c")
	readme_block python > block.py
	sed -n 's/^print(.*# //p' block.py > wanted
	env PYTHONPATH="$top/userspace/python" /usr/bin/python3 block.py > printed 2>&1
	check "README: the Python program prints what it says" diff wanted printed
	check "README: and says so" test "$(wc -l < wanted)" = 2
}
