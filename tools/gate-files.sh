#!/bin/sh
# gate-files.sh [DIR] - a .c file has at most 700 lines, a header 250
cd "${1:-$(dirname "$0")/..}" || exit 1
find src tests fuzz bench -name '*.[ch]' | sort | xargs -r wc -l | awk '
$2 == "total" { next }
{ checked++; limit = $2 ~ /\.h$/ ? 250 : 700 }
$1 > limit { print $2 ":" $1 ": the file has " $1 " lines, " limit " is the most"; failed = 1 }
END {
	if (!checked) { print "gate-files: nothing to check"; exit 1 }
	exit failed
}'
