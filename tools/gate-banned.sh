#!/bin/sh
# gate-banned.sh [DIR] - words that may not stand in the sources, and why
cd "${1:-$(dirname "$0")/..}" || exit 1
files=$(find src -name '*.[ch]' | sort)
if [ -z "$files" ]; then
	echo "gate-banned: nothing to check"
	exit 1
fi
failed=0

# ban WORDS WHY [FILE...] - as a call, outside strings and comments, except in the files
ban() {
	words=$1 why=$2
	shift 2
	hits=$(awk -v words="$words" -v why="$why" -v except=" $* " '
	FNR == 1 { comment = 0 }
	{
		line = $0
		gsub(/\\./, "", line)
		gsub(/"[^"]*"/, "\"\"", line)
		gsub(/\/\*.*\*\//, "", line)
		if (comment && sub(/^.*\*\//, "", line)) comment = 0
		if (comment) next
		if (sub(/\/\*.*$/, "", line)) comment = 1
		if (index(except, " " FILENAME " ") == 0 && line ~ "(^|[^A-Za-z0-9_>.])(" words ")")
			print FILENAME ":" FNR ": " why ": " $0
	}' $files)
	[ -z "$hits" ] || { printf '%s\n' "$hits"; failed=1; }
}

ban '(malloc|calloc|realloc|free|v?asprintf|strn?dup)[(]' 'the heap is reached through base/mem.h' src/base/mem.c
ban '(strcpy|strcat|strncat|v?sprintf|strtok|strtok_r|gets|alloca)[(]' 'has no limit: use str, buf or snprintf'
ban '(atoi|atol|atof|strtol|strtoul|strtod)[(]' 'cannot fail rightly: use str_to_int, str_to_num'
ban '(sleep|usleep|nanosleep|system|popen)[(]' 'nothing sleeps, nothing runs a shell'
ban '(clock_gettime|gettimeofday|time)[(]' 'time is passed in; clocks are read in base/clock.h' src/base/clock.h
ban 'typedef (struct|union|enum)[^(]*$' 'a struct is called struct'
exit $failed
