#!/bin/sh
# gate-exports.sh [PROGRAM] - the program exports no name: an exported twin of a library's function would
# silently replace it. Names with a version are the C library's own data.
program=${1:-$(dirname "$0")/../build/offhook}
if [ ! -x "$program" ]; then
	echo "gate-exports: nothing to check: $program is not built"
	exit 1
fi
names=$(nm -D --defined-only "$program") || exit 1
names=$(printf '%s\n' "$names" | awk 'NF && $NF !~ /@/ { print $NF }')
[ -z "$names" ] && exit 0
printf '%s\n' "$names" | sed "s|^|$program: exports |"
exit 1
