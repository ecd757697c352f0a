#!/bin/sh
# gate-headers.sh [DIR] - every header compiles alone, and twice
cd "${1:-$(dirname "$0")/..}" || exit 1
headers=$(find src -name '*.h' | sort)
if [ -z "$headers" ]; then
	echo "gate-headers: nothing to check"
	exit 1
fi
printf '%s\n' "$headers" | xargs -P 2 -I{} sh -c '
	printf "#include \"%s\"\n#include \"%s\"\n" "${1#src/}" "${1#src/}" |
	${CC:-cc} -std=gnu17 -D_GNU_SOURCE -Isrc -Wall -Werror -fsyntax-only -x c - ||
	{ echo "$1:1: does not compile alone"; exit 1; }' sh {} 2>&1
