#!/bin/sh
# gate-format.sh [DIR] - the sources look as .clang-format says
cd "${1:-$(dirname "$0")/..}" || exit 1
format=$(command -v clang-format-14 || command -v clang-format) || { echo "gate-format: clang-format is missing"; exit 1; }
files=$(find src tests fuzz bench -name '*.[ch]' | sort)
if [ -z "$files" ]; then
	echo "gate-format: nothing to check"
	exit 1
fi
printf '%s\n' "$files" | xargs -P 2 -n 16 "$format" --dry-run -Werror 2>&1 | grep -E ': (error|warning):'
[ $? -eq 1 ] # grep found nothing
