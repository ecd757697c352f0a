#!/bin/sh
# gate-floors.sh [DIR] - who may include whom, and each library's header by one file only, its door
cd "${1:-$(dirname "$0")/..}" || exit 1
find src -name '*.[ch]' -exec grep -nE '^[[:space:]]*#[[:space:]]*include' /dev/null {} + | sort | awk -F: '
BEGIN {
	may["base"] = "base"
	may["wire"] = "base wire"; may["media"] = "base media"; may["store"] = "base store"
	may["net"] = "base wire net"
	may["leg"] = "base wire media net leg"
	may["provider"] = "base wire media net provider"
	may["agent"] = "base store provider agent"
	may["call"] = "base media store leg provider agent call"
	may["app"] = "base wire media store net leg provider agent call app"
	# What the C library and the kernel bring belongs to nobody.
	system_header = "^(alloca|assert|ctype|cpuid|dirent|dlfcn|endian|errno|fcntl|fenv|float|getopt|grp|ifaddrs" \
		"|immintrin|inttypes|limits|locale|malloc|math|netdb|poll|pthread|pwd|sched|semaphore|signal" \
		"|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|string|strings|syslog|termios" \
		"|time|unistd|wchar)\\.h$|^(sys|netinet|arpa|linux|net|asm)/"
}
{
	where = $1 ":" $2
	split($1, dir, "/"); header = $3
	gsub(/^[^<"]*[<"]|[>"].*$/, "", header)
	checked++
	if ($3 ~ /"/) {
		split(header, to, "/")
		if (index(" " may[dir[2]] " ", " " to[1] " ") == 0)
			bad(where, dir[2] "/ may not include " to[1] "/ (" header ")")
	} else if (header !~ system_header) {
		if (header in door && door[header] != $1)
			bad(where, "<" header "> already has its door in " door[header])
		door[header] = $1
	}
}
function bad(at, text) { print at ": " text; failed = 1 }
END {
	if (!checked) { print "gate-floors: nothing to check"; exit 1 }
	exit failed
}'
