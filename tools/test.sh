#!/usr/bin/env bash
# test.sh - the whole test suite; the last line is `N passed, N failed`
#
# Stages, each with its log in build/logs/: machine and models; the gcc build with unit tests and the real models;
# the gates; clang; address and undefined-behaviour sanitizers; the thread sanitizer; then, because they run in real
# time with nothing else on the machine, the peers: every executable tests/peers/*.sh, started here with BUILD naming
# the build directory, which ends its output with a line `N passed, N failed`. Those that mostly wait share the machine.
set -uo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/logs
readonly logs=build/logs
passed=0 failed=0
declare -A began

count() { passed=$((passed + $1)) failed=$((failed + $2)); }

begin() {
	began[$1]=$EPOCHREALTIME
	[ ! -t 1 ] || printf '%-12s ...\r' "$1"
}

# end NAME GOOD BAD - one line about a stage, and its log when something in it failed
end() {
	local took; took=$(awk -v a="${began[$1]}" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
	count "$2" "$3"
	if [ "$3" -eq 0 ]; then
		printf '%-12s ok      %5d passed             %6s s\n' "$1" "$2" "$took"
	else
		printf '%-12s FAILED  %5d passed, %d failed   %6s s; %s says:\n' "$1" "$2" "$3" "$took" "$logs/$1.log"
		tail -n 60 "$logs/$1.log" | sed 's/^/    /'
	fi
}

# step NAME COMMAND... - a stage that is one test: it works, or it does not
step() {
	local name=$1; shift
	begin "$name"
	if "$@" >"$logs/$name.log" 2>&1 </dev/null; then end "$name" 1 0; else end "$name" 0 1; return 1; fi
}

# script NAME COMMAND... - a stage that counts for itself in its closing line
script() {
	local name=$1 rc good bad; shift
	begin "$name"
	"$@" >"$logs/$name.log" 2>&1 </dev/null
	rc=$?
	read -r good bad < <(python3 tools/tally.py "$logs/$name.log")
	[ $rc -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
	end "$name" "$good" "$bad"
	grep -h '^SKIPPED ' "$logs/$name.log" | sed 's/^/    /'
}

# build NAME DIR OPTION... - a build without a single warning
build() {
	local name=$1; shift
	step "$name" tools/build.sh "$@" || return
	! grep 'warning:' "$logs/$name.log" || { count 0 1; return 1; }
}

# suite NAME DIR SELECTION... - the tests of a build that meson selects, each program counting its own
suite() {
	local name=$1 dir=$2 good bad; shift 2
	begin "$name"
	meson test -C "$dir" --no-rebuild --print-errorlogs --timeout-multiplier 4 --logbase "$name" "$@" \
		>"$logs/$name.log" 2>&1 </dev/null
	read -r good bad < <(python3 tools/tally.py "$dir/meson-logs/$name.json")
	end "$name" "${good:-0}" "${bad:-1}"
	grep -h '^SKIPPED ' "$dir/meson-logs/$name.txt" | sed 's/^/    /'
}

peer() { BUILD=build script "peers-$1" "tests/peers/$1.sh"; }

# beside PEER... - these, one after the other, while others go on; their counts come with `join`
beside() {
	rm -f "$logs/beside"
	(
		passed=0 failed=0
		for p in "$@"; do peer "$p"; done
		echo $passed $failed >"$logs/beside"
	) &
}

join() {
	local good bad
	wait $!
	read -r good bad 2>/dev/null <"$logs/beside" || { good=0 bad=1; }
	count "$good" "$bad"
}

gates() {
	local gate
	for gate in tools/gate-*.sh; do
		step "$(basename "$gate" .sh)" sh "$gate"
	done
	script gates-bite tests/gates.sh
}

finish() {
	printf '%d passed, %d failed\n' $passed $failed
	[ $failed -eq 0 ]
	exit
}

export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 TSAN_OPTIONS=halt_on_error=1

step machine tools/setup.sh test || finish
step models tools/models.sh speech llama mind
if build gcc build; then
	suite unit build --suite unit
	suite scenarios build --suite scenario --suite mutants
	suite real-models build --suite models
fi
gates
script tools tests/tools.sh
CC=clang-14 build clang build-clang && suite unit-clang build-clang --suite unit --no-suite fuzz --no-suite live
build asan build-asan -Db_sanitize=address,undefined && suite unit-asan build-asan --suite unit --suite scenario
build tsan build-tsan -Db_sanitize=thread && suite unit-tsan build-tsan --suite unit --no-suite fuzz --no-suite live --no-suite stories
readonly waiting='bad_input killed prepared services wire'
beside $waiting
peer network
join
for s in tests/peers/*.sh; do
	p=$(basename "$s" .sh)
	[ ! -x "$s" ] || [ "$p" = network ] || [[ " $waiting " == *" $p "* ]] || peer "$p"
done
BUILD=build-asan script asan-sipp tests/peers/sipp.sh
BUILD=build-tsan script tsan-baresip tests/peers/baresip.sh
finish
